"""The vocabulary: frozen records that the rooms pass to one another.

Fractions are fractions here and in files (0.05); people read them times 100 as points.
NaN never stands in a record: a value that does not exist is ``None``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Form = Literal["pre", "post", "noun"]
Valence = Literal["positive", "neutral", "negative"]
Role = Literal["reference", "group", "placebo"]
Estimand = Literal["listed", "phrases", "census"]
Verdict = Literal["gap", "concern", "no_gap", "not_enough_evidence"]
Reason = Literal["design", "refusals", "unresolved", "power", "adjusted_only"]
Direction = Literal["worse", "better", "none"]
Scoring = Literal["exact", "sampled", "score"]
Correction = Literal["max_t", "holm", "bh", "none"]
Status = Literal["complete", "partial", "interrupted", "failed"]

# --- what is asked --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """One few-shot example: a text and the label it is shown with."""

    text: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What the classifier is asked to do and which answers are good or bad for a person.

    ``kind='labels'`` needs ``labels``, ``favourable`` and ``unfavourable``; ``kind='score'`` needs
    ``range`` and ``favourable_end``. ``label_rule`` says what counts as an answer of a generating
    model: text that *starts with* a label, or is *exactly* a label until the stop.
    """

    kind: Literal["labels", "score"] = "labels"
    labels: tuple[str, ...] = ()
    favourable: str | None = None
    unfavourable: tuple[str, ...] = ()
    description: str = ""
    input: str = "Text"
    output: str = "Label"
    separator: str = "###"
    shots: tuple[Shot, ...] = ()
    label_rule: Literal["starts_with", "exact"] = "starts_with"
    range: tuple[float, float] | None = None
    favourable_end: Literal["high", "low"] | None = None
    review_below: float | None = None
    review_above: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """How a generating classifier is sampled. ``top_k=0`` and ``top_p=1`` mean no truncation."""

    repeats: int = 5
    temperature: float = 0.1
    top_k: int = 0
    top_p: float = 1.0
    max_new_tokens: int = 6
    seed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A phrase put into a template: a group's term, a placebo, or a reference filler.

    ``form`` is the slot it fills (``None`` only for the empty filler); ``plural`` its form in
    templates about several people; ``mentions`` further inflected forms a text may carry.
    """

    id: str
    text: str
    form: Form | None = None
    plural: str | None = None
    wording: str | None = None
    preference: str | None = None
    source: tuple[str, ...] = ()
    mentions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """People an attribute names, and the terms that mention them."""

    id: str
    label: str
    terms: tuple[Term, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A sentence with slots. ``carrier`` is the unit of every interval (default: its own id)."""

    id: str
    text: str
    carrier: str
    valence: Valence | None = None
    use: str | None = None
    noun: str | None = None
    number: Literal["singular", "plural"] = "singular"
    gold: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Limits fixed before the run. ``tolerance`` has the estimate's unit; ``None`` = default."""

    tolerance: float | None = None
    confidence_level: float = 0.95
    correction: Correction = "max_t"
    strict_pass: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseSource:
    """The tabular form: where the rendered texts lie and which column means what."""

    file: str
    text: str
    group: str
    term: str
    context: tuple[str, ...]
    template: str | None = None
    reference: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    label: str | None = None
    encoding: str = "utf-8"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeSet:
    """A probe set as loaded: templates x groups x terms, or ``cases`` of a table.

    ``sha256`` is the hash of the probe file's bytes (with the case file's, where there is one);
    ``meta`` holds what only people read: authors, reviewers, review date, licence, sources,
    consultation. ``directory`` is where a case file is looked up and is never written to files.
    """

    name: str
    version: str
    language: str
    attribute: str
    sha256: str
    task: Task | None = None
    sampling: Sampling = Sampling()
    reference: tuple[Term, ...] = ()
    placebos: tuple[Term, ...] = ()
    groups: tuple[Group, ...] = ()
    templates: tuple[Template, ...] = ()
    limits: Limits = Limits()
    cases: CaseSource | None = None
    meta: Mapping[str, Any] = field(default_factory=dict)
    directory: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """One rendered text and where it came from.

    Variants with the same ``context`` are compared with one another; ``unit`` is the carrier the
    context belongs to. ``term`` is a term id, or a filler id for ``role='reference'``; ``group`` is
    ``None`` for reference and placebo variants.
    """

    id: str
    text: str
    role: Role
    context: str
    unit: str
    term: str
    group: str | None = None
    valence: Valence | None = None
    use: str | None = None
    gold: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """One present (context, term) cell and its reference: ids of the variants on each side."""

    unit: str
    context: str
    role: Role
    group: str | None
    term: str
    counterfactual: tuple[str, ...]
    reference: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NotTested:
    """Something left out, and why. It is printed, never dropped."""

    what: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunWarning:
    """A caveat a reader must see: a stable code, a sentence, and where it arose."""

    code: str
    message: str
    where: str | None = None


