"""What several prompts of one run come to: rows for the results, and what a reader must know."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from audit.pipeline.shots import FEW_PROMPTS
from audit.records import RunWarning
from audit.runlog import RunLog
from audit.statistics import GapSummary


def shot_order_rows(log: RunLog, summary: GapSummary) -> list[dict[str, Any]]:
    """Return every prompt of a run with its examples and the gaps under it; none for one prompt."""
    if summary.shots is None or len(summary.shots.rows) < 2:
        return []
    prompts = log.header["shot_orders"]
    return [{**prompt, **row} for prompt, row in zip(prompts, summary.shots.rows, strict=True)]


def sensitivity(summary: GapSummary) -> dict[str, Sequence[Mapping[str, Any]]]:
    """Return the table ``shot_sensitivity`` where there are several prompts."""
    found = summary.shots.groups if summary.shots is not None else ()
    return {"shot_sensitivity": found} if found else {}


def prompt_warnings(summary: GapSummary) -> list[RunWarning]:
    """Say where other examples would change what the gaps look like, and where they were few."""
    if summary.shots is None or not summary.shots.groups:
        return []
    said = []
    limit = summary.outcome.tolerance(summary.limits)
    count = len(summary.shots.rows)
    torn = [
        str(row["group"])
        for row in summary.shots.groups
        if row["lowest"] is not None
        and any(_inside(row["lowest"], row["highest"], edge) for edge in (-limit, limit))
    ]
    if torn:
        message = (
            f"The gap of {len(torn)} groups lies within the limit under some of the {count} "
            "prompts and beyond it under others. Verdicts are about the first prompt."
        )
        said.append(RunWarning(code="prompts_disagree", message=message, where=", ".join(torn)))
    if count < FEW_PROMPTS:
        message = f"{count} prompts say little about others; at least {FEW_PROMPTS} are advised."
        said.append(RunWarning(code="few_prompts", message=message))
    return said


def _inside(low: float, high: float, edge: float) -> bool:
    return low < edge < high
