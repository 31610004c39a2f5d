"""Text from outside, made harmless and visible: what cannot be seen is shown as a placeholder."""

from __future__ import annotations

import re

_KEPT = frozenset("\t")
_PLACEHOLDER = "⟨U+{:04X}⟩"

# Controls, bidirectional controls and isolates, invisible separators and fillers, interlinear and
# tag characters, lone surrogates and noncharacters. ZWJ and ZWNJ stay: scripts and emoji need them.
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff"
    "\ufff0-\ufffb\ufffe\uffff\ud800-\udfff\U000e0000-\U000e0fff]"
    "|[\U0001fffe\U0001ffff\U0002fffe\U0002ffff\U0010fffe\U0010ffff]"
)
# Stacks of combining marks can cover the neighbouring lines; no language needs more than eight.
_STACKED = re.compile("([\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u20d0-\u20ff]{8})"
                      "[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u20d0-\u20ff]+")  # fmt: skip


def inert(text: object, *, limit: int = 300, lines: bool = False) -> str:
    r"""Return ``text`` with nothing hidden in it, at most about ``limit`` characters.

    Parameters
    ----------
    text : object
        Anything; ``str()`` is taken of what is no string.
    limit : int
        Longer texts keep their beginning and say how much is missing.
    lines : bool
        Keep line breaks (for prompts); else they are shown as a sign.

    Examples
    --------
    >>> inert("a\u202eb\x1b[31mc")
    'a⟨U+202E⟩b⟨U+001B⟩[31mc'
    """
    raw = text if isinstance(text, str) else str(text)
    if len(raw) <= limit and raw.isascii() and raw.isprintable():
        return raw
    cut = raw if len(raw) <= limit else raw[:limit]
    visible = _STACKED.sub(r"\1⟨…⟩", _UNSAFE.sub(lambda match: _shown(match[0], lines), cut))
    return visible if cut is raw else f"{visible}… (+{len(raw) - limit})"


def _shown(character: str, lines: bool) -> str:
    """Return what stands for one unsafe character."""
    if character in _KEPT or (lines and character == "\n"):
        return character
    if character in "\n\r":
        return "↵"
    return _PLACEHOLDER.format(ord(character))
