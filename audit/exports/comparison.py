"""The ``comparison`` object of ``results.json``: how each gap differs from an earlier run's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from audit.exports.results import interval_object
from audit.records import GroupChange, Limits, Verdict


def build_comparison(
    *,
    earlier: Mapping[str, Any],
    verdict: Verdict,
    exit_code: int,
    limits: Limits,
    differs: Sequence[Mapping[str, Any]],
    notes: Sequence[str],
    groups: Sequence[GroupChange],
    terms: Sequence[GroupChange],
    placebos: Sequence[GroupChange],
    references_changed: int | None,
) -> dict[str, Any]:
    """Put a comparison into its published form.

    Parameters
    ----------
    earlier : mapping
        ``run_id``, ``finished``, ``model`` and ``log_sha256`` of the earlier run.
    verdict, exit_code : str, int
        Of the differences: ``gap`` only where a gap grew by more than the limit.
    differs : sequence of mapping
        ``what``, ``baseline`` and ``current``, for everything that is not the same in both runs.
    groups, terms, placebos : sequence of GroupChange
        The judged differences.
    references_changed : int or None
        Reference sentences answered differently; ``None`` where answers are drawn, so that
        another answer means nothing.

    Returns
    -------
    dict
        JSON values only. ``changed_terms`` names the terms with another answer, and is ``None``
        where answers are drawn.
    """
    drawn = references_changed is None
    return {
        "baseline_run_id": earlier["run_id"],
        "baseline_date": earlier["finished"],
        "baseline_model": earlier["model"],
        "baseline_log_sha256": earlier["log_sha256"],
        "verdict": verdict,
        "exit_code": exit_code,
        "tolerance": limits.tolerance,
        "confidence_level": limits.confidence_level,
        "differs": [dict(item) for item in differs],
        "notes": list(notes),
        "groups": [{"group": row.id, **_row(row)} for row in groups],
        "terms": [{"group": row.group, "term": row.id, **_row(row)} for row in terms],
        "placebos": [{"term": row.id, **_row(row)} for row in placebos],
        "changed_terms": None if drawn else _changed((*terms, *placebos)),
        "references_changed": references_changed,
    }


def _row(row: GroupChange) -> dict[str, Any]:
    difference, finding = row.difference, row.finding
    gap = difference.gap if difference is not None else None
    return {
        "label": row.label,
        "change": row.change,
        "verdict": row.verdict,
        "reason": finding.reason if finding else None,
        "direction": finding.direction if finding else "none",
        "difference": gap.estimate if gap else None,
        "interval": interval_object(gap.interval if gap else None),
        "p_value": gap.p_value if gap else None,
        "p_adjusted": gap.p_adjusted if gap else None,
        "baseline_estimate": difference.earlier if difference else None,
        "estimate": difference.later if difference else None,
        "n_templates": gap.n_templates if gap else 0,
        "n_pairs": gap.n_pairs if gap else 0,
        "answers_changed": difference.answers_changed if difference else None,
        "smallest_detectable_difference": gap.smallest_detectable_gap if gap else None,
        "why": row.why,
    }


def _changed(terms: Sequence[GroupChange]) -> list[dict[str, Any]]:
    """Name the terms with at least one sentence that is answered differently."""
    return [
        {
            "group": row.group,
            "term": row.id,
            "label": row.label,
            "answers_changed": row.difference.answers_changed,
        }
        for row in terms
        if row.difference is not None and row.difference.answers_changed
    ]
