"""Taking out of a text what may say who somebody is, while its shape stays.

Addresses, links, handles and numbers are found by their form. Names have none: every capitalised
word is replaced by ``X`` but for the mention itself, words that also stand there in small letters,
and words that often begin a sentence. That takes out too much rather than too little; a name in
small letters stays. So people must read what is exported, and sets made of it are marked as
personal, which keeps their texts out of every log.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import lru_cache
from importlib.resources import files

_SHAPES = (
    (re.compile(r"[\w.+-]+@[\w-]+(\.[\w-]+)+"), "name@example.org"),
    (re.compile(r"\b(https?://|www\.)\S+", re.IGNORECASE), "https://example.org"),
    (re.compile(r"(?<!\w)@\w+"), "@name"),
    (
        re.compile(r"[\u3005\u30a0-\u30ff\u4e00-\u9fff]{1,8}(?=さん|様|さま|氏|君|くん|ちゃん)"),
        "某",
    ),
    (re.compile(r"\d"), "0"),
)
_KEPT = {"name", "example", "org", "https"}
_LETTER = r"[^\W\d_\u3005\u3040-\u30ff\u4e00-\u9fff]"  # of an alphabet with capitals
_WORD = re.compile(rf"{_LETTER}+(?:['’]{_LETTER}+)*")


@lru_cache(maxsize=1)
def _often_first() -> frozenset[str]:
    """Return words that often begin a sentence and are no names."""
    text = files("audit.appeals").joinpath("first-words.txt").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    return frozenset(" ".join(lines).split())


def without_personal(text: str, kept: Collection[str] = ()) -> str:
    """Return a text without what may say who somebody is.

    Parameters
    ----------
    text : str
        As somebody wrote it.
    kept : collection of str
        Words that stay: those that mention the group.

    Examples
    --------
    >>> without_personal("I'm Deaf, and Dr. Miller (555 0100) knows.", ["Deaf"])
    "I'm Deaf, and X. X (000 0000) knows."
    """
    for shape, instead in _SHAPES:
        text = shape.sub(instead, text)
    words: list[str] = _WORD.findall(text)
    known = {word for word in words if word == word.lower()} | _often_first() | _KEPT
    known |= {word.casefold() for phrase in kept for word in _WORD.findall(phrase)}

    def named(found: re.Match[str]) -> str:
        word = found[0]
        lower = word.replace("’", "'").lower()
        return "X" if word[0].isupper() and not {lower, word.casefold()} & known else word

    return _WORD.sub(named, text)
