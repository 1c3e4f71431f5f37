"""The warnings under the tables: what to doubt, and what to do about it."""
