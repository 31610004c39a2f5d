"""Sealing what is personal: AES-GCM with a key per subject or day; without the key it is gone."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from audit.errors import StoreError

_NONCE = 12
_BLOCK = 64
_OWN = 12  # digits, so that ids of keys have room
KEY_BYTES = 32


def new_key() -> bytes:
    """Return a fresh secret."""
    return os.urandom(KEY_BYTES)


def seal(value: Any, secret: bytes, context: str) -> bytes:
    """Encrypt a JSON value; ``context`` (the row's id) is authenticated with it.

    The plaintext is padded to whole blocks of 64 bytes, so that its length says little.
    """
    text = json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")
    text += b" " * (-len(text) % _BLOCK)
    nonce = os.urandom(_NONCE)
    return nonce + AESGCM(secret).encrypt(nonce, text, context.encode())


def unseal(sealed: bytes, secret: bytes, context: str) -> Any:
    """Decrypt a sealed value.

    Raises
    ------
    StoreError
        If the key is another, or the sealed value was changed.
    """
    try:
        text = AESGCM(secret).decrypt(sealed[:_NONCE], sealed[_NONCE:], context.encode())
    except InvalidTag as error:
        raise StoreError(
            "a sealed value does not fit its key", where=context, hint="run `audit verify`"
        ) from error
    return json.loads(text.decode("utf-8", "surrogatepass"))


def name_of(subject: str, secret: bytes) -> str:
    """Return how the names of a subject's keys begin; only the secret leads back to the subject."""
    return (
        "subject:"
        + hmac.new(secret, subject.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()[
            :48
        ]
    )


def within(subject_name: str, decision: str) -> str:
    """Return the name of the key of one decision about a subject: it is erased with either."""
    return f"{subject_name}:{hashlib.sha256(decision.encode()).hexdigest()[:_OWN]}"


def is_shared(name: str) -> bool:
    """Tell whether a key seals all decisions about a subject, as earlier versions did.

    Examples
    --------
    >>> is_shared("subject:ab"), is_shared("subject:ab:12"), is_shared("decision:ab")
    (True, False, False)
    """
    return name.startswith("subject:") and name.count(":") == 1
