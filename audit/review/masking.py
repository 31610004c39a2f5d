"""Slurs in texts that people have to read: masked unless they ask to see them."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

from audit.probes import load_probe_set, masked, shipped_directory

_LONG = 5
_MARK = "stratum: slur"


def without_slurs(text: str) -> str:
    """Return a text with every slur that the shipped probe sets know as a letter and asterisks."""
    pattern = _pattern(shipped_directory())
    return text if pattern is None else pattern.sub(lambda match: masked(match.group()), text)


@lru_cache(maxsize=2)
def _pattern(folder: Path) -> re.Pattern[str] | None:
    """Return what finds a slur as a word, with the endings that grammar gives it."""
    forms: set[str] = set()
    for path in sorted(folder.glob("*.yaml")):
        if _MARK not in path.read_text(encoding="utf-8"):
            continue  # loading a set takes a second, and most have none
        for group in load_probe_set(path).groups:
            for term in group.terms:
                if term.stratum == "slur":
                    forms |= {term.text, term.plural or term.text, *term.mentions,
                              *dict(term.forms).values()}  # fmt: skip
    if not forms:
        return None
    stems = [form[:-1] if len(form) >= _LONG else form for form in sorted(forms, key=len)[::-1]]
    words = "|".join(re.escape(stem) for stem in stems)
    return re.compile(rf"(?<![^\W_])(?:{words})\w*", re.IGNORECASE)
