"""Checks of whole sentences: slots, and the grammar of every text that a set renders."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from audit.probes.build import template_of, term_of
from audit.probes.document import Document, Location
from audit.probes.grammar import Grammar
from audit.probes.literal import check_renders, slot_faults
from audit.probes.schema import TemplatePart
from audit.probes.slots import Sentence, SlotError, fill, parse
from audit.probes.structure import Parts, Placed
from audit.probes.wording import did_you_mean
from audit.records import LITERAL, Term

_AFTER_ARTICLE = re.compile(r"\s+[\"'“‘«(\[]*(\w.*)?$", re.DOTALL)


def check_sentences(
    parts: Parts, document: Document, grammar: Grammar, sound: set[Location]
) -> None:
    """Parse every template, match forms with slots, and render all that fits."""
    sentences = [
        (template, sentence)
        for template in parts.templates
        if template.at in sound and (sentence := _parsed(document, template, grammar)) is not None
    ]
    given = document.data.get("templates")
    if isinstance(given, list) and len(sentences) == len(given):
        _check_forms(parts, document, [sentence for _, sentence in sentences])
    phrases = []
    for kind, phrase in parts.phrases():
        if phrase.at not in sound:
            continue
        _check_form_names(document, phrase, grammar)
        faults = list(grammar.faults(phrase.part.text))
        for fault in faults:
            document.add((*phrase.at, "text"), f"ungrammatical: {fault}", "correct the text")
        if not faults:
            phrases.append((kind, phrase, term_of(phrase.part)))
    unformed: set[str] = set()
    for template, sentence in sentences:
        for kind, phrase, term in phrases:
            if sentence.takes(term.form, term.use) and _lacks_form(sentence, term, grammar):
                if term.id not in unformed:
                    document.add(phrase.at, *_no_form(kind, term, sentence, grammar))
                unformed.add(term.id)
        if template.part.use == LITERAL:
            check_renders(document, template, sentence, grammar)
        terms = [term for _, _, term in phrases if term.id not in unformed]
        _check_renders(document, template, sentence, terms, grammar)


def _check_form_names(document: Document, phrase: Placed[Any], grammar: Grammar) -> None:
    """Note forms that the language does not have."""
    for name in phrase.part.forms:
        if name not in grammar.form_names:
            known = f"one of {', '.join(grammar.form_names)}" if grammar.form_names else "delete it"
            hint = did_you_mean(name, grammar.form_names) or known
            document.add((*phrase.at, "forms", name), f"unknown form {name[:40]!r}", hint, key=True)


def _lacks_form(sentence: Sentence, term: Term, grammar: Grammar) -> bool:
    """Tell whether the file must write the form that a sentence needs."""
    if term.form is None:
        return False
    return grammar.agree(term, sentence.template, sentence.case(term.form)) is None


def _no_form(kind: str, term: Term, sentence: Sentence, grammar: Grammar) -> tuple[str, str]:
    """Say which form of a term no rule gives, and what to write."""
    case = sentence.case(term.form) if term.form is not None else None
    needed = grammar.needed_form(sentence.template, case)
    hint = 'add `plural: "..."`' if needed == "plural" else f'add `forms: {{{needed}: "..."}}`'
    template = sentence.template.id
    message = f"no rule gives the {needed} of the {kind} {term.text!r}, which the template "
    return f"{message}{template!r} needs", hint


def _parsed(
    document: Document, template: Placed[TemplatePart], grammar: Grammar
) -> Sentence | None:
    """Parse one template; what is wrong with its slots is noted and gives ``None``."""
    at = (*template.at, "text")
    try:
        sentence = parse(template_of(template.part), grammar)
    except SlotError as error:
        document.add(at, str(error), error.hint)
        return None
    before = len(document.problems)
    for message, hint in _slot_faults(sentence, grammar):
        document.add(at, message, hint)
    fault = grammar.template_fault(sentence.template) or _noun_case_fault(sentence, grammar)
    if fault:
        document.add((*template.at, "noun"), fault, "change `noun`, `number` or `gender`")
    return sentence if len(document.problems) == before else None


def _noun_case_fault(sentence: Sentence, grammar: Grammar) -> str | None:
    """Say when no rule gives the case that the slot asks of the template's own noun."""
    noun, case = sentence.template.noun, sentence.case("noun")
    if noun is None or case is None or grammar.decline(noun, sentence.template, case) is not None:
        return None
    return f"no rule gives the {case} of the noun {noun!r}"


