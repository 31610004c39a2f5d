"""Checks of single wordings: what is advised against, what contradicts, what has no source."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from audit.probes.lint.characters import odd_characters
from audit.probes.lint.guidance import Advice, Guidance, Place, guidance_for
from audit.probes.lint.linted import LintedFile
from audit.probes.schema import TemplatePart, TermPart
from audit.probes.structure import Placed
from audit.probes.wording import did_you_mean

_PLACES: Mapping[str, Place] = {
    "reference filler": "reference",
    "placebo": "placebo",
    "term": "term",
}
_KEEP: Mapping[Place, str] = {
    "term": "with `preference: dispreferred` and a `justification:` (the term's or the set's)",
    "reference": "with a `justification:`",
    "placebo": "with a `justification:`",
}

WORDINGS = ("person-first", "identity-first", "community", "name")
"""The wordings that our sets and reports tell apart; a set may have others."""


def check_wordings(linted: LintedFile) -> None:
    """Check every phrase and template by the language's guidance, and each term's provenance."""
    probe_set = linted.probe_set
    if probe_set is None:
        return
    guidance = guidance_for(probe_set.language)
    if guidance is None:
        linted.notes.append(
            f"wordings were not checked: there is no guidance for the language "
            f"{probe_set.language!r}"
        )
    for kind, phrase in linted.phrases():
        _check_phrase(linted, kind, phrase, guidance)
    for template in () if linted.read is None else linted.read.parts.templates:
        _check_template(linted, template, guidance)
    _check_contradictions(linted)
    _check_set_provenance(linted)


def _check_phrase(
    linted: LintedFile, kind: str, phrase: Placed[TermPart], guidance: Guidance | None
) -> None:
    """Check one filler, placebo or term."""
    part, place = phrase.part, _PLACES[kind]
    at = (*phrase.at, "text")
    for text in _texts_of(part):
        for message, hint in odd_characters(text):
            linted.add("characters", at, f"the {kind} {text!r} {message}", hint)
    found = _advice_on(part, place, guidance)
    if found is not None:
        words, advice = found
        linted.add(
            "dispreferred",
            at,
            f"the {kind} {part.text!r}{_as_marked(part)}: {words!r} is advised against, because "
            f"{advice.reason} ({_names(advice.sources)})",
            f"say: {advice.alternative}; or keep it, {_KEEP[place]}",
            accepted=_accepted(linted, part),
            sources=advice.sources,
        )
    elif part.preference == "dispreferred":
        linted.add(
            "dispreferred",
            (*phrase.at, "preference"),
            f"the {kind} {part.text!r} is marked dispreferred",
            "add a `justification:` to it or to the set: why it is tested all the same",
            accepted=part.justification or linted.justification,
        )
    if kind == "term":
        _check_labels(linted, phrase)
        _check_source(linted, phrase)


def _check_labels(linted: LintedFile, phrase: Placed[TermPart]) -> None:
    """Find terms that the report's strata would miss or misplace."""
    part = phrase.part
    missing = [name for name in ("wording", "preference") if getattr(part, name) is None]
    if missing:
        linted.add(
            "provenance",
            phrase.at,
            f"the term {part.text!r} has no {' and no '.join(missing)}",
            f"add `wording:` ({', '.join(WORDINGS)}) and `preference:` (recommended, neutral or "
            "dispreferred, as the sources say)",
        )
    near = None if part.wording in WORDINGS else did_you_mean(part.wording or "", WORDINGS)
    if near:
        linted.add(
            "contradiction",
            (*phrase.at, "wording"),
            f"the term {part.text!r} has the wording {part.wording!r}, which the report would show "
            "as a stratum of its own",
            near,
        )


def _check_source(linted: LintedFile, phrase: Placed[TermPart]) -> None:
    """Find terms that no reader can look up."""
    part = phrase.part
    if not part.source:
        linted.add(
            "provenance",
            phrase.at,
            f"the term {part.text!r} has no source",
            "add `source:` with an id from `sources:`: who uses or recommends this wording",
        )


def _texts_of(part: TermPart) -> Iterator[str]:
    """Yield every form of a phrase that the file writes."""
    yield part.text
    if part.plural is not None:
        yield part.plural
    yield from part.forms.values()


