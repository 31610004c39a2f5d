"""Sections 4 and 5: gaps by group, by wording, by kind of sentence, and the placebo terms."""

from __future__ import annotations

from collections.abc import Sequence

from audit.report.inert import inert
from audit.report.message import Listing, Sentence, Share, fill
from audit.report.model import GroupsSection, WordingSection
from audit.report.parts import Block, Head, Row, StrataTable
from audit.report.results import StratumData
from audit.report.sections import drivers, figures
from audit.report.sections.material import LABEL_LIMIT, Material, Rows
from audit.report.sections.rows import sorted_rows, stratum_name, stratum_row, term_row
from audit.report.wording import gaps as words

_MOST_TEMPLATES = 10
_MOST_WORDS = 8
_MINUS = " minus "  # how a difference of two strata is named
_STRATA = ("wording", "preference", "valence", "use", "stratum")
_ORDER = (
    "person-first", "identity-first", "community", "community term",
    "recommended", "positive", "neutral", "negative", "dispreferred",
    "identity", "mention", "literal",
)  # fmt: skip


def groups(material: Material, found: Sequence[Block]) -> GroupsSection:
    """Return section 4."""
    results = material.results
    beyond = [group for group in results.groups if group.verdict == "gap"]
    directions = {
        group.direction for group in results.groups if group.verdict in {"gap", "concern"}
    }
    both = {"worse", "better"} <= directions
    notes = [words.DETECTABLE_NOTE]
    notes.append(words.TERMS_ADJUSTED if results.terms else words.NO_TERMS_NOTE)
    notes += [*figures.notes(material), *drivers.notes(material)]
    if _cut_off(material):
        notes.append(words.CUT_NOTE)
    return GroupsSection(
        head=Head(
            anchor="groups",
            name=words.GROUPS,
            heading=words.groups_heading(len(beyond), len(results.groups), both_ways=both),
            stand=words.groups_stand(
                Share(results.limits.confidence_level), material.limit(), material.outcome
            ),
        ),
        blocks=tuple(found),
        notes=tuple(notes),
    )


def _cut_off(material: Material) -> bool:
    """Return whether an interval goes on beyond the chart."""
    rows: Rows = (*material.results.terms, *material.results.strata)
    scale = material.scale
    return any(
        row.interval.low < scale.low or row.interval.high > scale.high
        for row in rows
        if row.interval is not None
    )


def wording(material: Material) -> WordingSection:
    """Return section 5."""
    results = material.results
    tables = tuple(table for by in _STRATA if (table := _table(material, by)) is not None)
    differ, compared = _style_differences(material)
    templates = [s for s in results.strata if s.by == "template" and s.estimate is not None]
    chosen = sorted(templates, key=lambda s: -abs(s.estimate or 0.0))[:_MOST_TEMPLATES]
    return WordingSection(
        head=Head(
            anchor="wording",
            name=words.WORDING,
            heading=words.wording_heading(differ, compared),
            stand=((words.WORDING_STAND,) if tables else (words.NO_STRATA,)) + _as_words(material),
        ),
        placebo_stand=_placebo_stand(material),
        placebos=tuple(term_row(material, row) for row in sorted_rows(results.placebos)),
        strata=tables,
        templates=tuple(_template_row(material, stratum) for stratum in chosen),
        template_note=words.templates_note(len(chosen), len(templates)) if chosen else None,
    )


def _as_words(material: Material) -> tuple[Sentence, ...]:
    """Say which terms are penalised as words, which as people, where both were tested."""
    tested = material.results.words
    if not tested:
        return ()
    found = [words.words_stand(len(tested))]
    for reading, write in words.READINGS.items():
        rows = [row for row in tested if row.reading == reading]
        if rows:
            shown = tuple(
                words.word_and_person(
                    inert(row.text, limit=LABEL_LIMIT),
                    material.amount(row.estimate),
                    material.amount(row.person_estimate),
                )
                for row in rows[:_MOST_WORDS]
            )
            found.append(fill(write, terms=Listing(shown)))
    if len(found) == 1:
        found.append(words.NEITHER)
    return tuple(found)


def _placebo_stand(material: Material) -> tuple[Sentence, ...]:
    """Return what the placebos did, and say so where all of them moved the answer."""
    known = [row for row in material.results.placebos if row.estimate is not None]
    moved = [
        row
        for row in known
        if row.interval is not None and not row.interval.low <= 0 <= row.interval.high
    ]
    largest = max((abs(row.estimate or 0.0) for row in known), default=None)
    return words.placebo_stand(
        len(known),
        material.amount(largest, signed=False),
        len(moved),
        all_move=bool(known) and len(moved) == len(known),
    )


def _style_differences(material: Material) -> tuple[int, int]:
    """Count the groups whose wording styles differ for sure, of those where that was computed."""
    known = [
        stratum.interval
        for stratum in material.results.strata
        if stratum.by == "wording" and _MINUS in stratum.value and stratum.interval is not None
    ]
    return sum(not each.low <= 0 <= each.high for each in known), len(known)


def _table(material: Material, by: str) -> StrataTable | None:
    """Return the strata of one property, a row per group and a column per value."""
    chosen = [stratum for stratum in material.results.strata if stratum.by == by]
    values = list(dict.fromkeys(stratum.value for stratum in chosen))
    if len(values) < 2 and by != "stratum":
        return None
    values.sort(key=_place)
    cells = {(stratum.group, stratum.value): stratum for stratum in chosen}
    order: list[str | None] = [
        *(group.id for group in sorted_rows(material.results.groups)),
        *([None] if any(stratum.group is None for stratum in chosen) else []),
    ]
    rows = tuple(
        (
            words.ALL_GROUPS if group is None else material.group_label(group),
            tuple(_cell(material, cells.get((group, value))) for value in values),
        )
        for group in order
        if any((group, value) in cells for value in values)
    )
    return StrataTable(
        by=by,
        heading=words.STRATA_HEADINGS[by],
        caption=words.STRATA_CAPTIONS[by],
        columns=tuple(stratum_name(value) for value in values),
        rows=rows,
        note=words.STRATA_NOTE,
    )


def _place(value: str) -> int:
    """Return where a column stands: known values first, differences last."""
    if value in _ORDER:
        return _ORDER.index(value)
    return len(_ORDER) + (1 if _MINUS in value else 0)


def _cell(material: Material, stratum: StratumData | None) -> Row | None:
    if stratum is None or stratum.estimate is None:
        return None
    return stratum_row(stratum, inert(stratum.value, limit=LABEL_LIMIT))


def _template_row(material: Material, stratum: StratumData) -> Row:
    """Return one template's row, with its group and its sentence where the run has them."""
    name = inert(stratum.value, limit=LABEL_LIMIT)
    label = f"{name} · {material.group_label(stratum.group)}" if stratum.group else name
    sentence = material.drawn.sentences.get(stratum.value)
    style = inert(sentence, limit=LABEL_LIMIT) if sentence else None
    return stratum_row(stratum, label, style)
