"""People who may sign in: accounts, roles, passwords, one-time links, sessions."""
