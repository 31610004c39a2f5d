"""Override recommendations: which answers about a group a person must be able to change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from audit.oversight.candidates import (
    Candidates,
    label_candidates,
    score_candidates,
    score_limits,
)
from audit.oversight.cells import GroupCells, RunCells, run_cells
from audit.records import (
    Finding,
    Interval,
    Outcome,
    OverrideRule,
    RuleKind,
    Task,
)
from audit.statistics.cells import Answers
from audit.statistics.overrides import (
    CrossFit,
    OverrideCurve,
    choose_threshold,
    cross_fit,
    template_folds,
)
from audit.statistics.pairs import PairTable

NO_RULE = "none"
"""``OverrideRule.rule`` where no rule of this kind can mend the gap; ``reason`` says why."""

METHOD = "cross-fitted by template, t interval with floor (h = 1/2)"


@dataclass(frozen=True, slots=True)
class _Question:
    """What all rules of one run share."""

    cells: RunCells
    task: Task | None
    outcome: Outcome
    tolerance: float
    confidence_level: float
    seed: int


def recommend_overrides(
    findings: Sequence[Finding],
    table: PairTable,
    answers: Answers,
    task: Task | None,
    outcome: Outcome,
    *,
    tolerance: float,
    confidence_level: float = 0.95,
    seed: int = 0,
) -> tuple[OverrideRule, ...]:
    """Recommend, for every group with a gap or a concern, what a person should decide.

    Parameters
    ----------
    findings : sequence of Finding
        Judged gaps; groups with verdict ``gap`` or ``concern`` get a recommendation, in order.
    table : PairTable
        The run's pairs.
    answers : Answers
        What the classifier answered to the table's variants.
    task : Task or None
        Labels and their meaning; for scores ``review_below`` and ``review_above``.
    outcome : Outcome
        What the gap is about.
    tolerance : float
        The limit of the run, in the estimate's unit.
    confidence_level : float
        Level of the intervals and of the one-sided bound that chooses the threshold.
    seed : int
        Seed of the assignment of templates to folds.

    Returns
    -------
    tuple of OverrideRule
        Two for each group where a rule exists: the same rule under ``human_like_reference``
        (people answer as the model does on the reference) and under ``human_right`` (people give
        the template's expected label). One with ``rule == "none"`` and a reason where none does.
        ``residual_gap`` has the estimate's unit and sign; loads are per 1,000 texts that mention
        the group.

    Raises
    ------
    ValueError
        If ``tolerance`` is not positive.

    Notes
    -----
    Candidates are unfavourable answers below a confidence threshold, those that differ from the
    answer without the mention, and those that repeats do not agree on. Chosen is the one with the
    smallest load whose residual gap plus a one-sided error margin is within the tolerance under
    ``human_like_reference``, which needs no expected labels; the printed gap and load are
    cross-fitted (5 folds of whole templates).
    """
    if not tolerance > 0:
        raise ValueError("tolerance must be positive")
    question = _Question(
        cells=run_cells(table, answers, task, outcome),
        task=task,
        outcome=outcome,
        tolerance=tolerance,
        confidence_level=confidence_level,
        seed=seed,
    )
    rules: list[OverrideRule] = []
    for finding in findings:
        if finding.gap.role == "group" and finding.verdict in {"gap", "concern"}:
            rules.extend(_rules_for(finding, question))
    return tuple(rules)


def _rules_for(finding: Finding, question: _Question) -> list[OverrideRule]:
    """Return the rules of one group, or the one entry that says why there is none."""
    gap = finding.gap
    if finding.direction == "better":
        return [
            _no_rule(
                gap.id,
                f"The classifier treats {gap.label} better than the reference. A rule that sends "
                "unfavourable answers to a person can only widen this difference; it has to be "
                "mended in the classifier or in how its answers are used.",
            )
        ]
    if question.outcome.unit == "score" and score_limits(question.task) == (None, None):
        return [
            _no_rule(
                gap.id,
                "A score is no decision: set task.review_below or task.review_above to the score "
                "at which an answer becomes unfavourable, and a rule can be computed.",
            )
        ]
    cells = question.cells.group(gap.id)
    if cells is None or len(cells.value) < 2:
        return [_no_rule(gap.id, "Fewer than two templates could be compared for this group.")]
    candidates = _candidates(cells, question, human_right=False)
    index = int(_choose(candidates.curve, question))
    if not candidates.curve.loads[index].any():
        return [_no_rule(gap.id, _needless(candidates.curve, index, question))]
    shared = _chosen(gap.id, gap.label, candidates, index, question)
    first = cross_fit(
        candidates.curve,
        _fraction(question),
        _folds(len(cells.value), question),
        confidence_level=question.confidence_level,
    )
    points = tuple(candidates.points(index, question.outcome.span))
    return [
        _rule(replace(shared, curve=points), first, question, ""),
        _human_right(shared, index, cells, first, question),
    ]


def _chosen(
    group: str, label: str, candidates: Candidates, index: int, question: _Question
) -> OverrideRule:
    """Return the chosen rule before anything is said about what it leaves."""
    kind = candidates.kinds[index]
    tau = float(candidates.curve.thresholds[index])
    labels = question.outcome.unit == "probability"
    return OverrideRule(
        group=group,
        rule=_rule_text(label, kind, tau, question),
        kind=kind,
        reason=None,
        threshold=tau if labels and kind == "unfavourable" else None,
        review_load_per_1000=None,
        residual_gap=None,
        residual_interval=None,
        assumption="human_like_reference",
    )


def _human_right(
    shared: OverrideRule,
    index: int,
    cells: GroupCells,
    first: CrossFit,
    question: _Question,
) -> OverrideRule:
    """Evaluate the same rule, chosen the same way, where people give the expected label."""
    shared = replace(shared, assumption="human_right")
    part = cells.stated()
    count, total = len(part.value), len(cells.value)
    if question.outcome.unit == "score" or count < 2:
        what = "score" if question.outcome.unit == "score" else "label"
        return replace(
            shared,
            reason=f"No gap is given for this assumption: the templates state no expected {what}.",
            review_load_per_1000=1000 * float(first.load),
            illustration_only=first.illustration_only,
        )
    candidates = _candidates(part, question, human_right=True)
    fitted = cross_fit(
        candidates.curve,
        _fraction(question),
        _folds(count, question),
        chooser=_candidates(part, question, human_right=False).curve,
        confidence_level=question.confidence_level,
    )
    note = (
        f"Measured on the {count} of {total} templates that state an expected label."
        if count < total
        else ""
    )
    points = tuple(candidates.points(index, question.outcome.span))
    return _rule(replace(shared, curve=points), fitted, question, note)


def _rule(shared: OverrideRule, fitted: CrossFit, question: _Question, note: str) -> OverrideRule:
    """Put a cross-fitted evaluation into the record, in the estimate's unit."""
    unit = question.outcome.span
    interval = Interval(
        low=float(fitted.low) * unit,
        high=float(fitted.high) * unit,
        confidence_level=question.confidence_level,
        method=METHOD,
    )
    residual = float(fitted.residual) * unit
    reasons = filter(None, [note, *_caveats(residual, interval, fitted, question)])
    return replace(
        shared,
        reason=" ".join(reasons) or None,
        review_load_per_1000=1000 * float(fitted.load),
        residual_gap=residual,
        residual_interval=interval,
        illustration_only=fitted.illustration_only,
    )


def _caveats(
    residual: float, interval: Interval, fitted: CrossFit, question: _Question
) -> list[str]:
    """Say what a reader must know before relying on the rule."""
    limit = question.tolerance
    caveats = []
    if fitted.illustration_only:
        caveats.append("Fewer than 20 templates: an illustration, not a promise.")
    if abs(residual) > limit:
        how = "left" if _worse(residual, question.outcome) else "left in the other direction"
        caveats.append(
            f"The rule does not mend the gap: {_amount(abs(residual), question)} are {how}, more "
            f"than the limit of {_amount(limit, question)}."
        )
    elif max(-interval.low, interval.high) > limit:
        caveats.append(
            "The gap left may still be beyond the limit: its interval reaches from "
            f"{_amount(interval.low, question)} to {_amount(interval.high, question)}."
        )
    return caveats


def _needless(curve: OverrideCurve, index: int, question: _Question) -> str:
    """Explain a choice that routes nothing."""
    if question.outcome.unit == "score":
        return "No score about this group lies beyond the review limit, so nothing is routed."
    left = abs(float(curve.gaps[index].mean()))
    if left <= question.tolerance:
        return (
            f"Without any rule the gap is {_amount(left, question)}, and its one-sided error "
            f"margin stays within the limit of {_amount(question.tolerance, question)}."
        )
    return (
        "No unfavourable answer about this group could be routed so that the gap becomes smaller; "
        "it has to be mended in the classifier or in how its answers are used."
    )


def _no_rule(group: str, reason: str) -> OverrideRule:
    """Return the entry that says plainly that no rule mends the gap."""
    return OverrideRule(
        group=group,
        rule=NO_RULE,
        reason=reason,
        threshold=None,
        review_load_per_1000=None,
        residual_gap=None,
        residual_interval=None,
        assumption="human_like_reference",
    )


def _candidates(cells: GroupCells, question: _Question, *, human_right: bool) -> Candidates:
    """Evaluate the candidate rules on a group's cells under one assumption about people."""
    if question.outcome.unit == "probability":
        return label_candidates(cells, human_right=human_right)
    low, span = question.outcome.range[0], question.outcome.span
    return score_candidates(cells, cells.reference, question.task, low, span)


def _choose(curve: OverrideCurve, question: _Question) -> np.intp:
    """Choose the threshold on all templates; this is the one that is put to use."""
    chosen = choose_threshold(
        curve, _fraction(question), confidence_level=question.confidence_level
    )
    return np.intp(chosen)


def _folds(templates: int, question: _Question) -> np.ndarray:
    """Deal the templates into folds, the same way for the same run."""
    return template_folds(templates, np.random.default_rng(question.seed))


def _rule_text(label: str, kind: RuleKind, tau: float, question: _Question) -> str:
    """Say the rule in one sentence."""
    start = f"send to a person when the text mentions {label} and "
    if question.outcome.unit == "probability":
        names = " or ".join(question.outcome.unfavourable)
        more = {
            "unfavourable": "" if tau >= 1 else f" with a confidence below {tau:g}",
            "counterfactual": " and would be another without the words that mention the group",
            "repeats": " and repeats of the answer disagree",
        }
        return f"{start}the predicted label is {names}{more[kind]}"
    below, above = score_limits(question.task)
    parts = [
        f"{side} {limit:g}"
        for side, limit in (("below", below), ("above", above))
        if limit is not None
    ]
    return f"{start}the score is {' or '.join(parts)}"


def _fraction(question: _Question) -> float:
    """Return the tolerance as a fraction of the outcome's range."""
    return question.tolerance / question.outcome.span


def _worse(residual: float, outcome: Outcome) -> bool:
    """Tell whether a gap means that the group is treated worse."""
    if outcome.unit == "probability":
        return residual > 0
    return (residual < 0) == (outcome.favourable_end == "high")


def _amount(value: float, question: _Question) -> str:
    """Write a gap for people: points for probabilities, else the score's unit."""
    if question.outcome.unit == "probability":
        return f"{100 * value:.1f} points"
    return f"{value:.3g}"
