"""Pages for the people who review, settle, sign off, and keep the data."""