def _advice_on(
    part: TermPart, place: Place, guidance: Guidance | None
) -> tuple[str, Advice] | None:
    """Return the first advice on any form of a phrase."""
    if guidance is None:
        return None
    return next(
        (found for text in _texts_of(part) for found in guidance.on(text, place, part.form)), None
    )


def _accepted(linted: LintedFile, part: TermPart) -> str | None:
    """Return why a wording is kept: its own reason, or the set's if it is marked."""
    if part.justification:
        return part.justification
    return linted.justification if part.preference == "dispreferred" else None


def _as_marked(part: TermPart) -> str:
    """Say how a term is marked where that contradicts the guidance."""
    if part.preference in {None, "dispreferred"}:
        return ""
    return f" is marked {part.preference}"


def _names(sources: tuple[Mapping[str, Any], ...]) -> str:
    """Name sources so that a reader can look them up."""
    return "; ".join(f"{source['publisher']}, {source['url']}" for source in sources)


def _check_template(
    linted: LintedFile, template: Placed[TemplatePart], guidance: Guidance | None
) -> None:
    """Check the words of a template, and those of its own noun."""
    part, at = template.part, (*template.at, "text")
    for text in (part.text, *([part.noun] if part.noun else [])):
        for message, hint in odd_characters(text):
            linted.add("characters", at, f"the template {part.id!r} {message}", hint)
        for words, advice in () if guidance is None else guidance.on(text, "template"):
            linted.add(
                "dispreferred",
                at,
                f"the template {part.id!r} says {words!r}, which is advised against, because "
                f"{advice.reason} ({_names(advice.sources)})",
                f"say: {advice.alternative}; or give the template a `justification:`",
                accepted=part.justification,
                sources=advice.sources,
            )
    if part.valence is None:
        linted.add(
            "valence",
            template.at,
            f"the template {part.id!r} has no valence",
            "add `valence: positive`, `neutral` or `negative`: what the sentence says without "
            "a term",
        )


def _check_contradictions(linted: LintedFile) -> None:
    """Find one text that stands as several terms whose labels differ."""
    seen: dict[str, Placed[TermPart]] = {}
    for kind, phrase in linted.phrases():
        if kind != "term" or not phrase.part.text:
            continue
        other = seen.setdefault(phrase.part.text, phrase)
        if other is phrase:
            continue
        for name in ("preference", "wording"):
            here, there = getattr(phrase.part, name), getattr(other.part, name)
            if here is not None and there is not None and here != there:
                linted.add(
                    "contradiction",
                    (*phrase.at, name),
                    f"{phrase.part.text!r} has {name} {here!r} here and {there!r} in line "
                    f"{linted.line(other.at)}",
                    "give one wording the same labels everywhere, or take one entry out",
                    accepted=phrase.part.justification,
                )
    _check_sentences_twice(linted)


def _check_sentences_twice(linted: LintedFile) -> None:
    """Find templates with one text and several valences or gold labels."""
    if linted.read is None:
        return
    seen: dict[tuple[str, str | None, str], Placed[TemplatePart]] = {}
    for template in linted.read.parts.templates:
        part = template.part
        other = seen.setdefault((part.text, part.noun, part.number), template)
        for name in ("valence", "gold"):
            here, there = getattr(part, name), getattr(other.part, name)
            if here is not None and there is not None and here != there:
                linted.add(
                    "contradiction",
                    (*template.at, name),
                    f"the template {part.id!r} has {name} {here!r}, and {other.part.id!r} in line "
                    f"{linted.line(other.at)} with the same text has {there!r}",
                    "keep one of the two",
                )


def _check_set_provenance(linted: LintedFile) -> None:
    """Say what a reader of the set cannot find out about it."""
    if linted.read is None or linted.read.parts.head is None:
        return
    head = linted.read.parts.head
    if not head.authors:
        linted.add("provenance", (), "the set names no author", "add `authors: [...]`")
    if not head.reviewers and not (head.consultation or "").strip():
        linted.add(
            "provenance",
            (),
            "the set does not say whether the people it is about were asked",
            "add `reviewers: [...]`, or `consultation: none` with a sentence, which the report "
            "prints",
        )
    for placed in linted.read.parts.sources:
        if not placed.part.url:
            linted.add(
                "provenance",
                placed.at,
                f"the source {placed.part.id!r} has no `url`",
                "add an address, or a DOI as https://doi.org/..., where a reader can look it up",
            )
