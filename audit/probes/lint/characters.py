"""Characters that deceive the eye: the model reads another text than the reviewer."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

_WORD = re.compile(r"[^\W\d_]+")
_SCRIPTS = ("LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE")
_JOINERS = "\u200c\u200d"  # scripts and emoji need them
_SPACES = {" ", "\u3000"}  # the second is the space of Japanese


def odd_characters(text: str) -> Iterator[tuple[str, str]]:
    r"""Yield what deceives in a text, each with what to do.

    Examples
    --------
    >>> [message for message, _ in odd_characters("o\u200bld")]
    ['has the invisible character U+200B']
    >>> list(odd_characters("blind"))
    []
    """
    if text.isascii():
        return
    if unicodedata.normalize("NFC", text) != text:
        yield (
            "writes a letter and its accent as two characters",
            "write it in Unicode's composed form (NFC): models read the two differently",
        )
    hidden = [sign for sign in text if unicodedata.category(sign) == "Cf" and sign not in _JOINERS]
    if hidden:
        yield f"has the invisible character U+{ord(hidden[0]):04X}", "delete it"
    spaces = [s for s in text if unicodedata.category(s).startswith("Z") and s not in _SPACES]
    if spaces:
        yield f"has the unusual space U+{ord(spaces[0]):04X}", "write a plain space"
    turned = [sign for sign in text if unicodedata.bidirectional(sign) in {"R", "AL"}]
    if turned:
        yield (
            f"has letters that are read from right to left ({''.join(turned[:20])!r})",
            "they change the order in which the sentence is shown; write the word in the script "
            "of the set's language, or give sentences of that language as a table under `cases:`",
        )
    for word in _WORD.findall(text):
        scripts = sorted({script for letter in word if (script := _script(letter))})
        if len(scripts) > 1:
            yield (
                f"mixes the scripts {' and '.join(scripts)} in the word {word!r}",
                "letters that look alike are other letters to a model; write the word again",
            )


def _script(letter: str) -> str | None:
    """Return the script of a letter, if it is one that has look-alikes."""
    name = unicodedata.name(letter, "").split(" ")[0]
    return name if name in _SCRIPTS else None
