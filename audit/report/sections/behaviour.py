"""Sections 6 and 7: what flips to what, and how steady the answers are."""

from __future__ import annotations

from collections.abc import Iterable

from audit.report.inert import inert
from audit.report.message import Number, Sentence, Share, Tone, Value, fill
from audit.report.model import FlipsSection, SteadinessSection
from audit.report.parts import Fact, FlipCell, FlipRow, GroupFlips, Head
from audit.report.results import GapData, TransitionData
from audit.report.sections.material import SHORT_LIMIT, Material
from audit.report.sections.prompts import calibration_rows, prompt_rows
from audit.report.wording import gaps as words
from audit.report.wording.opening import NO_LABELS, NOT_AVAILABLE_BECAUSE, UNREAD_FACT

_MOST_FILLERS = 6
_MIXED = 0.5  # from this share of variance on, repeats dominate


def flips(material: Material) -> FlipsSection:
    """Return section 6, from the transitions of pairs that mention a group."""
    results = material.results
    counted = [group for group in results.groups if group.flips is not None]
    to = _total(group.flips_to_unfavourable for group in counted)
    away = _total(group.flips_to_favourable for group in counted)
    all_flips = _total(group.flips for group in counted)
    outcome = material.outcome
    if all_flips is None or to is None or away is None:
        stand: tuple[Sentence, ...] = (words.FLIPS_NONE,)
    else:
        pairs = sum(group.n_pairs for group in counted)
        stand = (
            words.flips_stand(_count(all_flips), pairs, _count(to), _count(away), outcome),
            words.FLIPS_NOISE,
        )
    chosen = [item for item in results.overall.transitions if item.role == "group" and item.n > 0]
    labels = _labels(material, chosen)
    return FlipsSection(
        head=Head(
            anchor="flips",
            name=words.FLIPS,
            heading=words.flips_heading(to, away, outcome),
            stand=stand,
        ),
        labels=tuple(inert(label, limit=SHORT_LIMIT) for label in labels),
        matrix=_matrix(material, chosen, labels),
        groups=tuple(_group_flips(material, group, placebo=False) for group in counted)
        + tuple(
            _group_flips(material, row, placebo=True)
            for row in results.placebos
            if row.flips is not None
        ),
    )


def _total(values: Iterable[float | None]) -> float | None:
    """Return a sum, or ``None`` where nothing was counted."""
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def _count(number: float) -> Value:
    return int(number) if float(number).is_integer() else Number(number, 1)


def _labels(material: Material, transitions: list[TransitionData]) -> list[str]:
    """Return the labels in the task's order, then whatever else occurred."""
    task = material.evidence.task
    declared = task.labels if task else tuple((material.results.spec.task or {}).get("labels", ()))
    seen = {item.source for item in transitions} | {item.to for item in transitions}
    known = [label for label in declared if label in seen or not seen]
    return [*known, *sorted(seen - set(known))] if seen else []


def _matrix(
    material: Material, transitions: list[TransitionData], labels: list[str]
) -> tuple[FlipRow, ...]:
    counts: dict[tuple[str, str], float] = {}
    for item in transitions:
        key = (item.source, item.to)
        counts[key] = counts.get(key, 0.0) + item.n
    rows = []
    for source in labels:
        total = sum(counts.get((source, to), 0.0) for to in labels)
        if not total:
            continue
        cells = tuple(
            _flip_cell(material, source, to, counts.get((source, to), 0.0), total) for to in labels
        )
        rows.append(FlipRow(label=inert(source, limit=SHORT_LIMIT), total=total, cells=cells))
    return tuple(rows)


def _flip_cell(material: Material, source: str, to: str, n: float, total: float) -> FlipCell:
    """Return a cell with its direction: towards the unfavourable end is worse."""
    step = _rank(material, to) - _rank(material, source)
    tone: Tone = ""
    if source == to:
        said = words.SAME
    elif step < 0:
        tone, said = "worse", words.WORSE
    elif step > 0:
        tone, said = "better", words.BETTER
    else:
        said = words.OTHER
    return FlipCell(n=n, share=Share(n / total), tone=tone if n else "", words=said)


def _rank(material: Material, label: str) -> int:
    """Return 0 for unfavourable labels, 2 for the favourable one, 1 for the rest."""
    if label in material.results.outcome.unfavourable:
        return 0
    return 2 if label == material.results.outcome.favourable else 1


def _group_flips(material: Material, gap: GapData, *, placebo: bool) -> GroupFlips:
    label = inert(gap.text or gap.label) if placebo else material.group_label(gap.id)
    return GroupFlips(
        label=label,
        placebo=placebo,
        n_pairs=gap.n_pairs,
        flips=gap.flips,
        to_unfavourable=gap.flips_to_unfavourable,
        to_favourable=gap.flips_to_favourable,
        excess=gap.excess_disagreement,
    )


def steadiness(material: Material) -> SteadinessSection:
    """Return section 7, as far as the run has the data."""
    results = material.results
    spec, overall = results.spec, results.overall
    given = results.variance_shares or {}
    known = {key: share for key, share in given.items() if share is not None}
    shares = tuple((name, given.get(key)) for key, name in words.SHARES.items()) if known else ()
    stand = words.steadiness_stand(Share(overall.repeat_instability), spec.scoring, spec.repeats)
    if spec.scoring == "score" and overall.repeat_instability is None:
        stand = ()
    return SteadinessSection(
        head=Head(
            anchor="steady",
            name=words.STEADINESS,
            heading=words.steadiness_heading(
                available=bool(known), mostly_sampling=known.get("sampling", 0.0) > _MIXED
            ),
            stand=stand if known else (*stand, words.NO_SHARES),
        ),
        shares=shares,
        facts=_steady_facts(material),
        fillers=_fillers(material),
        sensitivity=_sensitivity(material),
        prompts=prompt_rows(material),
        calibration=calibration_rows(material),
    )


def _steady_facts(material: Material) -> tuple[Fact, ...]:
    overall = material.results.overall
    no_labels = fill(NOT_AVAILABLE_BECAUSE, why=NO_LABELS)
    orders: Value = words.ONE_ORDER
    if material.results.spec.shot_orders > 1:
        orders = material.results.spec.shot_orders
    return (
        Fact(
            name=words.INSTABILITY,
            value=no_labels
            if overall.repeat_instability is None
            else Share(overall.repeat_instability, 1),
        ),
        Fact(
            name=words.UNPARSED,
            value=no_labels
            if overall.unparsed_rate is None
            else fill(UNREAD_FACT, share=Share(overall.unparsed_rate, 2)),
        ),
        *((Fact(name=words.SHOT_ORDERS, value=orders),) if material.evidence.prompt else ()),
    )


def _filler_ids(material: Material) -> list[str]:
    rows = material.results.reference_sensitivity
    return list(dict.fromkeys(row.filler for row in rows))[:_MOST_FILLERS]


def _fillers(material: Material) -> tuple[str, ...]:
    return tuple(inert(filler, limit=SHORT_LIMIT) for filler in _filler_ids(material))


def _sensitivity(material: Material) -> tuple[tuple[str, tuple[float | None, ...]], ...]:
    """Return each group's gap against every filler alone."""
    rows = material.results.reference_sensitivity
    cells = {(row.group, row.filler): row.estimate for row in rows}
    groups = dict.fromkeys(row.group for row in rows)
    fillers = _filler_ids(material)
    return tuple(
        (material.group_label(group), tuple(cells.get((group, filler)) for filler in fillers))
        for group in groups
    )
