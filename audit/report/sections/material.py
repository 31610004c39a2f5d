"""What every section is built from: checked results, evidence, and how the outcome is worded."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from audit.report.inert import inert
from audit.report.message import Amount, Tone, Unit
from audit.report.model import Evidence
from audit.report.results import GapData, Results, StratumData
from audit.report.scale import Scale, scale_over
from audit.report.sections.drawn import DrawnPairs
from audit.report.wording.verdicts import OutcomeWords

LABEL_LIMIT = 120
SHORT_LIMIT = 40
DEFAULT_TOLERANCE = 0.05
_LEAST = 0.0005  # prints as 0.0 points, or 0.000 of a score
Rows = tuple[GapData | StratumData, ...]
_CALLED = frozenset({"gap", "concern"})


@dataclass(frozen=True)
class Material:
    """Results and evidence, with the derived words and units that all sections share."""

    results: Results
    evidence: Evidence

    @cached_property
    def unit(self) -> Unit:
        """Points for label tasks, the score's own unit for scores."""
        return "points" if self.results.outcome.unit == "probability" else "score"

    @cached_property
    def worse_is_higher(self) -> bool:
        """Whether a positive gap means treated worse."""
        return self.unit == "points" or self.results.outcome.favourable != "high"

    @cached_property
    def outcome(self) -> OutcomeWords:
        """Return the words for the outcome."""
        data = self.results.outcome
        labels = tuple(inert(label, limit=SHORT_LIMIT) for label in data.unfavourable)
        return OutcomeWords(
            labels if self.unit == "points" else (),
            inert(data.name, limit=SHORT_LIMIT),
            worse_is_higher=self.worse_is_higher,
        )

    @cached_property
    def tolerance(self) -> float:
        """Return the limit in the estimate's unit; the default where the file has none."""
        given = self.results.limits.tolerance
        if given is not None:
            return given
        if self.unit == "points":
            return DEFAULT_TOLERANCE
        ends = self.results.outcome.range
        return DEFAULT_TOLERANCE * (ends[1] - ends[0]) if len(ends) == 2 else DEFAULT_TOLERANCE

    @cached_property
    def group_labels(self) -> dict[str, str]:
        """Return group labels by id, inert."""
        return {group.id: inert(group.label, limit=LABEL_LIMIT) for group in self.results.groups}

    def group_label(self, group: str | None) -> str:
        """Return the label of a group id; an unknown id stands for itself."""
        return self.group_labels.get(group or "", inert(group or "", limit=LABEL_LIMIT))

    @cached_property
    def drawn(self) -> DrawnPairs:
        """Return the pairs as examples are chosen from them."""
        return DrawnPairs(self.evidence.pairs, self.results.spec.seed)

    @cached_property
    def scale(self) -> Scale:
        """Return the one axis of the report."""
        shown: Rows = (*self.results.groups, *self.results.placebos)
        beside: Rows = (*self.results.terms, *self.results.strata)
        return scale_over(
            [*_ends(shown), *_estimates((*shown, *beside))],
            at_most_wider=_ends(beside),
            tolerance=self.tolerance,
            unit=self.unit,
            worse_end="right" if self.worse_is_higher else "left",
        )

    def limit(self) -> Amount:
        """Return the limit for a sentence."""
        return Amount(self.tolerance, self.unit, signed=False, brief=True)

    def amount(self, value: float | None, *, signed: bool = True, bare: bool = False) -> Amount:
        """Return a value of the estimate in its unit."""
        return Amount(value, self.unit, signed, bare)

    def tone(self, value: float | None) -> Tone:
        """Return the tone of a change: worse, better, or none where it prints as zero."""
        if not value or abs(value) < _LEAST:
            return ""
        return "worse" if (value > 0) == self.worse_is_higher else "better"


def _estimates(rows: Iterable[GapData | StratumData]) -> list[float]:
    return [row.estimate for row in rows if row.estimate is not None]


def _ends(rows: Iterable[GapData | StratumData]) -> list[float]:
    """Return both ends of every interval."""
    intervals = [row.interval for row in rows if row.interval is not None]
    return [end for interval in intervals for end in (interval.low, interval.high)]


def called(gap: GapData) -> bool:
    """Return whether a gap was found for a row, within or beyond the limit."""
    return gap.verdict in _CALLED


def any_descriptor(gap: GapData) -> bool:
    """Return whether a called gap cannot be told from what placebo terms do."""
    adjusted = gap.placebo_adjusted
    if not called(gap) or adjusted is None or adjusted.interval is None:
        return False
    return adjusted.interval.low <= 0 <= adjusted.interval.high
