"""Checks of rendered sentences: the same twice, blanks, and where references stand."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from typing import Any

from audit.probes.lint.linted import LintedFile
from audit.probes.placeholders import unfilled
from audit.probes.structure import Placed

_SLOT = re.compile(r"\{\{|\}\}|\{[^{}]*\}")
_NOUN_REFERENCE = "noun"  # every template with {noun} has its own noun there
_PLACE = {"pre": "before the noun", "post": "after the noun", "noun": "in place of the noun"}


def check_renders(linted: LintedFile) -> None:
    """Check the sentences of a set of templates."""
    if linted.expansion is None or linted.read is None:
        return
    _check_same_texts(linted)
    _check_like_terms(linted)
    _check_blanks(linted)
    _check_positions(linted)


def _check_same_texts(linted: LintedFile) -> None:
    """Find terms that give one sentence, and templates that do."""
    if linted.expansion is None:
        return
    first: dict[tuple[str, str], str] = {}
    alike: Counter[tuple[str, str]] = Counter()
    owners: dict[str, str] = {}
    twins: dict[str, str] = {}
    for variant in linted.expansion.variants:
        other = first.setdefault((variant.context, variant.text), variant.term)
        if other != variant.term:
            alike[other, variant.term] += 1
        if variant.role == "reference":
            owner = owners.setdefault(variant.text, variant.context)
            if owner != variant.context:
                twins.setdefault(variant.context, owner)
    for (one, two), count in alike.items():
        linted.add(
            "identical",
            linted.place_of_phrase(two),
            f"{two!r} gives the same sentence as {one!r} in {count} template(s)",
            "change one of them: where the sentences are the same, the gap is nothing",
        )
    for template, owner in twins.items():
        linted.add(
            "identical",
            linted.place_of_unit(template),
            f"the template {template!r} gives the same sentences as {owner!r} in line "
            f"{linted.line(linted.place_of_unit(owner))}",
            "delete one of them; the same sentence is one piece of evidence",
        )


def _check_like_terms(linted: LintedFile) -> None:
    """Find phrases that differ only by capitals, hyphens, accents or spaces."""
    seen: dict[tuple[str, str | None], Placed[Any]] = {}
    for kind, phrase in linted.phrases():
        part = phrase.part
        if not part.text:
            continue
        other = seen.setdefault((_bare(part.text), part.form), phrase)
        # Deaf and deaf are two names with two meanings, which their wording says.
        if other is phrase or (part.wording or None) != (other.part.wording or None):
            continue
        linted.add(
            "near-identical",
            (*phrase.at, "text"),
            f"the {kind} {part.text!r} differs from {other.part.text!r} in line "
            f"{linted.line(other.at)} by capitals, signs or spaces only",
            "keep one; or say in a `justification:` why both spellings are tested",
            accepted=part.justification or other.part.justification,
        )


def _bare(text: str) -> str:
    """Return the letters and digits of a text, without case and accents."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    kept = "".join(sign for sign in plain if sign.isalnum())
    return kept or plain


def _check_blanks(linted: LintedFile) -> None:
    """Find placeholders of another tool that would be sent as they are."""
    for kind, phrase in linted.phrases():
        blank = unfilled(phrase.part.text)
        if blank:
            linted.add(
                "placeholder",
                (*phrase.at, "text"),
                f"the {kind} {phrase.part.id!r} holds the placeholder {blank!r}",
                "write the words it stands for",
            )
    for template in () if linted.read is None else linted.read.parts.templates:
        blank = unfilled(_words_of(template.part.text))
        if blank:
            linted.add(
                "placeholder",
                (*template.at, "text"),
                f"the template {template.part.id!r} holds the placeholder {blank!r}",
                "write the words it stands for, or one of the slots {pre}, {post} and {noun}",
            )


def _words_of(text: str) -> str:
    """Return a template's own words: without its slots, and with {{ and }} as they are sent."""
    return _SLOT.sub(lambda match: {"{{": "{", "}}": "}"}.get(match.group(), ""), text)


def _check_positions(linted: LintedFile) -> None:
    """Find places where terms stand and no filler or placebo does."""
    kinds: dict[str, set[str]] = defaultdict(set)
    where: dict[str, Placed[Any]] = {}
    for kind, phrase in linted.phrases():
        if phrase.part.form is not None:
            kinds[kind].add(phrase.part.form)
            if kind == "term":
                where.setdefault(phrase.part.form, phrase)
    for form, phrase in where.items():
        slot, place = f"{{{form}}}", _PLACE[form]
        if form != _NOUN_REFERENCE and form not in kinds["reference filler"]:
            linted.add(
                "position",
                (*phrase.at, "form"),
                f"terms such as {phrase.part.text!r} stand {place}, and no reference filler does",
                f"add a filler of `form: {form}` that mentions nothing, so that the reference has "
                f"words in the slot {slot} too",
            )
        if kinds["placebo"] and form not in kinds["placebo"]:
            linted.add(
                "position",
                (*phrase.at, "form"),
                f"terms such as {phrase.part.text!r} stand {place}, and no placebo does",
                f"add a placebo of `form: {form}`: else nobody can tell what any word there does",
            )
