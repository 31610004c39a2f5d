"""How messages show what a file says: near names, and text that cannot act on a terminal."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

HIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""Control characters (but line breaks and tabs) and marks that turn the reading direction."""

_UNSEEN = re.compile(rf"{HIDDEN.pattern}|[\t\n\r\u2028\u2029\ud800-\udfff]")
_LONGEST = 400


def did_you_mean(name: str, known: Iterable[str], form: str = "%s") -> str | None:
    """Return ``did you mean X?`` for the nearest known name, if one is near.

    Examples
    --------
    >>> did_you_mean("templtes", ["terms", "templates"])
    'did you mean templates?'
    """
    lowered = {candidate.lower(): candidate for candidate in known}
    near = difflib.get_close_matches(name.lower(), lowered, n=1, cutoff=0.6)
    return f"did you mean {form.replace('%s', lowered[near[0]])}?" if near else None


def visible(text: str) -> str:
    r"""Return a text in one line, with every hidden character as an escape.

    Examples
    --------
    >>> print(visible("two\nlines"))
    two\nlines
    """
    return _UNSEEN.sub(lambda match: ascii(match.group())[1:-1], text)


def shortened(text: str) -> str:
    """Return a message that is visible and no longer than a reader can use."""
    shown = visible(text[: _LONGEST + 1])
    return shown if len(shown) <= _LONGEST else f"{shown[:_LONGEST]}..."
