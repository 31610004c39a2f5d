"""Pages for signing in, and for people and their roles."""
