"""One cohort of runs, from configurations to outcomes."""
