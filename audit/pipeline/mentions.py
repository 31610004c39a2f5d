"""How texts mention the groups of a run: the words that go into its override policy.

A probe set names phrases to test; a text about the same people uses their other forms ("I have
epilepsy", "wheelchairs", "sordas"), and the same words mean other things ("blind spot"). Both are
derived here, so that the guard needs nothing but the policy.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from importlib.resources import files
from typing import Any, Literal

from ruamel.yaml import YAML

from audit.oversight import GroupWords
from audit.probes.grammar import grammar_for
from audit.records import Group, Template, Term

_NOUNS = {"en": ("person", "people"), "es": ("persona", "personas"), "ja": ("人", "人"),
          "tr": ("kişi", "kişiler")}  # fmt: skip
_NUMBERS: tuple[Literal["singular", "plural"], ...] = ("singular", "plural")
NEUTRAL = {"en": "local", "es": "del barrio", "ja": "地元", "tr": "bu mahalleden"}
"""By language, a word that mentions no group and stands where an adjective stood."""

Instead = dict[str, str | None]


def group_words(groups: Sequence[Group], language: str) -> tuple[GroupWords, ...]:
    """Return how texts in a language mention each group.

    Parameters
    ----------
    groups : sequence of Group
        As tested.
    language : str
        The probe set's language tag; one without word lists gets the terms and their forms only.

    Returns
    -------
    tuple of GroupWords
        Forms in the order of the terms; only exceptions that hold one of the group's forms.
    """
    tag = language.lower().split("-")[0]
    lists = _lists().get(tag, {})
    return tuple(_words(group, language, tag, lists) for group in groups)


def _words(group: Group, language: str, tag: str, lists: Mapping[str, Any]) -> GroupWords:
    """Collect the forms of a group, how each is taken out, and its exceptions."""
    instead: Instead = {}
    for term in group.terms:
        for form, replacement in _forms(term, tag, lists):
            instead.setdefault(form, replacement)
    known = list(instead)
    for form in known:
        for more in lists.get("related", {}).get(form, ()):
            instead.setdefault(more, "" if more in lists["adjectives"] else None)
    phrases = [phrase for block in lists.get("exceptions", ()) for phrase in block]
    lowered = [form.casefold() for form in instead]
    spaced = tag != "ja"
    return GroupWords(
        group=group.id,
        label=group.label,
        mentions={language: tuple(instead)},
        exceptions={
            language: tuple(
                phrase
                for phrase in phrases
                if any(_holds(phrase.casefold(), form, spaced=spaced) for form in lowered)
            )
        },
        instead={language: {form: text for form, text in instead.items() if text != ""}},
    )


def _holds(phrase: str, form: str, *, spaced: bool) -> bool:
    """Tell whether a phrase holds a form as whole words (or anywhere, without spaces)."""
    return f" {form} " in f" {phrase} " if spaced else form in phrase


def _forms(term: Term, tag: str, lists: Mapping[str, Any]) -> Iterator[tuple[str, str | None]]:
    """Yield every form of a term with what stands in its place; "" means it is left out."""
    singular, plural = _NOUNS.get(tag, (None, None))
    noun = term.form == "noun"
    yield term.text, singular if noun else ""
    if term.plural is not None:
        yield term.plural, plural if noun else ""
    for form in (*term.mentions, *(form for _, form in term.forms), *_agreeing(term, tag)):
        yield form, None if noun else ""
    for text in filter(None, (term.text, term.plural)):
        yield from _cores(text, lists, singular)


def _agreeing(term: Term, tag: str) -> Iterator[str]:
    """Yield the forms that the language's own rules give: gender and number."""
    grammar = grammar_for(tag)
    if grammar is None or not grammar.genders:
        return
    for gender in grammar.genders:
        for number in _NUMBERS:
            place = Template(
                id="",
                text="",
                carrier="",
                gender=gender,
                number=number,
            )
            form = grammar.agree(term, place)
            if form is not None:
                yield form


def _cores(
    text: str, lists: Mapping[str, Any], noun: str | None
) -> Iterator[tuple[str, str | None]]:
    """Yield what remains of a term without its lead-in or ending ("with epilepsy": "epilepsy")."""
    found = [
        (kind, lead)
        for kind, leads in lists.get("lead_ins", {}).items()
        for lead in leads
        if text.startswith(f"{lead} ")
    ]
    if found:
        kind, lead = max(found, key=lambda each: len(each[1]))
        core = text[len(lead) + 1 :]
        yield core, {"adjective": "", "noun": noun}.get(kind)
    for ending in lists.get("endings", ()):
        if text.endswith(ending) and len(text) > len(ending):
            yield text[: -len(ending)], None


@lru_cache(maxsize=1)
def _lists() -> Mapping[str, Any]:
    """Read the word lists that ship with the package."""
    text = files("audit.pipeline").joinpath("mentions.yaml").read_text(encoding="utf-8")
    lists: Mapping[str, Any] = YAML(typ="safe", pure=True).load(text)
    return lists
