"""What the records say: tables and warnings."""
