"""What is checked before a release: the lock, known vulnerabilities, the wheel, its parts."""
