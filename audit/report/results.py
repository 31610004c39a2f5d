"""``results.json`` as the report reads it: checked once, then typed.

Unknown fields are ignored, so that a file with additions stays readable; a field of the wrong type,
a number that is not finite or an interval upside down is an error with its place.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, ValidationError

from audit.errors import ResultsError
from audit.records import Direction, Reason, Status, Verdict
from audit.report.prompt_tables import CalibrationData, ShotGapData, ShotOrderData
from audit.report.tables import (
    DispersionData,
    DriversData,
    Finite,
    GoldData,
    IntersectionData,
    IntervalData,
    LiteratureData,
    Part,
    RoundsData,
    SecondaryData,
    WorstGroupData,
)

SCHEMA_VERSION = 1


class SecondData(Part):
    """The gap under another estimand, or after taking the placebos away."""

    estimate: Finite | None = None
    interval: IntervalData | None = None
    p_adjusted: Finite | None = None
    verdict: Verdict | None = None
    note: str | None = None


class GapData(Part):
    """One row of ``groups``, ``terms`` or ``placebos``."""

    id: str
    label: str
    estimand: str = "listed"
    estimate: Finite | None = None
    interval: IntervalData | None = None
    p_value: Finite | None = None
    p_adjusted: Finite | None = None
    verdict: Verdict = "not_enough_evidence"
    reason: Reason | None = None
    direction: Direction = "none"
    small_but_real: bool = False
    n_templates: int = 0
    n_terms: int = 0
    n_pairs: int = 0
    flips: Finite | None = None
    flip_rate: Finite | None = None
    flips_to_unfavourable: Finite | None = None
    flips_to_favourable: Finite | None = None
    excess_disagreement: Finite | None = None
    unparsed_gap: Finite | None = None
    smallest_detectable_gap: Finite | None = None
    templates_needed: int | None = None
    reference_mean: Finite | None = None
    group_mean: Finite | None = None
    counts_by_label: dict[str, Finite] = Field(default_factory=dict)
    phrases: SecondData | None = None
    placebo_adjusted: SecondData | None = None
    group: str | None = None
    text: str | None = None
    wording: str | None = None
    form: str | None = None
    preference: str | None = None


class StratumData(Part):
    """One row of ``strata``."""

    by: str
    value: str
    group: str | None = None
    estimate: Finite | None = None
    interval: IntervalData | None = None


class WordData(Part):
    """A term's gap as words that mention nobody, beside its gap in sentences about people."""

    group: str
    term: str
    text: str
    estimate: Finite | None = None
    interval: IntervalData | None = None
    person_estimate: Finite | None = None
    person_interval: IntervalData | None = None
    reading: Literal["word", "person", "both"] | None = None


class FillerData(Part):
    """A group's gap against one reference filler alone."""

    group: str
    filler: str
    estimate: Finite | None = None


class TransitionData(Part):
    """How many pairs went from one majority label to another."""

    group: str | None = None
    role: str = "group"
    source: str = Field(alias="from")
    to: str
    n: Finite


class PointData(Part):
    """A candidate rule: what it costs and leaves, measured on all templates."""

    kind: Literal["unfavourable", "counterfactual", "repeats"]
    threshold: Finite | None = None
    review_load_per_1000: Finite
    residual_gap: Finite
    chosen: bool = False


class LoadData(Part):
    """The review load of all rules together."""

    per_1000: Finite
    of: str
    shares: dict[str, Finite] | None = None


class OverrideData(Part):
    """One recommended rule under one assumption about the person who decides."""

    group: str
    rule: str
    reason: str | None = None
    threshold: Finite | None = None
    review_load_per_1000: Finite | None = None
    residual_gap: Finite | None = None
    residual_interval: IntervalData | None = None
    assumption: str = ""
    illustration_only: bool = False
    kind: Literal["unfavourable", "counterfactual", "repeats"] = "unfavourable"
    curve: list[PointData] = Field(default_factory=list)


class NotTestedData(Part):
    """Something left out, and why."""

    what: str
    why: str


class WarningData(Part):
    """A caveat of the run."""

    code: str
    message: str
    where: str | None = None


class ChangeData(Part):
    """How one group's or term's gap differs from an earlier run (see ``audit compare``)."""

    group: str
    label: str | None = None
    change: Literal["new", "worse", "better", "same", "cannot_compare"]
    difference: Finite | None = None
    interval: IntervalData | None = None
    baseline_estimate: Finite | None = None
    estimate: Finite | None = None
    why: str | None = None


class ChangedTermData(Part):
    """A term with another answer than in an earlier run."""

    group: str | None = None
    label: str
    answers_changed: int


class DifferenceData(Part):
    """A setting that two runs do not share."""

    what: str
    baseline: Any = None
    current: Any = None


class ComparisonData(Part):
    """The comparison with an earlier run, where one was given."""

    baseline_run_id: str
    baseline_date: str | None = None
    differs: list[DifferenceData] = Field(default_factory=list)
    groups: list[ChangeData] = Field(default_factory=list)
    terms: list[ChangeData] = Field(default_factory=list)
    changed_terms: list[ChangedTermData] | None = None
    notes: list[str] = Field(default_factory=list)


