"""Where a text belongs when work is divided: by its own hash, so that everybody agrees."""

from __future__ import annotations

import hashlib


def shard_of(text: str, of: int) -> int:
    """Return the shard of a text, from 0 to ``of - 1``: the same on every machine.

    Examples
    --------
    >>> shard_of("My blind neighbour baked a cake.", 16)
    15
    """
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:8], "big") % of
