"""From gaps and limits to findings: the four verdicts, and why one is not more certain."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Sequence

from audit.records import (
    Change,
    Direction,
    Finding,
    GroupGap,
    Interval,
    Limits,
    Outcome,
    Reason,
    Verdict,
)

MINIMUM_TEMPLATES = 6
"""With 5 templates no sign-flip p-value can be below .05."""
_EXIT: dict[Verdict, int] = {"no_gap": 0, "gap": 1, "concern": 4, "not_enough_evidence": 4}
_BY_WEIGHT: tuple[Verdict, ...] = ("gap", "concern", "not_enough_evidence")


def decide(
    low: float, high: float, p_adjusted: float | None, *, tolerance: float, alpha: float
) -> Verdict:
    """Judge one interval.

    Parameters
    ----------
    low, high : float
        Interval limits, in the unit of the tolerance; ``low <= high``.
    p_adjusted : float or None
        p-value of a zero gap, adjusted over the family; ``None`` = none, which is no evidence.
    tolerance : float
        Largest gap that is acceptable in either direction, positive.
    alpha : float
        1 - confidence level.

    Returns
    -------
    str
        ``no_gap`` where the whole interval lies within the tolerance; ``gap`` where it lies beyond
        and ``concern`` where it leaves out 0, both with ``p_adjusted <= alpha``; else
        ``not_enough_evidence``.

    Raises
    ------
    ValueError
        If the interval, the tolerance or alpha makes no sense.

    Examples
    --------
    >>> decide(0.02, 0.2, 0.01, tolerance=0.05, alpha=0.05)
    'concern'
    """
    if not low <= high:
        raise ValueError(f"low and high: not an interval: [{low}, {high}]")
    if not tolerance > 0 or not 0 < alpha < 1:
        raise ValueError("tolerance and alpha: need tolerance > 0 and 0 < alpha < 1")
    if -tolerance <= low and high <= tolerance:
        return "no_gap"
    if p_adjusted is None or not p_adjusted <= alpha or low <= 0 <= high:
        return "not_enough_evidence"
    return "gap" if low > tolerance or high < -tolerance else "concern"


def judge(gaps: Sequence[GroupGap], limits: Limits, outcome: Outcome) -> list[Finding]:
    """Judge every gap against the limits.

    Parameters
    ----------
    gaps : sequence of GroupGap
        Groups, terms or placebos of one family.
    limits : Limits
        Tolerance (default: 5 points, or 5% of the score's range) and confidence level.
    outcome : Outcome
        Says which end is favourable.

    Returns
    -------
    list of Finding
        In order; ``finding.gap.phrases`` carries its own verdict.

    Raises
    ------
    ValueError
        If the tolerance is not positive or the level not in (0, 1).

    Examples
    --------
    A gap of 20 points whose interval leaves out the tolerance of 5::

        findings = judge(summary.groups, summary.limits, outcome)
        findings[0].verdict, findings[0].direction      # ('gap', 'worse')
        exit_code_of(overall_verdict(findings))         # 1
    """
    return [_judge_one(gap, limits, outcome) for gap in gaps]


def _judge_one(gap: GroupGap, limits: Limits, outcome: Outcome) -> Finding:
    verdict, reason = _verdict(gap, limits, outcome)
    direction: Direction = "none"
    if gap.interval is not None and verdict != "not_enough_evidence":
        direction = _direction(gap.interval, outcome)
    return Finding(
        gap=_with_phrases_verdict(gap, limits, outcome),
        verdict=verdict,
        reason=reason,
        direction=direction,
        small_but_real=verdict == "no_gap" and direction != "none",
    )


def _verdict(gap: GroupGap, limits: Limits, outcome: Outcome) -> tuple[Verdict, Reason | None]:
    """Apply the rules in their order; a reason goes with every missing answer."""
    tolerance, alpha = outcome.tolerance(limits), 1 - limits.confidence_level
    interval, p = gap.interval, gap.p_adjusted
    if interval is None or gap.n_templates < MINIMUM_TEMPLATES:
        nothing_parsed = gap.n_templates == 0 and gap.refusal_bounds is not None
        return "not_enough_evidence", "refusals" if nothing_parsed else "design"
    if _bounds_differ(gap.refusal_bounds, gap.refusal_bounds_p, tolerance, alpha):
        return "not_enough_evidence", "refusals"
    if _bounds_differ(gap.unresolved_bounds, gap.unresolved_bounds_p, tolerance, alpha):
        return "not_enough_evidence", "unresolved"
    verdict = decide(interval.low, interval.high, p, tolerance=tolerance, alpha=alpha)
    if verdict == "no_gap" and limits.strict_pass:
        share = min(tolerance / outcome.span, 1 - 1e-12)
        if gap.n_templates < math.log(0.05) / math.log1p(-share):
            return "not_enough_evidence", "power"
    if verdict != "not_enough_evidence":
        return verdict, None
    return verdict, "power" if interval.low <= 0 <= interval.high else "adjusted_only"


def _bounds_differ(
    bounds: tuple[Interval, Interval] | None,
    p_values: tuple[float | None, float | None] | None,
    tolerance: float,
    alpha: float,
) -> bool:
    """Say whether the verdict depends on what the open answers would have been."""
    if bounds is None:
        return False
    answers = [
        (decide(side.low, side.high, p, tolerance=tolerance, alpha=alpha), side.low > 0)
        for side, p in zip(bounds, p_values or (None, None), strict=True)
    ]
    (first, first_up), (second, second_up) = answers
    opposite = first in {"gap", "concern"} and first_up is not second_up
    return first != second or opposite


def _with_phrases_verdict(gap: GroupGap, limits: Limits, outcome: Outcome) -> GroupGap:
    """Judge the ``phrases`` estimand by the same rules."""
    other = gap.phrases
    if other is None:
        return gap
    alone = dataclasses.replace(
        gap, interval=other.interval, p_adjusted=other.p_adjusted, estimand="phrases"
    )
    verdict, _ = _verdict(alone, limits, outcome)
    return dataclasses.replace(gap, phrases=dataclasses.replace(other, verdict=verdict))


def _direction(interval: Interval, outcome: Outcome) -> Direction:
    """Say which way an interval points: at nothing, if it holds 0."""
    if interval.low <= 0 <= interval.high:
        return "none"
    return "worse" if (interval.low > 0) == (outcome.favourable_end == "low") else "better"


def change_of(
    difference: Finding, earlier: float | None, later: float | None, limits: Limits
) -> Change:
    """Say in one word how a gap changed between two runs.

    Parameters
    ----------
    difference : Finding
        The judged difference, later minus earlier.
    earlier, later : float or None
        The two gaps, in the estimate's unit.
    limits : Limits
        With the tolerance filled in.

    Returns
    -------
    str
        ``same`` where the difference's interval holds 0, or its adjusted p-value is above alpha;
        ``worse`` where the gap is larger than before in either direction, or crossed zero and is
        now beyond the limit on the other side; else ``better``. ``cannot_compare`` where there is
        no interval.

    Raises
    ------
    ValueError
        If the limits have no tolerance.
    """
    gap = difference.gap
    if limits.tolerance is None:
        raise ValueError("limits: the tolerance must be filled in")
    if gap.interval is None or gap.estimate is None or earlier is None or later is None:
        return "cannot_compare"
    certain = gap.p_adjusted is not None and gap.p_adjusted <= 1 - limits.confidence_level
    if not certain or gap.interval.low <= 0 <= gap.interval.high:
        return "same"
    crossed = earlier * later < 0 and abs(later) > limits.tolerance
    return "worse" if crossed or abs(later) > abs(earlier) else "better"


def overall_verdict(findings: Iterable[Finding]) -> Verdict:
    """Return the audit's verdict: the weightiest of its groups.

    Returns
    -------
    str
        ``gap`` if any group has one, else ``concern`` if any, else ``not_enough_evidence`` if any
        group or if there is no group at all; ``no_gap`` only if every group is.
    """
    return weightiest(finding.verdict for finding in findings)


def weightiest(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the weightiest of several verdicts; of none, ``not_enough_evidence``."""
    found = set(verdicts) or {"not_enough_evidence"}
    return next((verdict for verdict in _BY_WEIGHT if verdict in found), "no_gap")


def exit_code_of(verdict: Verdict, *, fail_on_concern: bool = False) -> int:
    """Return the exit status of a complete run: 0 no gap, 1 gap, 4 concern or not enough evidence.

    Parameters
    ----------
    verdict : str
        The audit's verdict.
    fail_on_concern : bool
        Exit 1 for ``concern`` too.

    Examples
    --------
    >>> exit_code_of("concern"), exit_code_of("concern", fail_on_concern=True)
    (4, 1)
    """
    return 1 if fail_on_concern and verdict == "concern" else _EXIT[verdict]
