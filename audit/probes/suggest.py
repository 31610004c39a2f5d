"""Near names for a name that does not exist."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def did_you_mean(name: str, known: Iterable[str], form: str = "%s") -> str | None:
    """Return ``did you mean X?`` for the nearest known name, if one is near.

    Examples
    --------
    >>> did_you_mean("templtes", ["terms", "templates"])
    'did you mean templates?'
    """
    lowered = {candidate.lower(): candidate for candidate in known}
    near = difflib.get_close_matches(name.lower(), lowered, n=1, cutoff=0.6)
    return f"did you mean {form % lowered[near[0]]}?" if near else None
