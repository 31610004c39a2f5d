"""One row of a chain: what is hashed, and how it hangs on the row before."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

FIRST = "0" * 64
"""What the first row of a chain names as the hash before it."""

_HASHED = ("seq", "id", "time", "kind", "about", "body", "personal", "personal_key", "tag",
           "tag_key", "previous")  # fmt: skip


def canonical(value: Any) -> str:
    """Write JSON in the one form that is hashed."""
    return json.dumps(
        value, sort_keys=True, ensure_ascii=True, allow_nan=False, separators=(",", ":")
    )


def row_hash(row: Mapping[str, Any]) -> str:
    """Return the hash of a row: every column but ``sha256`` itself.

    Examples
    --------
    >>> row = dict.fromkeys(_HASHED) | {"seq": 1, "previous": FIRST}
    >>> row_hash(row) == row_hash(row | {"kind": "edited"})
    False
    """
    values = [row[name] for name in _HASHED]
    texts = [bytes(v).hex() if isinstance(v, bytes | memoryview) else v for v in values]
    return hashlib.sha256(canonical(texts).encode()).hexdigest()