# --- what is answered -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One text to classify; ``id`` is the variant's and seeds its draws."""

    id: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """What the classifier answered for one variant.

    Parameters
    ----------
    id : str
        The variant's id.
    probabilities : mapping of str to float, optional
        Mass of each label, in [0, 1], *not* renormalised: they sum to 1 - ``unparsed`` -
        ``unresolved``. ``None`` for sampled labels and pure scores.
    unparsed : float, optional
        Mass (exact) or share of samples (sampled) that is no label, in [0, 1].
    unresolved : float
        Mass that could still belong to any label (exact scoring stopped at eps), in [0, 1].
    samples : tuple of (str or None)
        Repeated labels; ``None`` marks an output that is no label. In exact runs these are seeded
        draws from ``probabilities``, for people to read; they carry no further evidence.
    score : float, optional
        The raw score of a score target, in the score's own unit.
    raw : tuple of str
        Outputs as given, shortened, where they could not be parsed or say more than the label.
    """

    id: str
    probabilities: Mapping[str, float] | None = None
    unparsed: float | None = None
    unresolved: float = 0.0
    samples: tuple[str | None, ...] = ()
    score: float | None = None
    raw: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassifierOptions:
    """Everything ``audit run`` passes to a target. ``None`` means: the target's default."""

    scoring: Literal["auto", "exact", "sampled"] = "auto"
    sampling: Sampling = Sampling()
    revision: str | None = None
    dtype: str | None = None
    device: str = "auto"
    adapter: str | None = None
    batch_size: int | None = None
    threads: int | None = None
    allow_pickle: bool = False
    trust_remote_code: bool = False
    label_map: Mapping[str, str] = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=dict)
    score_range: tuple[float, float] | None = None
    base_url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassifierInfo:
    """Who answered: identity for the record, and what the numbers are.

    ``model`` is the spec without any path of the machine; ``fingerprint`` a hash of what was
    loaded (weights, function source, file) so that two runs can be told apart; ``prompt_sha256``
    the hash of the prompt template, where there is one; ``notes`` are sentences for the report.
    """

    model: str
    scoring: Scoring
    revision: str | None = None
    fingerprint: str | None = None
    prompt_sha256: str | None = None
    demonstration: bool = False
    score_range: tuple[float, float] | None = None
    versions: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSpec:
    """Everything that determines a run; its hash is what ``--resume`` compares."""

    model: str
    revision: str | None
    fingerprint: str | None
    probe_set: str
    probe_sha256: str
    task: Task | None
    prompt_sha256: str | None
    repeats: int
    temperature: float | None
    shot_orders: int
    scoring: Scoring
    seed: int
    limit: int | None
    quick: bool
    versions: Mapping[str, str]
    settings: Mapping[str, Any]


# --- what is concluded ----------------------------------------------------------------------


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
    unresolved mass placed least and most unfavourably for the group.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class OverrideRule:
    """Which predictions about a group a person must be able to change, and what that leaves.

    ``threshold``: predictions with confidence below it are routed (1.0 = all unfavourable ones).
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
