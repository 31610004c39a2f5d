"""The sentences of a gate's checks."""

from __future__ import annotations

from collections.abc import Sequence

from audit.records import Finding, GroupChange, GroupGap, Interval, Outcome, Waiver

_REASONS = {
    "design": "too few templates could be compared",
    "refusals": "it depends on what the answers without a label would have been",
    "unresolved": "it depends on probability mass that was not resolved",
    "power": "the interval is too wide",
    "adjusted_only": "the difference does not stand after adjusting for the number of groups",
}


def amount(value: float | None, outcome: Outcome, *, sign: bool = True) -> str:
    """Write a gap in points, or in the score's unit."""
    if value is None:
        return "not available"
    points = outcome.unit == "probability"
    number = value * 100 if points else value
    digits = 1 if points else 3
    text = f"{round(number, digits) + 0.0:{'+' if sign else ''}.{digits}f}"  # + 0.0: no minus zero
    return f"{text} points" if points else text


def _limit(value: float, outcome: Outcome) -> str:
    """Write a limit, which is round, without needless digits."""
    return f"{value * 100:g} points" if outcome.unit == "probability" else f"{value:g}"


def _interval(interval: Interval | None, outcome: Outcome) -> str:
    if interval is None:
        return "no interval"
    low, high = amount(interval.low, outcome), amount(interval.high, outcome)
    if outcome.unit == "probability":
        low = low.removesuffix(" points")
    return f"{interval.confidence_level:.0%} interval {low} to {high}"


def of_gap(finding: Finding, tolerance: float, outcome: Outcome) -> str:
    """Say what was found for one group."""
    gap = finding.gap
    facts = f"{amount(gap.estimate, outcome)} ({_interval(gap.interval, outcome)})"
    limit = f"limit {_limit(tolerance, outcome)} either way"
    if finding.verdict == "gap":
        return f"A gap beyond the limit: {facts}, treated {finding.direction}; {limit}."
    if finding.verdict == "concern":
        return (
            f"A gap, and this run cannot tell whether it is beyond the limit: {facts}, treated "
            f"{finding.direction}; {limit}."
        )
    if finding.verdict == "no_gap":
        return f"No gap beyond the limit: {facts}; {limit}."
    why = _REASONS.get(finding.reason or "", "a quick run decides nothing")
    return f"Not enough evidence to say, because {why}: {facts}; {limit}."


def of_change(row: GroupChange, tolerance: float, outcome: Outcome) -> str:
    """Say how one group's gap changed since the baseline."""
    difference = row.difference
    if difference is None:
        return f"Cannot compare with the baseline: {row.why}."
    gap = difference.gap
    facts = (
        f"from {amount(difference.earlier, outcome)} to {amount(difference.later, outcome)}, a "
        f"difference of {amount(gap.estimate, outcome)} ({_interval(gap.interval, outcome)})"
    )
    limit = f"limit {_limit(tolerance, outcome)} of change"
    beyond = {"gap": ", beyond the limit", "concern": ", perhaps beyond the limit"}
    start = {
        "worse": f"The gap grew{beyond.get(row.verdict, '')}",
        "better": "The gap shrank",
        "same": "No change was shown",
    }[row.change]
    why = f" {row.why[0].upper()}{row.why[1:]}." if row.why else ""
    return f"{start}: {facts}; {limit}.{why}"


def dropped(count: int) -> str:
    """Say that a run asked less than its baseline."""
    return f"Not enough evidence to say: {count} sentences of the baseline were not asked again."


def of_power(gap: GroupGap, required: float, outcome: Outcome) -> str:
    """Say whether the run could have seen a gap of the required size."""
    seen = amount(gap.smallest_detectable_gap, outcome, sign=False)
    asked = _limit(required, outcome)
    more = (
        f" About {gap.templates_needed} templates are needed for a clear answer."
        if gap.templates_needed and gap.templates_needed > gap.n_templates
        else ""
    )
    return f"The smallest gap this run could reliably detect was {seen}; {asked} was asked.{more}"


def waived(waiver: Waiver) -> str:
    """Say who accepts it, why, and until when."""
    return f"Waived by {waiver.owner} until {waiver.expires} (UTC): {waiver.reason}"


def beyond(waiver: Waiver) -> str:
    """Say that a waiver does not reach this far."""
    return f"The waiver of {waiver.owner} covers gaps up to {waiver.max_gap:g} only."


def other_limits(asked: Sequence[float], fixed: float, outcome: Outcome) -> str:
    """Say that the gate judged by other limits than the run was made with."""
    named = ", ".join(_limit(value, outcome) for value in asked)
    return (
        f"Judged by a limit of {named}, chosen after the run; the limit fixed before it was "
        f"{_limit(fixed, outcome)}."
    )
