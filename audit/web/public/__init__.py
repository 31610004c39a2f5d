"""Pages for the people decisions are about: no account, no name, nothing asked about oneself."""
