"""What is concluded: gaps, findings and override rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from audit.records.questions import Estimand, Limits, Pair, Role, Valence

Verdict = Literal["gap", "concern", "no_gap", "not_enough_evidence"]
Reason = Literal["design", "refusals", "unresolved", "power", "adjusted_only"]
Direction = Literal["worse", "better", "none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A two-sided confidence interval in the estimate's unit; ``low <= high``."""

    low: float
    high: float
    confidence_level: float
    method: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What the estimate is about: counterfactual minus reference of this quantity.

    For label tasks P(unfavourable), so positive means treated worse; for score tasks the raw
    score, so the sign is read with ``favourable_end``.
    """

    name: str
    unit: Literal["probability", "score"]
    range: tuple[float, float]
    favourable: str | None
    unfavourable: tuple[str, ...]
    favourable_end: Literal["high", "low"]

    @property
    def span(self) -> float:
        """Width of the range."""
        return self.range[1] - self.range[0]

    def tolerance(self, limits: Limits) -> float:
        """Return the limits' tolerance, or its default: 5% of the range (5 points)."""
        return 0.05 * self.span if limits.tolerance is None else limits.tolerance


@dataclass(frozen=True, slots=True, kw_only=True)
class PairGap:
    """One pair's difference, with what each side answered, for examples and flips.

    ``estimate`` = ``value`` - ``reference_value``, in the outcome's unit. ``reference_label`` and
    ``label`` are majority labels (``None`` where no unique mode or no labels exist);
    ``counts`` and ``reference_counts`` are repeats by label (``"(no label)"`` for unparsed).
    """

    pair: Pair
    estimate: float | None
    value: float | None
    reference_value: float | None
    label: str | None = None
    reference_label: str | None = None
    counts: Mapping[str, float] = field(default_factory=dict)
    reference_counts: Mapping[str, float] = field(default_factory=dict)
    text: str = ""
    reference_text: str = ""
    valence: Valence | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondEstimand:
    """The same gap under another estimand, or after subtracting the placebos."""

    estimate: float | None
    interval: Interval | None
    p_value: float | None = None
    p_adjusted: float | None = None
    verdict: Verdict | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupGap:
    """The gap of one group, term or placebo, before it is judged.

    ``None`` means not available (too little data, or no such outcome), never zero.
    ``refusal_bounds`` and ``unresolved_bounds`` are the intervals recomputed with the unparsed or
    unresolved mass placed least and most unfavourably for the group, and ``*_bounds_p`` their
    adjusted p-values.
    """

    id: str
    label: str
    role: Role
    group: str | None = None
    estimand: Estimand = "listed"
    estimate: float | None
    interval: Interval | None
    p_value: float | None = None
    p_adjusted: float | None = None
    n_templates: int
    n_terms: int
    n_pairs: int
    flips: float | None = None
    flip_rate: float | None = None
    flips_to_unfavourable: float | None = None
    flips_to_favourable: float | None = None
    excess_disagreement: float | None = None
    unparsed_gap: float | None = None
    smallest_detectable_gap: float | None = None
    templates_needed: int | None = None
    reference_mean: float | None = None
    group_mean: float | None = None
    counts_by_label: Mapping[str, float] = field(default_factory=dict)
    refusal_bounds: tuple[Interval, Interval] | None = None
    unresolved_bounds: tuple[Interval, Interval] | None = None
    refusal_bounds_p: tuple[float | None, float | None] | None = None
    unresolved_bounds_p: tuple[float | None, float | None] | None = None
    phrases: SecondEstimand | None = None
    placebo_adjusted: SecondEstimand | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A judged gap: verdict, why it is not more certain, and which way it points."""

    gap: GroupGap
    verdict: Verdict
    reason: Reason | None
    direction: Direction
    small_but_real: bool


RuleKind = Literal["unfavourable", "counterfactual", "repeats"]


@dataclass(frozen=True, slots=True, kw_only=True)
class OverridePoint:
    """One candidate rule on the curve of load against gap, measured on all templates.

    Loads are per 1,000 texts that mention the group; the gap has the estimate's unit and sign.
    ``chosen`` marks the rule that is recommended. Unlike the rule's own figures these are not
    cross-fitted: they show the choice, and promise a little too much.
    """

    kind: RuleKind
    threshold: float | None
    review_load_per_1000: float
    residual_gap: float
    chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OverrideRule:
    """Which predictions about a group a person must be able to change, and what that leaves.

    ``kind`` says what is needed besides the mention: an ``unfavourable`` answer (with confidence
    below ``threshold``; 1.0 = any), one that differs from the answer without the mention
    (``counterfactual``), or one that ``repeats`` do not agree on.
    ``review_load_per_1000`` counts texts that mention the group. ``residual_gap`` is the gap left
    after the rule, cross-fitted by template, under ``assumption``.
    """

    group: str
    rule: str
    reason: str | None
    threshold: float | None
    review_load_per_1000: float | None
    residual_gap: float | None
    residual_interval: Interval | None
    assumption: Literal["human_right", "human_like_reference"]
    illustration_only: bool = False
    kind: RuleKind = "unfavourable"
    curve: tuple[OverridePoint, ...] = ()