class OverallData(Part):
    """Counts over the whole run."""

    n_variants: int = 0
    n_pairs: int = 0
    n_predictions: int = 0
    unparsed_rate: Finite | None = None
    repeat_instability: Finite | None = None
    counts_by_label: dict[str, Finite] = Field(default_factory=dict)
    transitions: list[TransitionData] = Field(default_factory=list)
    worst_group: WorstGroupData | None = None


class SpecData(Part):
    """What determined the run."""

    model: str
    revision: str | None = None
    fingerprint: str | None = None
    probe_set: str = ""
    probe_sha256: str = ""
    task: dict[str, Any] | None = None
    prompt_sha256: str | None = None
    repeats: int = 1
    temperature: Finite | None = None
    shot_orders: int = 1
    scoring: str = "exact"
    seed: int = 0
    limit: int | None = None
    quick: bool = False
    include_slurs: bool = False
    rounds: int | None = None
    shot_design: dict[str, Any] | None = None
    calibrate: bool = False
    options: dict[str, Any] = Field(default_factory=dict)
    versions: dict[str, str] = Field(default_factory=dict)
    settings: dict[str, Any] = Field(default_factory=dict)


class ProbeData(Part):
    """Where the probe set comes from and who made it."""

    name: str
    version: str = ""
    language: str = "en"
    attribute: str = ""
    authors: list[Any] = Field(default_factory=list)
    reviewers: list[Any] = Field(default_factory=list)
    sources: list[Any] = Field(default_factory=list)
    review_date: str | None = None
    licence: str | None = None
    consultation: Any = None
    justification: str | None = None
    n_templates: int | None = None
    n_terms: int | None = None


class LimitsBefore(Part):
    """Limits as they were fixed before the run."""

    tolerance: Finite | None = None
    confidence_level: Finite = 0.95
    correction: str = "max_t"


class LimitsData(LimitsBefore):
    """Limits in use; ``before`` is given where they were changed after the run."""

    changed_after_run: bool = False
    before: LimitsBefore | None = None


class OutcomeData(Part):
    """What the gap is a gap of."""

    name: str
    unit: Literal["probability", "score"] = "probability"
    range: list[Finite] = Field(default_factory=lambda: [0.0, 1.0])
    favourable: str | None = None
    unfavourable: list[str] = Field(default_factory=list)


class Results(Part):
    """A whole ``results.json``."""

    run_id: str
    started: str
    finished: str | None = None
    created_with: str | None = None
    status: Status
    verdict: Verdict | None
    exit_code: int | None = None
    spec: SpecData
    probe: ProbeData
    limits: LimitsData
    outcome: OutcomeData
    overall: OverallData
    groups: list[GapData]
    terms: list[GapData]
    placebos: list[GapData]
    strata: list[StratumData] = Field(default_factory=list)
    words: list[WordData] = Field(default_factory=list)
    reference_sensitivity: list[FillerData] = Field(default_factory=list)
    variance_shares: dict[str, Finite | None] | None = None
    overrides: list[OverrideData] = Field(default_factory=list)
    override_load: LoadData | None = None
    not_tested: list[NotTestedData] = Field(default_factory=list)
    warnings: list[WarningData] = Field(default_factory=list)
    comparison: ComparisonData | None = None
    drivers: DriversData | None = None
    gold: GoldData | None = None
    dispersion: list[DispersionData] = Field(default_factory=list)
    secondary: list[SecondaryData] = Field(default_factory=list)
    intersections: list[IntersectionData] = Field(default_factory=list)
    literature: list[LiteratureData] = Field(default_factory=list)
    rounds: RoundsData | None = None
    shot_orders: list[ShotOrderData] = Field(default_factory=list)
    shot_sensitivity: list[ShotGapData] = Field(default_factory=list)
    calibration: CalibrationData | None = None


def read_results(results: Mapping[str, Any]) -> Results:
    """Check a results object and return it typed.

    Raises
    ------
    ResultsError
        If it is of a newer schema, incomplete, or not what the schema says. All problems are
        named with their place (at most ten are printed).
    """
    version = results.get("schema_version")
    if not isinstance(version, int) or isinstance(version, bool):
        raise ResultsError(
            "there is no schema version in these results",
            where="results.json: schema_version",
            hint="render the run again from its log: audit report RUN",
        )
    if version > SCHEMA_VERSION:
        raise ResultsError(
            f"these results have schema version {version}; this audit reads up to {SCHEMA_VERSION}",
            where="results.json: schema_version",
            hint="update the package: pip install --upgrade audit",
        )
    try:
        return Results.model_validate(dict(results))
    except ValidationError as error:
        raise ResultsError(
            _problems(error),
            where="results.json",
            hint="the file is torn or was edited; render it again from the log: audit report RUN",
        ) from error


def _problems(error: ValidationError) -> str:
    """Return the places and messages of a validation error, on one line."""
    found = error.errors(include_url=False, include_input=False)
    lines = [f"/{'/'.join(str(part) for part in item['loc'])}: {item['msg']}" for item in found]
    more = f"; and {len(lines) - 10} more" if len(lines) > 10 else ""
    return "not valid results: " + "; ".join(lines[:10]) + more
