"""What a plugin is given, what it gives, and how it is found."""
