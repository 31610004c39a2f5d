"""Rows of the forest tables, from groups, terms, placebos and strata."""

from __future__ import annotations

from collections.abc import Sequence

from audit.records import Verdict
from audit.report.inert import inert
from audit.report.message import Number, Sentence, Share, Span, Tone, Value, fill
from audit.report.parts import Block, Fact, Row
from audit.report.results import GapData, SecondData, StratumData
from audit.report.sections import drivers, figures
from audit.report.sections.material import LABEL_LIMIT, Material, any_descriptor, called
from audit.report.wording import gaps as words
from audit.report.wording.verdicts import ANY_DESCRIPTOR, SMALL_BUT_REAL, reason_words

VERDICT_ORDER: tuple[Verdict, ...] = ("gap", "concern", "no_gap", "not_enough_evidence")


def blocks(material: Material) -> tuple[Block, ...]:
    """Return the groups in blocks of one verdict, largest gap first in each."""
    terms: dict[str, list[GapData]] = {}
    for term in material.results.terms:
        terms.setdefault(term.group or "", []).append(term)
    found = []
    for verdict in VERDICT_ORDER:
        chosen = [group for group in material.results.groups if group.verdict == verdict]
        rows = tuple(
            group_row(material, group, terms.get(group.id, [])) for group in sorted_rows(chosen)
        )
        if rows:
            found.append(Block(verdict=verdict, rows=rows))
    return tuple(found)


def sorted_rows(rows: Sequence[GapData]) -> list[GapData]:
    """Return rows by size of the gap, those without an estimate last, order kept in ties."""
    return sorted(rows, key=lambda row: -abs(row.estimate) if row.estimate is not None else 1.0)


def group_row(material: Material, group: GapData, terms: Sequence[GapData]) -> Row:
    """Return a group's row with its terms and the figures behind it."""
    return _row(
        material,
        group,
        anchor=f"g-{_slug(group.id)}",
        label=material.group_label(group.id),
        style=_direction(material, group),
        facts=_facts(material, group),
        terms=tuple(term_row(material, term) for term in sorted_rows(terms)),
        summary=_summary(material, terms),
    )


def _summary(material: Material, terms: Sequence[GapData]) -> Sentence | None:
    """Return the line that informs while the terms are closed."""
    sizes = [term.estimate for term in terms if term.estimate is not None]
    if not sizes:
        return None
    low, high = min(sizes), max(sizes)
    alike = round(low, 3) == round(high, 3)  # as printed
    return words.terms_line(
        len(terms), None if alike else material.amount(low, bare=True), material.amount(high)
    )


def term_row(material: Material, term: GapData) -> Row:
    """Return a term's or placebo's row; its second line is the wording style."""
    wording = stratum_name(term.wording) if term.wording else None
    return _row(
        material,
        term,
        anchor="",
        label=inert(term.text or term.label, limit=LABEL_LIMIT),
        style=_with_preference(wording, term.preference),
        facts=(),
        terms=(),
    )


def stratum_row(stratum: StratumData, label: str, style: Value | None = None) -> Row:
    """Return a row without a verdict."""
    interval = stratum.interval
    return Row(
        anchor="",
        label=label,
        style=style,
        estimate=stratum.estimate,
        low=interval.low if interval else None,
        high=interval.high if interval else None,
        verdict=None,
    )


def _row(
    material: Material,
    gap: GapData,
    *,
    anchor: str,
    label: str,
    style: Value | None,
    facts: tuple[Fact, ...],
    terms: tuple[Row, ...],
    summary: Sentence | None = None,
) -> Row:
    interval = gap.interval
    tone: Tone = ""
    if called(gap) and gap.direction != "none":
        tone = "worse" if gap.direction == "worse" else "better"
    return Row(
        anchor=anchor,
        label=label,
        style=style,
        n_pairs=gap.n_pairs,
        estimate=gap.estimate,
        low=interval.low if interval else None,
        high=interval.high if interval else None,
        verdict=gap.verdict,
        reason=gap.reason,
        direction=gap.direction,
        tone=tone,
        smallest_detectable=gap.smallest_detectable_gap,
        remarks=_remarks(gap, brief=not anchor),
        facts=facts,
        terms=terms,
        summary=summary,
    )


def _direction(material: Material, gap: GapData) -> Sentence | None:
    """Return the direction in words where a gap was found or a small one is real."""
    if gap.direction == "none" or not (called(gap) or gap.small_but_real):
        return None
    return material.outcome.direction(gap.direction)


def _remarks(gap: GapData, *, brief: bool) -> tuple[Sentence, ...]:
    """Return what must be said beside a verdict; ``brief`` leaves out what a column shows."""
    found = []
    why = reason_words(gap.reason, gap.n_templates, gap.templates_needed)
    if why is not None and not (brief and gap.reason == "power"):
        found.append(why)
    if gap.small_but_real:
        found.append(SMALL_BUT_REAL)
    if any_descriptor(gap):
        found.append(ANY_DESCRIPTOR)
    return tuple(found)


def _facts(material: Material, gap: GapData) -> tuple[Fact, ...]:
    """Return the figures an engineer wants, those the run has."""
    facts = [
        Fact(
            name=words.COMPARED,
            value=fill(words.COMPARED_PAIR, templates=gap.n_templates, terms=gap.n_terms),
        )
    ]
    if gap.p_value is not None:
        facts.append(
            Fact(
                name=words.P_VALUE,
                value=fill(
                    words.P_PAIR,
                    p=words.p_words(gap.p_value),
                    adjusted=words.p_words(gap.p_adjusted),
                ),
            )
        )
    if gap.reference_mean is not None and gap.group_mean is not None:
        facts.append(_means(material, gap))
    for name, other in (
        (words.PHRASES, gap.phrases),
        (words.PLACEBO_ADJUSTED, gap.placebo_adjusted),
    ):
        if other is not None and other.estimate is not None:
            facts.append(Fact(name=name, value=_second(material, other)))
    return (*facts, *figures.facts(material, gap), *drivers.facts(material, gap))


def _means(material: Material, gap: GapData) -> Fact:
    def shown(value: float | None) -> Value:
        return Share(value, 1) if material.unit == "points" else Number(value, 3)

    return Fact(
        name=fill(words.MEANS, outcome=material.outcome.name),
        value=fill(
            words.MEANS_PAIR,
            reference=shown(gap.reference_mean),
            group=shown(gap.group_mean),
        ),
    )


def _second(material: Material, other: SecondData) -> Value:
    estimate = material.amount(other.estimate)
    if other.interval is None:
        return estimate
    span = Span(other.interval.low, other.interval.high, material.unit)
    return fill(words.ESTIMATE_AND_SPAN, estimate=estimate, span=span)


def _with_preference(wording: Value | None, preference: str | None) -> Value | None:
    """Return the style line; only a dispreferred wording is pointed out."""
    if preference != "dispreferred":
        return wording
    if wording is None:
        return words.DISPREFERRED
    return fill(words.DISPREFERRED_STYLE, style=wording)


def stratum_name(name: str) -> Value:
    """Return a stratum's name in the report's language, where it is a known one."""
    return words.STRATUM_NAMES.get(name) or inert(name, limit=LABEL_LIMIT)


def _slug(text: str) -> str:
    """Return an id that is valid in an address, whatever the group is called."""
    return "".join(
        sign if sign.isascii() and (sign.isalnum() or sign in "-_") else f"_{ord(sign):x}"
        for sign in text
    )