def _slot_faults(sentence: Sentence, grammar: Grammar) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with the slots of one template."""
    slots, noun = sentence.slots, sentence.template.noun
    yield from slot_faults(sentence)
    if not set(slots) & {"pre", "post", "noun", "word"}:
        yield "the template has no slot for a term", "add {pre}, {post} or {noun}"
    for name in ("pre", "post", "noun"):
        if slots.count(name) > 1:
            yield f"the slot {{{name}}} is there twice", "a term is put in one place"
    if "noun" in slots and noun is None:
        yield "the slot {noun} has no default word", "add `noun: person` to the template"
    if "noun" not in slots and noun is not None:
        yield "the template has a `noun` but no {noun} slot", "add the slot or delete `noun`"
    if "a" in slots and sentence.template.number == "plural" and not grammar.genders:
        yield "{a} cannot stand in a template about several people", "delete {a} or `number`"
    yield from _position_faults(sentence, grammar)


def _position_faults(sentence: Sentence, grammar: Grammar) -> Iterator[tuple[str, str]]:
    """Yield slots that touch a word, and articles that no word follows."""
    pieces = sentence.pieces
    for index, piece in enumerate(pieces):
        if piece.slot is None or piece.options:
            continue
        left = pieces[index - 1].text[-1:] if index else ""
        right = pieces[index + 1].text[:1] if index + 1 < len(pieces) else ""
        touches = index + 1 < len(pieces) and pieces[index + 1].slot is not None
        if grammar.spaced and (left.isalnum() or right.isalnum() or touches):
            yield f"the slot {{{piece.slot}}} touches its neighbour", "put a space between"
        if piece.slot in grammar.articles:
            rest = "".join(p.text if p.slot is None else "x" for p in pieces[index + 1 :])
            if not _AFTER_ARTICLE.match(rest) or not re.search(r"\w", rest):
                name = f"{{{piece.slot}}}"
                yield f"{name} is not followed by a word", f"put a word or slot after {name}"


def _check_forms(parts: Parts, document: Document, sentences: list[Sentence]) -> None:
    """Check that every form has a slot somewhere, and every template a reference."""
    for kind, phrase in parts.phrases():
        form, use = phrase.part.form, phrase.part.use
        if sentences and not any(sentence.takes(form, use) for sentence in sentences):
            among = f" of use {use!r}" if use else ""
            document.add(
                (*phrase.at, "form"),
                f"no template{among} has a {{{form}}} slot for the {kind} {phrase.part.id!r}",
                f"add {{{form}}} to templates, or change the form",
            )
    for template, sentence in zip(parts.templates, sentences, strict=True):
        fillers = [phrase.part for phrase in parts.reference]
        if template.part.use == LITERAL:
            continue
        if fillers and not any(sentence.takes(filler.form, filler.use) for filler in fillers):
            document.add(
                (*template.at, "text"),
                f"no reference filler fits the template {template.part.id!r}",
                'add the filler {id: plain, text: ""}, which fits everywhere',
            )


def _check_renders(
    document: Document,
    template: Placed[TemplatePart],
    sentence: Sentence,
    terms: list[Term],
    grammar: Grammar,
) -> None:
    """Render a template with every term that fits; note the first fault of each kind."""
    at = (*template.at, "text")
    unsaid, count = "", 0
    for term in terms:
        if not sentence.takes(term.form, term.use):
            continue
        text = fill(sentence, term, grammar)
        if text is None:
            article = next((name for name in sentence.slots if name in grammar.articles), "a")
            message = f"{{{article}}} is followed by no word with {term.id!r}"
            document.add(at, message, "put a word after it that every term leaves there")
            return
        fault = next(iter(grammar.faults(text)), None)
        if fault:
            count += 1
            unsaid = unsaid or f"ungrammatical with {term.id!r}: {fault} in {text[:120]!r}"
    if count:
        more = f", and with {count - 1} more" if count > 1 else ""
        remedy = "write {a} where the article depends on the next word"
        if not grammar.articles:
            remedy = "write the sentence so that every phrase stands in it as it should"
        document.add(at, unsaid + more, remedy)
