"""Reference codes: what a person needs to ask about a decision, an appeal or an opt-out.

A code has 80 random bits and a check against typing errors. The store has only its hash, which is
the id of the row; so whoever reads the store, or the events made from it, cannot ask with it.
"""

from __future__ import annotations

import hashlib
import secrets
import unicodedata

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # no I, L, O and U, which are misread
_ALIKE = str.maketrans("OIL", "011", " \t\r\n-\u2010\u2011\u2012\u2013\u2212\u30fc\u200b\u2060")
_BYTES = 10
_PRIME = 1021  # the largest below 32²: one wrong sign, or two neighbours swapped, always show
_GROUP = 6
_LENGTH = 18
_MOST_TYPED = 100
_ID_DIGITS = 32


def new_reference() -> str:
    """Return a fresh code.

    Examples
    --------
    >>> code = new_reference()
    >>> len(code), read_reference(code.lower().replace("-", " ")) == code
    (20, True)
    """
    return reference_of(secrets.token_bytes(_BYTES))


def reference_of(secret: bytes) -> str:
    """Return the code of ten secret bytes.

    Examples
    --------
    >>> reference_of(bytes(range(10)))
    '000G40-R40M30-E209TT'
    """
    value = int.from_bytes(secret[:_BYTES])
    whole = (value << 10) | value % _PRIME
    signs = "".join(_ALPHABET[whole >> shift & 31] for shift in range(5 * (_LENGTH - 1), -1, -5))
    return "-".join(signs[start : start + _GROUP] for start in range(0, _LENGTH, _GROUP))


def read_reference(typed: str) -> str | None:
    """Return the code that somebody typed, or ``None`` where it cannot be one.

    Capitals, spaces, dashes, full-width letters and O, I, L in the place of digits do not matter.
    """
    if len(typed) > _MOST_TYPED:
        return None
    signs = unicodedata.normalize("NFKC", typed).upper().translate(_ALIKE).strip()
    if len(signs) != _LENGTH or set(signs) - set(_ALPHABET):
        return None
    whole = 0
    for sign in signs:
        whole = whole << 5 | _ALPHABET.index(sign)
    value = whole >> 10
    if value % _PRIME != whole & 1023:
        return None
    return reference_of(value.to_bytes(_BYTES))


def id_of(reference: str) -> str:
    """Return the id of the row that a code (as `read_reference` returns it) belongs to."""
    return hashlib.sha256(f"audit reference {reference}".encode()).hexdigest()[:_ID_DIGITS]
