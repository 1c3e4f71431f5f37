"""What is asked: from the text of a study file to a plan that can be run."""
