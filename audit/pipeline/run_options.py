"""What a caller may set about a run, besides the probe set and the model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from audit.engines import LocalEngine
from audit.pipeline.shards import Shard
from audit.pipeline.shots import ShotOptions
from audit.protocols import Engine
from audit.records import ClassifierOptions


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """What a caller may set besides the probe set and the model.

    ``sampling`` and ``limits`` override single fields of the probe set's. ``engine`` runs the
    requests; ``allow_partial`` draws conclusions from a run that failed on the way; ``author`` is
    who makes the run, and may not sign it. ``redact_text`` keeps hashes instead of texts (``None``:
    where the set or the target declares personal data). ``rounds`` is 3 or 5 to judge the run in
    sequential rounds and to ask no more about a group once it is decided. ``traffic`` is
    the share of all texts that mention each group, for the total review load.
    ``include_slurs`` asks about slurs too; they decide nothing and are masked where people read.
    ``shots`` says which examples the prompt shows, and which other prompts the same sentences are
    asked in; verdicts are about the first. ``calibrate`` asks every prompt about texts without
    content too, to show the gaps after contextual calibration beside those before.
    ``notice`` is told, in a sentence, what happens on the way, like a halved batch.
    ``time_limit`` (seconds) and ``max_memory`` (bytes of this process) stop a run, resumably.
    ``shard`` is the part of the run to ask, for :func:`audit.pipeline.run_shard`.
    """

    classifier: ClassifierOptions = field(default_factory=ClassifierOptions)
    sampling: Mapping[str, Any] = field(default_factory=dict)
    limits: Mapping[str, Any] = field(default_factory=dict)
    limit: int | None = None
    quick: bool = False
    include_slurs: bool = False
    shots: ShotOptions = field(default_factory=ShotOptions)
    calibrate: bool = False
    rounds: int | None = None
    shard: Shard | None = None
    allow_partial: bool = False
    fail_on_concern: bool = False
    author: str | None = None
    redact_text: bool | None = None
    traffic: Mapping[str, float] = field(default_factory=dict)
    time_limit: float | None = None
    max_memory: int | None = None
    notice: Callable[[str], None] | None = None
    engine: Engine = field(default_factory=LocalEngine)
