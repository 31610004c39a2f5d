"""How many tokens a text has, where nobody here can know the service's tokenizer."""

from __future__ import annotations

import json
from typing import Any

BYTES_PER_TOKEN = 4.0


def tokens_of(text: str) -> int:
    """Return about how many tokens a text has: one for four bytes of UTF-8, a common rule.

    Examples
    --------
    >>> tokens_of("I'm a joyful person.")
    5
    """
    return max(1, round(len(text.encode()) / BYTES_PER_TOKEN))


def most_tokens_of(sent: Any) -> int:
    """Return how many tokens JSON can have at most: one for each byte, its punctuation included.

    Marks that a chat puts around what is said are covered by the punctuation.

    Examples
    --------
    >>> most_tokens_of(["Good"])
    8
    """
    return len(json.dumps(sent, ensure_ascii=False).encode("utf-8", "surrogatepass"))
