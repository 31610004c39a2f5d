"""The entry point: from variants and predictions to every gap of a run."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audit.records import (
    Estimand,
    Group,
    GroupGap,
    Limits,
    NotTested,
    Outcome,
    Prediction,
    RunWarning,
    Term,
    Variant,
)
from audit.statistics.caveats import caveats
from audit.statistics.cells import NO_LABEL, Answers, answers_of
from audit.statistics.components import Components
from audit.statistics.drivers import drivers
from audit.statistics.families import Family, Run, Subject, gap_records, second_estimands
from audit.statistics.flips import pair_flips, repeat_instability, transitions
from audit.statistics.gold_table import gold_table
from audit.statistics.intersections import intersections
from audit.statistics.literature_table import literature_table
from audit.statistics.pair_gaps import PairGaps
from audit.statistics.pairs import Key, PairTable, build_table
from audit.statistics.shares import run_components, run_variance_shares
from audit.statistics.shots import (
    FewShot,
    ShotOrderGaps,
    calibration_table,
    shot_order_gaps,
    unparsed_rate,
)
from audit.statistics.strata import (
    dispersion,
    placebo_adjusted,
    reference_sensitivity,
    secondary_outcomes,
    strata,
    worst_group,
)
from audit.statistics.units import cells_of
from audit.statistics.words import Apart, apart_strata, word_gaps

Record = dict[str, Any]


@dataclass(frozen=True)
class GapSummary:
    """Every gap of a run, before it is judged.

    Attributes
    ----------
    groups, terms, placebos : tuple of GroupGap
        Each is a family of its own: p-values are adjusted within it. Groups stand in the order
        given, also those without any measured pair.
    limits : Limits
        The limits with the tolerance filled in, in the outcome's unit.
    outcome : Outcome
        What the gaps are about.
    overall : mapping
        ``n_variants``, ``n_pairs``, ``n_predictions``, ``unparsed_rate``, ``repeat_instability``,
        ``counts_by_label``, ``transitions`` and ``worst_group``, as published.
    strata, reference_sensitivity, dispersion, secondary : list of dict
        See `audit.statistics.strata`; outside the verdicts.
    components : Components or None
        Variance components averaged over the groups, for planning the next audit.
    variance_shares : mapping
        Shares of the variance by source; ``None`` = not estimated.
    worst : (str, float) or None
        Group whose gap points furthest in the unfavourable direction.
    drivers : list of dict
        What each gap hangs on, see `audit.statistics.drivers.drivers`.
    intersections : list of dict
        Groups beyond the sum of their parts, see `audit.statistics.intersections.intersections`.
    literature : list of dict
        The literature's names, see `audit.statistics.literature_table.literature_table`.
    words : list of dict
        Terms whose words were tested where they mention nobody, see
        `audit.statistics.words.word_gaps`; empty without literal sentences.
    shots : ShotOrderGaps or None
        The gaps under every prompt; ``None`` where nothing is known of prompts.
    calibration : dict or None
        Gaps before and after contextual calibration, see
        `audit.statistics.shots.calibration_table`.
    gold : dict or None
        Mistakes against gold labels, see `audit.statistics.gold_table.gold_table`.
    not_tested, warnings : tuple
        What was left out and what a reader must know.
    table, answers : PairTable, Answers
        The pairs that the verdicts are about, and what was answered to their variants.
    """

    groups: tuple[GroupGap, ...]
    terms: tuple[GroupGap, ...]
    placebos: tuple[GroupGap, ...]
    limits: Limits
    outcome: Outcome
    overall: Mapping[str, Any]
    strata: Sequence[Record]
    reference_sensitivity: Sequence[Record]
    dispersion: Sequence[Record]
    secondary: Sequence[Record]
    components: Components | None
    variance_shares: Mapping[str, float | None]
    worst: tuple[str, float] | None
    drivers: Sequence[Record]
    intersections: Sequence[Record]
    literature: Sequence[Record]
    words: Sequence[Record]
    shots: ShotOrderGaps | None
    calibration: Record | None
    gold: Record | None
    not_tested: tuple[NotTested, ...]
    warnings: tuple[RunWarning, ...]
    table: PairTable = field(repr=False, compare=False)
    answers: Answers = field(repr=False, compare=False)

    @cached_property
    def pair_gaps(self) -> PairGaps:
        """Every pair with what each side answered, computed on first use."""
        return PairGaps(self.table, self.answers, self.outcome)


def summarise_gaps(
    variants: Sequence[Variant],
    predictions: Mapping[str, Prediction] | Iterable[Prediction],
    *,
    groups: Sequence[Group],
    placebos: Sequence[Term],
    outcome: Outcome,
    limits: Limits,
    rng: np.random.Generator,
    estimand: Estimand = "listed",
    labels: Sequence[str] | None = None,
    few_shot: FewShot | None = None,
) -> GapSummary:
    """Aggregate a run into gaps per group, term and placebo.

    Parameters
    ----------
    variants : sequence of Variant
        Every sentence of the run.
    predictions : mapping of id to Prediction, or iterable of Prediction
        At most one for each variant; a missing one is a missing cell, with a warning.
    groups : sequence of Group
        The groups, each with its terms; every group that a variant names must be here.
    placebos : sequence of Term
        Terms that mention no group, audited outside the verdicts.
    outcome : Outcome
        From `audit.statistics.outcome_of`.
    limits : Limits
        Tolerance, confidence level and correction.
    rng : numpy.random.Generator
        For the sign flips.
    estimand : {'listed', 'phrases', 'census'}
        What the groups' intervals are about. ``listed``: these terms, templates like these.
        ``phrases``: other phrases too. ``census``: exactly these prompts.
    labels : sequence of str, optional
        Every label of the task, so that any other is refused; default: those that occur.
    few_shot : FewShot, optional
        What was asked in further prompts.

    Returns
    -------
    GapSummary

    Raises
    ------
    ValueError
        Naming the argument that is no evidence: duplicate ids, masses that do not sum to 1, NaN or
        infinite scores, unknown labels or groups. Too little data is no error: the gap then has no
        interval, and its verdict a reason.

    Examples
    --------
    >>> import numpy as np
    >>> from audit.records import Limits, Task
    >>> from audit.statistics import outcome_of
    >>> from audit.verdicts import judge
    >>> carriers = [f"carrier {i}" for i in range(30)]
    >>> variants = [
    ...     Variant(id=f"{c}/{t}", text=f"{t} {c}", role=role, context=c, unit=c, term=t, group=g)
    ...     for c in carriers
    ...     for role, t, g in (("reference", "plain", None), ("group", "blind", "blind"))
    ... ]
    >>> predictions = [
    ...     Prediction(id=v.id, samples=("Bad",) * 5 if v.group else ("Good",) * 5)
    ...     for v in variants
    ... ]
    >>> task = Task(labels=("Good", "Bad"), favourable="Good")
    >>> summary = summarise_gaps(
    ...     variants, predictions, placebos=(), limits=Limits(), outcome=outcome_of(task),
    ...     groups=[Group(id="blind", label="Blind", terms=(Term(id="blind", text="blind"),))],
    ...     rng=np.random.default_rng(0),
    ... )
    >>> findings = judge(summary.groups, summary.limits, summary.outcome)
    >>> findings[0].gap.estimate, findings[0].verdict, findings[0].direction
    (1.0, 'gap', 'worse')
    """
    answers = answers_of(variants, predictions, outcome, labels)
    apart = np.array([variant.apart for variant in variants], dtype=bool)
    run = _run(*_chosen(variants, answers, ~apart), outcome, limits, rng)
    table = run.table
    named = _terms_by_key(groups, placebos)
    group_family = _group_family(run, groups, estimand)
    placebo_family = _term_family(run, named, "placebo")
    components = run_components(run, group_family)

    def read(given: Mapping[str, Prediction]) -> Answers:
        return answers_of(variants, given, outcome, labels).of(~apart)

    shots, calibration = None, None
    if few_shot is not None:
        others = {name: read(given) for name, given in few_shot.others.items()}
        shots = shot_order_gaps(run, group_family, others, first=few_shot.first)
        first = predictions if isinstance(predictions, Mapping) else {p.id: p for p in predictions}
        calibration = calibration_table(run, group_family, few_shot, first, read)
    group_gaps = _with_second_estimands(
        gap_records(run, group_family),
        second_estimands(run, group_family),
        placebo_adjusted(run, group_family, placebo_family),
    )
    worst = worst_group(
        {gap.id: gap.estimate for gap in group_gaps},
        high_is_worse=outcome.favourable_end == "low",
    )
    term_gaps = gap_records(run, _term_family(run, named, "group"))
    beside = {
        stratum: _run(*_chosen(variants, answers, mask), outcome, limits, rng)
        for stratum, mask in _strata_apart(variants).items()
    }
    return GapSummary(
        groups=group_gaps,
        terms=term_gaps,
        placebos=gap_records(run, placebo_family),
        limits=run.limits,
        outcome=outcome,
        overall={**_overall(run, answers), "worst_group": _worst_record(worst)},
        strata=[
            *strata(run, group_family, named),
            *(
                row
                for stratum, other in beside.items()
                for row in apart_strata(other, _group_family(other, groups, "listed"), stratum)
            ),
        ],
        reference_sensitivity=reference_sensitivity(run, group_family),
        dispersion=dispersion(run, group_family),
        secondary=secondary_outcomes(run, group_family),
        components=components,
        variance_shares=run_variance_shares(run, components, shots.variance if shots else None),
        worst=worst,
        drivers=drivers(run, group_family, named),
        intersections=intersections(run, group_family, groups),
        literature=literature_table(run),
        words=word_gaps(spoken, _term_family(spoken, named, "group"), term_gaps, named)
        if (spoken := beside.get("literal"))
        else (),
        shots=shots,
        calibration=calibration,
        gold=gold_table(run, group_family),
        not_tested=table.not_tested(),
        warnings=caveats(run, group_family),
        table=table,
        answers=run.answers,
    )


def _strata_apart(variants: Sequence[Variant]) -> dict[Apart, NDArray[np.bool_]]:
    """Choose the sentences of each stratum that decides nothing, with their references."""
    literal = np.array([variant.literal for variant in variants], dtype=bool)
    slur = np.array([variant.stratum == "slur" for variant in variants], dtype=bool)
    reference = np.array([variant.role == "reference" for variant in variants], dtype=bool)
    found: dict[Apart, NDArray[np.bool_]] = {
        "literal": literal,
        "slur": slur | (reference & ~literal),
    }
    present = {"literal": literal.any(), "slur": slur.any()}
    return {stratum: mask for stratum, mask in found.items() if present[stratum]}


def _chosen(
    variants: Sequence[Variant], answers: Answers, mask: NDArray[np.bool_]
) -> tuple[PairTable, Answers]:
    """Pair some of the variants, and take their answers."""
    kept = [variant for variant, chosen in zip(variants, mask.tolist(), strict=True) if chosen]
    return build_table(kept), answers.of(mask)


def _run(
    table: PairTable,
    answers: Answers,
    outcome: Outcome,
    limits: Limits,
    rng: np.random.Generator,
) -> Run:
    """Put together what every family is computed from."""
    return Run(
        table=table,
        answers=answers,
        cells=cells_of(table, answers.value, answers.value),
        flips=pair_flips(table, answers, outcome),
        outcome=outcome,
        limits=dataclasses.replace(limits, tolerance=outcome.tolerance(limits)),
        rng=rng,
    )


def _terms_by_key(groups: Sequence[Group], placebos: Sequence[Term]) -> dict[Key, Term]:
    """Index terms by the table's keys."""
    named: dict[Key, Term] = {
        ("group", group.id, term.id): term for group in groups for term in group.terms
    }
    named.update({("placebo", None, term.id): term for term in placebos})
    return named


