"""Texts in one spelling: the same letters however they were typed, and where each one came from.

Compatibility forms, capitals, accents and other combining marks, invisible characters, and letters
of other alphabets that look like Latin ones all become plain letters. Forms and texts go through
the same function, so what it loses (the accent of "sağır") is lost on both sides.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import lru_cache

# Letters that look like Latin ones (after case folding), chosen from the Cyrillic, Greek, Armenian
# and Latin-extension letters that Unicode's confusables data pairs with a-z.
_LOOKS_LIKE = {
    **dict(zip("авсԁеһіјкӏмнпорԛѕтухѵԝүгзьъ", "abcdehijklmhnopqstyxvwyr3bb", strict=True)),
    **dict(zip("αβγδεηικνορτυχωϲϳ", "abydenikvoptuxwcj", strict=True)),
    **dict(zip("աոսհօցԁ", "wnuhogd", strict=True)),
    **dict(zip("ɑɡɩıłøđħŧʏɪʙɢʜʟɴʀ", "agiilodhtyibghlnr", strict=True)),
}
_CAPITALS = dict(zip("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧНУЗ", "abezhikmnoptyxhy3", strict=True))
_LEET = str.maketrans("013457@$", "oieastas")


@dataclass(frozen=True, slots=True)
class PlainText:
    """A text in plain letters; ``origin[i]`` is where its letter ``i`` stood in ``source``.

    ``origin`` is ``None`` where every letter stands where it stood.
    """

    source: str
    letters: str
    origin: tuple[int, ...] | None

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return the part of the source that letters ``start`` to ``end`` came from.

        Marks that follow the last letter belong to it.
        """
        if self.origin is None:
            return start, end
        last = self.origin[end] if end < len(self.origin) else len(self.source)
        low, high = self.origin[start], self.origin[end - 1] + 1
        while high < last and not _plain_letter(self.source[high]):
            high += 1
        return low, high


def plain(text: str) -> PlainText:
    """Return a text in plain letters.

    Examples
    --------
    >>> plain("Dеа\u0301f").letters  # two Cyrillic letters and an accent
    'deaf'
    """
    if text.isascii():
        return PlainText(text, text.lower(), None)
    letters: list[str] = []
    origin: list[int] = []
    for index, character in enumerate(text):
        for letter in _plain_letter(character):
            letters.append(letter)
            origin.append(index)
    return PlainText(text, "".join(letters), tuple(origin))


def unmasked(word: str) -> str:
    """Return a word with digits and signs read as the letters they stand for ("bl1nd")."""
    return word.translate(_LEET)


@lru_cache(maxsize=65_536)
def _plain_letter(character: str) -> str:
    """Return the plain letters of one character; nothing for marks and invisible characters."""
    if character in _CAPITALS:
        return _CAPITALS[character]
    out = []
    for each in unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", character).casefold()):
        category = unicodedata.category(each)
        if category in {"Mn", "Me", "Cf"} or (category == "Cc" and not each.isspace()):
            continue
        out.append(_LOOKS_LIKE.get(each, each))
    return "".join(out)
