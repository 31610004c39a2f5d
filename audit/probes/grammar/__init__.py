"""Grammar is a property of the language: one module each, found by language code.

A language gives the forms that rules can give. What they cannot give is written in the probe file
(``plural:``, ``forms:``), and asking for it answers ``None`` rather than a guess.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from typing import Protocol, cast

from audit.records import Gender, Template, Term

_MODULES = {
    "en": "audit.probes.grammar.english",
    "es": "audit.probes.grammar.spanish",
    "ja": "audit.probes.grammar.japanese",
    "tr": "audit.probes.grammar.turkish",
}


class Grammar(Protocol):
    """What a language must say about a sentence with slots."""

    @property
    def spaced(self) -> bool:
        """Whether words are set apart by spaces."""
        ...

    @property
    def articles(self) -> tuple[str, ...]:
        """Slots that the language fills by itself: ``{a}``, ``{the}``."""
        ...

    @property
    def cases(self) -> tuple[str, ...]:
        """Cases that a slot may ask for: ``{noun:accusative}``."""
        ...

    @property
    def genders(self) -> tuple[Gender, ...]:
        """Genders that words agree with, in the order of ``{tired-m|tired-f}``."""
        ...

    @property
    def form_names(self) -> tuple[str, ...]:
        """Keys that ``forms:`` of a term may have."""
        ...

    def article(self, following: str, template: Template, name: str = "a") -> str | None:
        """Return what ``{a}`` or ``{the}`` becomes before the rendered text that follows it.

        ``None`` if no word follows or the sentence takes no such article.
        """
        ...

    def agree(self, term: Term, template: Template, case: str | None = None) -> str | None:
        """Return the form of a term that the template needs; ``None`` if no rule gives it."""
        ...

    def decline(self, noun: str, template: Template, case: str) -> str | None:
        """Return the template's own noun in a case; ``None`` if no rule gives it."""
        ...

    def needed_form(self, template: Template, case: str | None = None) -> str:
        """Name the form that a template needs: ``plural``, or a key of ``forms``."""
        ...

    def opens_sentence(self, before: str) -> bool:
        """Tell whether a sentence begins after the text ``before``."""
        ...

    def capitalise(self, text: str) -> str:
        """Set the first letter as at the start of a sentence."""
        ...

    def finish(self, text: str) -> str:
        """Contract what the language contracts once the words stand side by side."""
        ...

    def faults(self, text: str) -> Iterable[str]:
        """Name what is ungrammatical in a rendered text, as far as rules can tell."""
        ...

    def template_fault(self, template: Template) -> str | None:
        """Say why the template's noun, number or gender cannot stand."""
        ...


def languages() -> tuple[str, ...]:
    """Return the codes of the languages that have a grammar."""
    return tuple(_MODULES)


def grammar_for(language: str) -> Grammar | None:
    """Return the grammar of a language tag (``en``, ``en-GB``), or ``None`` if there is none."""
    module = _MODULES.get(language.lower().split("-")[0])
    return cast("Grammar", import_module(module).GRAMMAR) if module else None
