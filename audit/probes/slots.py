"""Sentences with slots: parsing ``{pre}``, ``{post}``, ``{noun}``, ``{a}`` and filling them.

A literal template has the slot ``{word}`` instead, for words that mention nobody in it.

Languages add their own: ``{the}``, a case (``{noun:accusative}``), and letters or words that agree
with the gender of the noun (``{contento|contenta}``).

No formatting language of Python is involved, so a probe file cannot reach anything with it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from audit.probes.grammar import Grammar
from audit.probes.wording import did_you_mean
from audit.records import LITERAL, Form, Template, Term

SLOTS = ("pre", "post", "noun")
WORD = "word"
"""Slot of templates in which the words of a term mention nobody."""
AGREES = "|"
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
    """Literal text, or a slot where ``slot`` is its name; ``opens``: a sentence begins here.

    ``case`` is what the slot asks of a noun; ``options`` are the texts of one gender each.
    """

    text: str
    slot: str | None = None
    opens: bool = False
    case: str | None = None
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sentence:
    """A template, parsed once and filled many times."""

    template: Template
    pieces: tuple[Piece, ...]

    @property
    def slots(self) -> tuple[str, ...]:
        """Names of the slots in order, with repeats."""
        return tuple(piece.slot for piece in self.pieces if piece.slot is not None)

    def takes(self, form: Form | None, use: str | None = None) -> bool:
        """Tell whether a term of this form and use has a slot; the empty filler needs none."""
        if self.template.use == LITERAL:
            return False
        return use in {None, self.template.use} and (form is None or form in self.slots)

    def case(self, form: Form) -> str | None:
        """Return the case that the slot of a form asks for."""
        return next((piece.case for piece in self.pieces if piece.slot == form), None)


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
            pieces.append(_slot(match.group(1), grammar, grammar.opens_sentence(before)))
            before += "x"
        elif found in {"{", "}"}:
            raise SlotError(f"a single {found} in the text", f"write {found * 2} for a brace")
        else:
            literal += found[0] if found in {"{{", "}}"} else found
    if literal:
        pieces.append(Piece(literal))
    return Sentence(template, tuple(pieces))


def _slot(content: str, grammar: Grammar, opens: bool) -> Piece:
    """Read what stands between two braces."""
    if "|" in content:
        return Piece("", AGREES, opens, options=_options(content, grammar))
    name, colon, case = content.partition(":")
    if colon and name in SLOTS and case not in grammar.cases:
        known = f"one of {', '.join(grammar.cases)}" if grammar.cases else "delete it"
        hint = did_you_mean(case.strip().lower(), grammar.cases) or known
        raise SlotError(f"the language has no case {case[:40]!r}", hint)
    return Piece("", _known(name if name in SLOTS else content, grammar), opens, case or None)


def _options(content: str, grammar: Grammar) -> tuple[str, ...]:
    """Read texts of which one is chosen by gender."""
    options = tuple(content.split("|"))
    if not grammar.genders:
        raise SlotError("words of this language have no gender to agree with", "write the word")
    if len(options) != len(grammar.genders):
        genders = ", then ".join(grammar.genders)
        raise SlotError(f"{{{content[:60]}}} needs {len(grammar.genders)} texts", f"{genders}")
    return options


def _known(name: str, grammar: Grammar) -> str:
    """Return a slot's name if there is such a slot."""
    slots = (*grammar.articles, *SLOTS, WORD)
    if name in slots:
        return name
    close = did_you_mean(name.strip().lower(), slots, form="{%s}")
    listed = ", ".join(f"{{{slot}}}" for slot in slots[:-1])
    every = f"the slots are {listed} and {{{slots[-1]}}}; write {{{{ and }}}} for braces"
    raise SlotError(f"unknown slot {{{name}}}", f"{close}; {every}" if close else every)


def fill(sentence: Sentence, term: Term, grammar: Grammar) -> str | None:
    """Render a template with one term; the other slots vanish with their space.

    Returns ``None`` where the language cannot give the form that the sentence needs.
    """
    template = _with_gender_of(term, sentence.template)
    noun: str | None = template.noun or ""
    case = sentence.case("noun")
    if noun and case:
        noun = grammar.decline(noun, template, case)
    fillings = {"noun": noun}
    if term.form is not None:
        fillings[term.form] = grammar.agree(term, template, sentence.case(term.form))
    whole = {slot: text for slot, text in fillings.items() if text is not None}
    if len(whole) < len(fillings):
        return None
    text = _join(sentence, template, whole, grammar)
    return None if text is None else grammar.finish(text)


def fill_word(sentence: Sentence, word: str, grammar: Grammar) -> str | None:
    """Render a literal template with one word; ``None`` where an article has no word after it."""
    text = _join(sentence, sentence.template, {WORD: word}, grammar)
    return None if text is None else grammar.finish(text)


def _with_gender_of(term: Term, template: Template) -> Template:
    """Let a noun that has only one gender decide what the sentence agrees with."""
    if term.form != "noun" or term.gender is None:
        return template
    return replace(template, gender=term.gender)


def _join(
    sentence: Sentence, template: Template, fillings: Mapping[str, str], grammar: Grammar
) -> str | None:
    """Join the pieces: close the gaps of empty slots, then set articles and capitals."""
    texts: list[str] = []
    opens: list[bool] = []
    articles: list[tuple[int, str]] = []
    vanished = capital = False
    for piece in sentence.pieces:
        text = piece.text if piece.slot is None else fillings.get(piece.slot, "")
        capital = capital or piece.opens
        if piece.slot in grammar.articles:
            articles.append((len(texts), piece.slot))
            text = "a"
        elif piece.options:
            if template.gender not in grammar.genders:
                return None
            text = piece.options[grammar.genders.index(template.gender)]
        if not text and not piece.options:
            vanished = True
            continue
        if vanished and text:
            text = _close_gap(texts, text)
            vanished = False
        texts.append(text)
        opens.append(capital)
        capital = capital and not text.strip()
    if vanished and texts and texts[-1].endswith(" "):
        texts[-1] = texts[-1].rstrip(" ")
    for place, name in reversed(articles):
        article = grammar.article("".join(texts[place + 1 :]).lstrip(), template, name)
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
