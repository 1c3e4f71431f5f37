"""The command line: one file per command or pair of commands; nothing imports it."""
