"""Further figures for sections 4 and 13: rounds, parts, spread, other outcomes, literature."""

from __future__ import annotations

from audit.report.inert import inert
from audit.report.message import Amount, Listing, Sentence, Share, Span, Value, fill
from audit.report.parts import Fact, Item
from audit.report.results import GapData
from audit.report.sections.material import LABEL_LIMIT, SHORT_LIMIT, Material
from audit.report.tables import LiteratureData
from audit.report.wording import figures as words
from audit.report.wording.gaps import ESTIMATE_AND_SPAN, REFUSAL_GAP, p_words

_MOST_GROUPS = 8
_TEXT_LIMIT = 600
_TWO_LABELS = 2


def facts(material: Material, gap: GapData) -> list[Fact]:
    """Return what the further tables say about one group."""
    return [
        *_round(material, gap),
        *_parts(material, gap),
        *_spread(material, gap),
        *_other_outcomes(material, gap),
        *_gold(material, gap),
    ]


def notes(material: Material) -> list[Sentence]:
    """Return the notes of section 4."""
    return [*_round_notes(material), *_worst(material), *_parts_note(material)]


def literature(material: Material) -> tuple[Item, ...]:
    """Return the literature's names for what the run reports."""
    return tuple(_entry(material, row) for row in material.results.literature)


def _round(material: Material, gap: GapData) -> list[Fact]:
    rounds = material.results.rounds
    if rounds is None:
        return []
    return [
        Fact(
            name=words.ROUND,
            value=words.decided_in(row.round, rounds.looks, early=row.stopped_early),
        )
        for row in rounds.groups
        if row.group == gap.id
    ]


def _round_notes(material: Material) -> list[Sentence]:
    rounds = material.results.rounds
    if rounds is None:
        return []
    found = [words.rounds_note(Listing(tuple(rounds.templates)))]
    early = sum(row.stopped_early for row in rounds.groups)
    return [*found, words.early_note(early, len(rounds.groups))] if early else found


def _parts(material: Material, gap: GapData) -> list[Fact]:
    found = []
    for row in material.results.intersections:
        if row.group == gap.id and row.excess is not None:
            labels = Listing(tuple(material.group_label(part) for part in row.parts))
            value: Value = material.amount(row.excess)
            if row.interval is not None:
                span = Span(row.interval.low, row.interval.high, material.unit)
                value = fill(ESTIMATE_AND_SPAN, estimate=value, span=span)
            found.append(Fact(name=words.beyond_parts(labels), value=value))
    return found


def _parts_note(material: Material) -> list[Sentence]:
    """Return which groups are clearly not the sum of their parts, the largest excess first."""
    known = [row for row in material.results.intersections if row.excess is not None]
    if not known:
        return []
    alpha = 1 - material.results.limits.confidence_level
    clear = sorted(
        (row for row in known if row.p_adjusted is not None and row.p_adjusted <= alpha),
        key=lambda row: -abs(row.excess or 0.0),
    )
    shown = Listing(
        tuple(
            words.excess_of(material.group_label(row.group), material.amount(row.excess))
            for row in clear[:_MOST_GROUPS]
        )
    )
    return [words.parts_note(len(known), shown if clear else None)]


def _spread(material: Material, gap: GapData) -> list[Fact]:
    return [
        Fact(
            name=words.SPREAD,
            value=words.spread(material.amount(row.sd, signed=False), p_words(row.p_value)),
        )
        for row in material.results.dispersion
        if row.group == gap.id and row.sd is not None
    ]


def _other_outcomes(material: Material, gap: GapData) -> list[Fact]:
    """Return the gap in answers that are no label, and in the favourable one of several labels."""
    results = material.results
    labels = (results.spec.task or {}).get("labels") or ()
    names: dict[str, Sentence] = {}
    if gap.unparsed_gap:
        names["unparsed"] = REFUSAL_GAP
    if len(labels) > _TWO_LABELS and results.outcome.favourable in labels:
        label = inert(results.outcome.favourable, limit=SHORT_LIMIT)
        names["favourable"] = fill(words.OTHER_OUTCOME, label=label)
    rows = {row.outcome: row for row in results.secondary if row.group == gap.id}
    found = []
    for outcome, name in names.items():
        row = rows.get(outcome)
        if row is not None and row.estimate is not None:
            value: Value = Amount(row.estimate)
            if row.interval is not None:
                span = Span(row.interval.low, row.interval.high)
                value = fill(ESTIMATE_AND_SPAN, estimate=value, span=span)
            found.append(Fact(name=name, value=value))
        elif outcome == "unparsed":
            found.append(Fact(name=name, value=Amount(gap.unparsed_gap)))
    return found


def _gold(material: Material, gap: GapData) -> list[Fact]:
    gold = material.results.gold
    found = []
    for row in gold.groups if gold is not None else ():
        if row.group == gap.id and row.accuracy is not None and row.accuracy.estimate is not None:
            said = words.gold_facts(
                Share(row.accuracy.estimate, 1),
                Share(row.accuracy.low, 1),
                Share(row.accuracy.high, 1),
                Share(row.false_positive_rate, 1),
                Share(row.false_negative_rate, 1),
            )
            found.append(Fact(name=words.GOLD, value=said))
    return found


def _worst(material: Material) -> list[Sentence]:
    """Return the group that is treated worst, where any is treated worse."""
    worst = material.results.overall.worst_group
    if worst is None or material.tone(worst.estimate) != "worse":
        return []
    gap = material.amount(worst.estimate)
    return [words.worst_note(material.group_label(worst.group), gap)]


def _entry(material: Material, row: LiteratureData) -> Item:
    """Return one name with its figure, its source and what it misleads about."""
    value: Value = words.NO_FIGURE
    name = words.LITERATURE.get(row.name) or inert(row.name, limit=LABEL_LIMIT)
    if row.label is not None:
        name = fill(words.LABEL_DISTANCE, label=inert(row.label, limit=SHORT_LIMIT))
    if row.estimate is not None:
        value = (
            material.amount(row.estimate, signed=False)
            if row.label is None
            else words.distance(row.estimate)
        )
    said = (inert(text, limit=_TEXT_LIMIT) for text in (row.source, row.warning) if text)
    return Item(name=name, text=(value, *said))
