"""Literal templates: the words of a term where they mention nobody ("I feel depressed today").

Such a template has the slot ``{word}`` and names itself what fills it: ``words``, by the id of the
term that each belongs to, and neutral ``reference`` words. Comparing its gap with the gap in
sentences about people tells whether a classifier penalises a word or a person.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from audit.probes.document import Document
from audit.probes.grammar import Grammar
from audit.probes.schema import TemplatePart
from audit.probes.slots import SLOTS, WORD, Sentence, fill_word
from audit.probes.structure import Parts, Placed
from audit.probes.wording import did_you_mean
from audit.records import LITERAL, Role, Template, Variant


def slot_faults(sentence: Sentence) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with the slots of a literal template, or with {word} elsewhere."""
    slots = sentence.slots
    if sentence.template.use != LITERAL:
        if WORD in slots:
            yield "the slot {word} stands in literal templates only", "add `use: literal`"
        return
    if slots.count(WORD) != 1:
        yield "a literal template has the slot {word} once", "put {word} where the words stand"
    if set(slots) & set(SLOTS):
        yield "a literal template has no slot for people", "delete {pre}, {post} and {noun}"


def check_fields(parts: Parts, document: Document) -> None:
    """Check that the words of literal templates are there, and belong to terms of the set."""
    known = {term.part.id for term in parts.all_terms()}
    for template in parts.templates:
        part = template.part
        if part.use != LITERAL:
            for name in ("words", "reference"):
                if getattr(part, name):
                    at = (*template.at, name)
                    document.add(at, f"{name!r} is for literal templates", "add `use: literal`")
            continue
        for name, example in (
            ("words", "words: {with-depression: depressed}"),
            ("reference", "reference: [busy, hungry, awake]"),
        ):
            if not getattr(part, name):
                message = f"the literal template {part.id!r} has no {name!r}"
                document.add(template.at, message, f"for example `{example}`")
        for term in part.words:
            if term not in known:
                hint = did_you_mean(term, known) or "write the id of a term of a group"
                at = (*template.at, "words", term)
                document.add(at, f"there is no term {term[:60]!r}", hint, key=True)


def check_renders(
    document: Document, template: Placed[TemplatePart], sentence: Sentence, grammar: Grammar
) -> None:
    """Render a literal template with each of its words; note what is ungrammatical."""
    for word in (*sentence.template.reference, *dict(sentence.template.words).values()):
        text = fill_word(sentence, word, grammar)
        fault = "no article fits" if text is None else next(iter(grammar.faults(text)), None)
        if fault:
            message = f"ungrammatical with {word[:60]!r}: {fault}"
            document.add((*template.at, "text"), message, "choose another word or sentence")


def literal_variants(
    sentence: Sentence, groups: Mapping[str, str], grammar: Grammar
) -> Iterator[Variant]:
    """Yield the texts of a literal template; ``groups`` is the group of every term."""
    template = sentence.template
    for word in template.reference:
        yield _variant(template, "reference", word, None, fill_word(sentence, word, grammar))
    for term, word in template.words:
        text = fill_word(sentence, word, grammar)
        if term in groups:  # a slur that was not asked for is in none
            yield _variant(template, "group", term, groups[term], text)


def _variant(
    template: Template, role: Role, term: str, group: str | None, text: str | None
) -> Variant:
    """Return one rendered text."""
    prefix = "ref:" if role == "reference" else ""
    return Variant(
        id=f"{template.id}/{prefix}{term}",
        text=text or "",
        role=role,
        context=template.id,
        unit=template.carrier,
        term=term,
        group=group,
        valence=template.valence,
        use=template.use,
        gold=template.gold,
    )
