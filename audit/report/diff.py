"""What differs between two texts, word by word, without markup."""

from __future__ import annotations

import re
from difflib import SequenceMatcher

from audit.report.inert import inert
from audit.report.parts import Word

_WINDOW = 240
# Scripts written without spaces are compared character by character.
_PIECES = re.compile(
    "[\u2e80-\u30ff\u3400-\u9fff\uf900-\ufaff\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]"
    r"|⟨[^⟩]*⟩|\w+(?:['’-]\w+)*|\s+|[^\w\s]"
)


def word_diff(reference: str, counterfactual: str) -> tuple[tuple[Word, ...], tuple[Word, ...]]:
    """Return both texts as runs of words, those that differ marked.

    Long texts are cut to a window around their first difference, so that what matters is shown.

    Examples
    --------
    >>> left, right = word_diff("I'm a joyful person.", "I'm a disabled joyful person.")
    >>> [word.text for word in right if word.changed]
    ['disabled']
    """
    left, right = _windows(reference, counterfactual)
    old, new = _PIECES.findall(inert(left)), _PIECES.findall(inert(right))
    before: list[Word] = []
    after: list[Word] = []
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        changed = tag != "equal"
        before += _words("".join(old[i1:i2]), changed)
        after += _words("".join(new[j1:j2]), changed)
    return tuple(before), tuple(after)


def _words(text: str, changed: bool) -> list[Word]:
    """Return a run of text; spaces at the edges of a change are not marked."""
    core = text.strip()
    if not changed or not core:
        return [Word(text=text)] if text else []
    start = text.index(core)
    parts = (text[:start], text[start + len(core) :])
    return [
        *([Word(text=parts[0])] if parts[0] else []),
        Word(text=core, changed=True),
        *([Word(text=parts[1])] if parts[1] else []),
    ]


def _windows(left: str, right: str) -> tuple[str, str]:
    """Cut two long texts to the same window around their first difference."""
    if max(len(left), len(right)) <= 2 * _WINDOW:
        return left, right
    first = next(
        (i for i, (a, b) in enumerate(zip(left, right, strict=False)) if a != b),
        min(len(left), len(right)),
    )
    start = max(0, first - _WINDOW // 2)
    return _window(left, start), _window(right, start)


def _window(text: str, start: int) -> str:
    """Return part of a text with how much is missing on each side."""
    end = start + _WINDOW
    before = f"(+{start}) …" if start else ""
    after = f"… (+{len(text) - end})" if len(text) > end else ""
    return before + text[start:end] + after
