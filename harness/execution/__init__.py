"""From requested runs to records, come what may."""