def _group_family(run: Run, groups: Sequence[Group], estimand: Estimand) -> Family:
    """Return the verdict family: the groups, in the order given."""
    place = {group.id: index for index, group in enumerate(groups)}
    if len(place) < len(groups):
        raise ValueError("groups: ids must be unique")
    unknown = {v.group for v in run.table.variants if v.group is not None} - set(place)
    if unknown:
        raise ValueError(f"groups: the variants also name {', '.join(sorted(unknown))}")
    subjects = tuple(Subject(g.id, g.label, "group", None) for g in groups)
    of_term = [-1 if group is None else place[group] for _, group, _ in run.table.terms]
    return Family(subjects, np.array(of_term, dtype=np.int64), estimand)


def _term_family(run: Run, named: Mapping[Key, Term], role: str) -> Family:
    """Return the family of all terms of a role."""
    keys = [key for key in run.table.terms if key[0] == role]
    place = {key: index for index, key in enumerate(keys)}
    subjects = tuple(
        Subject(key[2], named[key].text if key in named else key[2], key[0], key[1]) for key in keys
    )
    of_term = [place.get(key, -1) for key in run.table.terms]
    return Family(subjects, np.array(of_term, dtype=np.int64))


def _with_second_estimands(
    gaps: Sequence[GroupGap], phrases: Sequence[Any], adjusted: Sequence[Any]
) -> tuple[GroupGap, ...]:
    """Attach what else is said about each group."""
    return tuple(
        dataclasses.replace(gap, phrases=other, placebo_adjusted=rest)
        for gap, other, rest in zip(gaps, phrases, adjusted, strict=True)
    )


def _overall(run: Run, answers: Answers) -> Record:
    """Return the numbers about the whole run, as published; pairs are those about people."""
    drawn = answers.drawn
    return {
        "n_variants": len(answers.value),
        "n_pairs": run.table.pairs.shape[1],
        "n_predictions": int(answers.repeats[drawn].sum() + (answers.answered & ~drawn).sum()),
        "unparsed_rate": unparsed_rate(answers),
        "repeat_instability": repeat_instability(answers),
        "counts_by_label": _counts_by_label(answers),
        "transitions": transitions(run.table, run.flips, answers.labels),
    }


def _worst_record(worst: tuple[str, float] | None) -> Record | None:
    """Return the group whose gap points furthest in the unfavourable direction, as published."""
    return None if worst is None else {"group": worst[0], "estimate": worst[1]}


def _counts_by_label(answers: Answers) -> dict[str, float]:
    """Add up the repeats of the whole run by label."""
    names = (*answers.labels, NO_LABEL)
    total = answers.counts.sum(axis=0).tolist()
    return {name: count for name, count in zip(names, total, strict=True) if count}
