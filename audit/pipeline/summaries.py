"""The gaps of a run from its log alone, with the limits fixed before it or changed after it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from audit.errors import RunLogError
from audit.pipeline.header import Header
from audit.probes import masked_variants
from audit.records import Limits, Variant
from audit.runlog import RunLog
from audit.statistics import GapSummary, outcome_of, summarise_gaps
from audit.statistics.shots import FewShot


def summarise_log(log: RunLog, *, limits: Mapping[str, Any] | None = None) -> GapSummary:
    """Compute every gap of a run from its log; ``limits`` changed after it replace single ones."""
    header = Header.of(log.header)
    return summarise_variants(log, header, changed_limits(header.limits, limits), log.variants)


def summarise_variants(
    log: RunLog, header: Header, limits: Limits, variants: Sequence[Variant]
) -> GapSummary:
    """Compute the gaps that some of a run's answered sentences show.

    Raises
    ------
    RunLogError
        If the log's answers are no evidence, such as masses that do not sum to 1.
    """
    try:
        return _summarised(log, header, limits, variants)
    except ValueError as error:
        raise RunLogError(
            f"the log's answers cannot be used: {error}", where=log.path.parent.name
        ) from error


def _summarised(
    log: RunLog, header: Header, limits: Limits, variants: Sequence[Variant]
) -> GapSummary:
    return summarise_gaps(
        tuple(masked_variants(variants, header.asked)),
        log.predictions
        if len(variants) == len(log.predictions)
        else {variant.id: log.predictions[variant.id] for variant in variants},
        groups=header.groups,
        placebos=header.placebos,
        outcome=outcome_of(header.task, score_range=header.score_range),
        limits=limits,
        rng=np.random.default_rng(log.header["spec"]["seed"]),
        estimand=limits.estimand,
        labels=header.task.labels if header.task and header.task.labels else None,
        few_shot=few_shot_of(log, variants),
    )


def few_shot_of(log: RunLog, variants: Sequence[Variant]) -> FewShot | None:
    """Return what a run asked in prompts besides its first, of some sentences.

    ``None`` where the log does not say which examples its prompt had.
    """
    prompts = log.header.get("shot_orders")
    if not prompts:
        return None
    asked = {prompt["id"]: log.other_orders.get(prompt["id"], {}) for prompt in prompts[1:]}
    return FewShot(
        first=prompts[0]["id"],
        others={
            name: {v.id: answers[v.id] for v in variants if v.id in answers}
            for name, answers in asked.items()
        },
        content_free=log.content_free,
    )


def changed_limits(fixed: Limits, changed: Mapping[str, Any] | None) -> Limits:
    """Apply limits that were changed after the run."""
    given = {key: value for key, value in (changed or {}).items() if value is not None}
    return dataclasses.replace(fixed, **given)
