"""People who sign in: accounts, roles, passwords, one-time links, sessions."""
