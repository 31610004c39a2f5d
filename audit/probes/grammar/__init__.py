"""Grammar is a property of the language: one module each, found by language code.

A language gives the forms that rules can give. What they cannot give is written in the probe file
(``plural:``), and asking for it answers ``None`` rather than a guess.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from typing import Protocol, cast

from audit.records import Template, Term

_MODULES = {"en": "audit.probes.grammar.english"}


class Grammar(Protocol):
    """What a language must say about a sentence with slots."""

    @property
    def spaced(self) -> bool:
        """Whether words are set apart by spaces."""
        ...

    def article(self, following: str, template: Template) -> str | None:
        """Return what ``{a}`` becomes before the rendered text that follows it.

        ``None`` if no word follows or the sentence takes no such article.
        """
        ...

    def agree(self, term: Term, template: Template) -> str | None:
        """Return the form of a term that the template needs; ``None`` if no rule gives it."""
        ...

    def opens_sentence(self, before: str) -> bool:
        """Tell whether a sentence begins after the text ``before``."""
        ...

    def capitalise(self, text: str) -> str:
        """Set the first letter as at the start of a sentence."""
        ...

    def faults(self, text: str) -> Iterable[str]:
        """Name what is ungrammatical in a rendered text, as far as rules can tell."""
        ...

    def noun_fault(self, template: Template) -> str | None:
        """Say why the template's default noun cannot stand in it."""
        ...


def languages() -> tuple[str, ...]:
    """Return the codes of the languages that have a grammar."""
    return tuple(_MODULES)


def grammar_for(language: str) -> Grammar | None:
    """Return the grammar of a language tag (``en``, ``en-GB``), or ``None`` if there is none."""
    module = _MODULES.get(language.lower().split("-")[0])
    return cast("Grammar", import_module(module).GRAMMAR) if module else None
