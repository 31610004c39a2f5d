"""The command line: one file per command; printing and exit codes only."""
