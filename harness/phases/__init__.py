"""Which runs a study wants next."""
