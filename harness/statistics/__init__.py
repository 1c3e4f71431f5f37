"""Numbers in, numbers out: knows no record and no study."""
