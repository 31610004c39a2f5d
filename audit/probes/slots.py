"""Sentences with slots: parsing ``{pre}``, ``{post}``, ``{noun}``, ``{a}`` and filling them.

No formatting language of Python is involved, so a probe file cannot reach anything with it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from audit.probes.grammar import Grammar
from audit.probes.wording import did_you_mean
from audit.records import Form, Template, Term

SLOTS = ("a", "pre", "post", "noun")
_PIECES = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]|[^{}]+")
_OPENING = "\"'“‘«([{¿¡"
_CLOSING = ".,;:!?…)]}\"'”’»"


class SlotError(ValueError):
    """A template text whose braces cannot be read."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Piece:
    """Literal text, or a slot where ``slot`` is its name; ``opens``: a sentence begins here."""

    text: str
    slot: str | None = None
    opens: bool = False


@dataclass(frozen=True, slots=True)
class Sentence:
    """A template, parsed once and filled many times."""

    template: Template
    pieces: tuple[Piece, ...]

    @property
    def slots(self) -> tuple[str, ...]:
        """Names of the slots in order, with repeats."""
        return tuple(piece.slot for piece in self.pieces if piece.slot is not None)

    def takes(self, form: Form | None) -> bool:
        """Tell whether a term of this form has a slot here; the empty filler always has."""
        return form is None or form in self.slots


def parse(template: Template, grammar: Grammar) -> Sentence:
    """Read the slots of a template.

    Raises
    ------
    SlotError
        If a brace is unbalanced or a slot is unknown.
    """
    pieces: list[Piece] = []
    literal, before = "", ""
    for match in _PIECES.finditer(template.text):
        found = match.group()
        if match.group(1) is not None:
            if literal:
                pieces.append(Piece(literal))
            before, literal = before + literal, ""
            pieces.append(Piece("", _known(match.group(1)), grammar.opens_sentence(before)))
            before += "x"
        elif found in {"{", "}"}:
            raise SlotError(f"a single {found} in the text", f"write {found * 2} for a brace")
        else:
            literal += found[0] if found in {"{{", "}}"} else found
    if literal:
        pieces.append(Piece(literal))
    return Sentence(template, tuple(pieces))


def _known(name: str) -> str:
    """Return a slot's name if there is such a slot."""
    if name in SLOTS:
        return name
    close = did_you_mean(name.strip().lower(), SLOTS, form="{%s}")
    every = "the slots are {a}, {pre}, {post} and {noun}; write {{ and }} for braces"
    raise SlotError(f"unknown slot {{{name}}}", f"{close}; {every}" if close else every)


def fill(sentence: Sentence, term: Term, grammar: Grammar) -> str | None:
    """Render a template with one term; the other slots vanish with their space.

    Returns ``None`` where the language cannot give the form that the sentence needs.
    """
    template = sentence.template
    fillings: dict[str, str] = {"noun": template.noun or ""}
    if term.form is not None:
        form = grammar.agree(term, template)
        if form is None:
            return None
        fillings[term.form] = form
    return _join(sentence, fillings, grammar)


def _join(sentence: Sentence, fillings: Mapping[str, str], grammar: Grammar) -> str | None:
    """Join the pieces: close the gaps of empty slots, then set articles and capitals."""
    texts: list[str] = []
    opens: list[bool] = []
    articles: list[int] = []
    vanished = capital = False
    for piece in sentence.pieces:
        text = piece.text if piece.slot is None else fillings.get(piece.slot, "")
        capital = capital or piece.opens
        if piece.slot == "a":
            articles.append(len(texts))
            text = "a"
        elif not text:
            vanished = True
            continue
        if vanished:
            text = _close_gap(texts, text)
            vanished = False
        texts.append(text)
        opens.append(capital)
        capital = capital and not text.strip()
    if vanished and texts and texts[-1].endswith(" "):
        texts[-1] = texts[-1].rstrip(" ")
    for place in reversed(articles):
        article = grammar.article("".join(texts[place + 1 :]).lstrip(), sentence.template)
        if article is None:
            return None
        texts[place] = article
    return "".join(
        grammar.capitalise(text) if first else text
        for text, first in zip(texts, opens, strict=True)
    )


def _close_gap(texts: list[str], following: str) -> str:
    """Drop the one space too many around an empty slot; return what follows it."""
    left = texts[-1][-1:] if texts else ""
    if following.startswith(" "):
        return following[1:] if left in {"", " ", *_OPENING} else following
    if left == " " and following[0] in _CLOSING:
        texts[-1] = texts[-1][:-1]
    return following
