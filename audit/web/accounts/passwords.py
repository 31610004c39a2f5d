"""Passwords: argon2id, and nothing about them is ever shown or logged."""

from __future__ import annotations

from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

LEAST = 12
MOST = 1000
_hasher = PasswordHasher()


def hashed(password: str) -> str:
    """Return the argon2id hash of a password."""
    return _hasher.hash(password.encode())


def fits(password: str, kept: str | None) -> bool:
    """Tell whether a password is the kept one; without one it takes as long and is false."""
    try:
        return _hasher.verify(kept or _nobody(), password.encode()) and kept is not None
    except (VerificationError, InvalidHashError):
        return False


@lru_cache(maxsize=1)
def _nobody() -> str:
    """Return a hash for accounts that do not exist, so that time does not tell them apart."""
    return hashed("nobody has this password")
