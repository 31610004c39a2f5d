"""What is answered: requests, predictions, and everything that determines a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from audit.records.questions import Sampling, Task

Scoring = Literal["exact", "sampled", "score"]
Status = Literal["complete", "partial", "interrupted", "failed"]


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
class RemoteOptions:
    """How a target behind a network is asked.

    Parameters
    ----------
    base_url : str, optional
        Where the service is, for schemes that serve several.
    concurrency : int
        Most requests at once.
    requests_per_minute, tokens_per_minute : float, optional
        Rate limits; ``None`` waits only when the service asks for it.
    max_requests : int, optional
        Most requests, retries included; the run then stops and can be resumed.
    max_cost : float, optional
        Most money, in the unit of ``prices``.
    prices : tuple of (float, float), optional
        Price of a million tokens read and of a million written.
    timeout : float
        Seconds to wait for an answer.
    cache : str, optional
        File of answers already given.
    allow_insecure : bool
        Whether unencrypted ``http://`` to another machine is allowed.
    system : str, optional
        System prompt of a chat.
    endpoint : {'auto', 'completions', 'chat', 'classification'}
        Which of its interfaces a service is asked by.
    system_role : str
        Who speaks the system prompt.
    chat_layout : {'prompt', 'turns'}
        The whole few-shot prompt as one message, or each shot as a question and its answer.
    top_logprobs : int, optional
        How many log probabilities are asked for; ``None`` tries what services commonly allow.
    provider : str
        Which provider Hugging Face Inference sends a request to.
    category : str, optional
        Category whose score a moderation service is asked for; ``None`` takes the highest.
    """

    base_url: str | None = None
    concurrency: int = 4
    requests_per_minute: float | None = None
    tokens_per_minute: float | None = None
    max_requests: int | None = None
    max_cost: float | None = None
    prices: tuple[float, float] | None = None
    timeout: float = 60.0
    cache: str | None = None
    allow_insecure: bool = False
    system: str | None = None
    endpoint: Literal["auto", "completions", "chat", "classification"] = "auto"
    system_role: str = "system"
    chat_layout: Literal["prompt", "turns"] = "prompt"
    top_logprobs: int | None = None
    provider: str = "auto"
    category: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassifierOptions:
    """Everything ``audit run`` passes to a target. ``None`` means: the target's default."""

    scoring: Literal["auto", "exact", "sampled"] = "auto"
    sampling: Sampling = field(default_factory=Sampling)
    revision: str | None = None
    dtype: str | None = None
    device: str = "auto"
    device_map: str | None = None
    quantize: Literal["8bit"] | None = None
    adapter: str | None = None
    batch_size: int | None = None
    threads: int | None = None
    allow_pickle: bool = False
    trust_remote_code: bool = False
    label_map: Mapping[str, str] = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=dict)
    system: str | None = None
    score_range: tuple[float, float] | None = None
    remote: RemoteOptions = field(default_factory=RemoteOptions)


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
    """Everything that determines a run; its hash is what ``--resume`` compares.

    ``shot_orders`` counts the prompts; ``shot_design`` says how their examples were chosen, with a
    hash of them. ``options`` are those of the target's options that ``settings`` do not hold.
    """

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
    rounds: int | None = None
    include_slurs: bool = False
    shot_design: Mapping[str, Any] | None = None
    calibrate: bool = False
    options: Mapping[str, Any] = field(default_factory=dict)
