"""What a study leaves on the disk, written and read."""
