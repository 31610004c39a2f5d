"""What a release process decides on: differences of gaps, waivers, and the checks of a gate."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from audit.records.conclusions import Direction, Finding, GroupGap, Interval, Reason, Verdict

Change = Literal["new", "worse", "better", "same", "cannot_compare"]
CheckStatus = Literal["passed", "gap", "concern", "not_enough_evidence", "waived"]
CheckKind = Literal["limit", "baseline", "power"]


@dataclass(frozen=True, slots=True, kw_only=True)
class GapDifference:
    """How a gap differs between two runs over the pairs that both measured.

    ``gap`` is the difference in the form of a gap: later minus earlier, with the interval and
    p-values of the difference itself. ``earlier`` and ``later`` are the two gaps over these pairs.
    ``answers_changed`` counts the member's own sentences whose answer is another one.
    """

    gap: GroupGap
    earlier: float | None
    later: float | None
    answers_changed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupChange:
    """A judged difference.

    ``change`` is ``worse`` where the gap moved away from zero, ``better`` where it moved towards
    it; ``finding`` judges the size of the difference against the limit; ``why`` explains
    ``cannot_compare`` and whatever a reader must not overlook.
    """

    id: str
    label: str
    group: str | None
    change: Change
    difference: GapDifference | None = None
    finding: Finding | None = None
    why: str | None = None

    @property
    def verdict(self) -> Verdict:
        """How sure the difference is; without one there is no evidence."""
        return "not_enough_evidence" if self.finding is None else self.finding.verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiver:
    """A gap that a named person accepts until a date (inclusive, UTC), up to ``max_gap``."""

    group: str
    owner: str
    reason: str
    expires: date
    max_gap: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GateCheck:
    """One thing a gate looked at, for one group.

    ``limit`` has the estimate's unit; ``message`` is one sentence for people; ``estimate`` and
    ``interval`` are of the gap, or of its difference for ``kind='baseline'``.
    """

    kind: CheckKind
    group: str
    label: str
    status: CheckStatus
    message: str
    limit: float
    estimate: float | None = None
    interval: Interval | None = None
    p_adjusted: float | None = None
    direction: Direction = "none"
    reason: Reason | None = None
    smallest_detectable_gap: float | None = None
    n_templates: int = 0
    waiver: Waiver | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GateResult:
    """What a gate decided about a run, and on which limits.

    ``error`` is set where the run itself failed; then there are no checks and nothing passes.
    """

    run_id: str
    model: str
    probe_set: str
    unit: Literal["probability", "score"]
    checks: tuple[GateCheck, ...]
    notes: tuple[str, ...]
    exit_code: int
    baseline: str | None = None
    error: str | None = None

    @property
    def passed(self) -> bool:
        """Whether the release may go on as far as this gate can tell."""
        return self.exit_code == 0
