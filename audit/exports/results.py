"""``results.json``: the run in one object that users script against.

Every number is a fraction or the score's own unit, at full precision. A value that does not exist
is ``null``; only times and ids differ between two identical runs.
"""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any

from audit.records import (
    Finding,
    GroupGap,
    Interval,
    Limits,
    NotTested,
    Outcome,
    OverrideRule,
    RunWarning,
    SecondEstimand,
    Term,
)

SCHEMA_VERSION = 1
LIMITS = ("tolerance", "confidence_level", "correction", "estimand", "strict_pass")


def build_results(
    *,
    run: Mapping[str, Any],
    verdict: str | None,
    exit_code: int,
    limits: Limits,
    limits_before: Limits | None = None,
    outcome: Outcome,
    overall: Mapping[str, Any],
    groups: Sequence[Finding],
    terms: Sequence[Finding],
    placebos: Sequence[Finding],
    term_records: Mapping[str, Term],
    strata: Sequence[Mapping[str, Any]],
    reference_sensitivity: Sequence[Mapping[str, Any]],
    variance_shares: Mapping[str, float | None],
    overrides: Sequence[OverrideRule],
    not_tested: Sequence[NotTested],
    warnings: Sequence[RunWarning],
    comparison: Mapping[str, Any] | None = None,
    drivers: Mapping[str, Any] | None = None,
    words: Sequence[Mapping[str, Any]] = (),
    gold: Mapping[str, Any] | None = None,
    rounds: Mapping[str, Any] | None = None,
    override_load: Mapping[str, Any] | None = None,
    shot_orders: Sequence[Mapping[str, Any]] = (),
    calibration: Mapping[str, Any] | None = None,
    tables: Mapping[str, Sequence[Mapping[str, Any]]] | None = None,
) -> dict[str, Any]:
    """Put one run's conclusions into the published object.

    Parameters
    ----------
    run : mapping
        ``run_id``, ``started``, ``finished``, ``status``, ``spec``, ``probe`` and
        ``created_with``, as the run log holds them; ``author`` and ``limits_sha256`` where known.
    limits, limits_before : Limits
        Those in use, and those fixed before the run, where they may differ.
    term_records : mapping of str to Term
        Terms and placebos by id, for wording, form, preference and text.
    comparison : mapping, optional
        The difference to an earlier run; left out where there is none.
    words : sequence of mapping
        Terms tested as words that mention nobody; left out where there are none.
    drivers, gold, rounds : mapping, optional
        What the gaps hang on, the mistakes against gold labels, and the rounds of a sequential
        run; left out where there is none.
    override_load : mapping, optional
        The review load of all rules together; left out where there is no rule.
    shot_orders : sequence of mapping
        Every prompt with its examples and the gaps under it, the run's first prompt first.
    calibration : mapping, optional
        Gaps before and after contextual calibration; left out where none was asked for.
    tables : mapping of str to rows, optional
        Further tables by name, outside the verdicts: ``dispersion``, ``secondary``,
        ``intersections``, ``literature`` and ``shot_sensitivity``.

    Returns
    -------
    dict
        JSON values only; NaN and infinities became ``None``, each with a warning that names it.
    """
    results = {
        "schema_version": SCHEMA_VERSION,
        **{key: run[key] for key in ("run_id", "started", "finished", "status", "created_with")},
        "author": run.get("author"),
        "verdict": verdict if run["status"] in {"complete", "partial"} else None,
        "exit_code": exit_code,
        "spec": run["spec"],
        "probe": run["probe"],
        "limits": _limits(limits, limits_before or limits, run.get("limits_sha256")),
        "outcome": {
            "name": outcome.name,
            "unit": outcome.unit,
            "range": list(outcome.range),
            "favourable": outcome.favourable or outcome.favourable_end,
            "unfavourable": list(outcome.unfavourable),
        },
        "overall": dict(overall),
        "groups": [_gap(finding) for finding in groups],
        "terms": [_term(finding, term_records) for finding in terms],
        "placebos": [_term(finding, term_records) for finding in placebos],
        "strata": [dict(row) for row in strata],
        "reference_sensitivity": [dict(row) for row in reference_sensitivity],
        "variance_shares": dict(variance_shares),
        "shot_orders": [dict(row) for row in shot_orders],
        "overrides": [_override(rule) for rule in overrides],
        "not_tested": [{"what": item.what, "why": item.why} for item in not_tested],
        "warnings": [{"code": w.code, "message": w.message, "where": w.where} for w in warnings],
    }
    optional = {
        "comparison": comparison,
        "drivers": drivers,
        "gold": gold,
        "rounds": rounds,
        "override_load": override_load,
        "calibration": calibration,
    }
    for name, rows in (tables or {}).items():
        results[name] = [dict(row) for row in rows]
    for name, more in optional.items():
        if more is not None:
            results[name] = dict(more)
    if words:
        results["words"] = [dict(row) for row in words]
    return _without_nan(results)


def _limits(limits: Limits, before: Limits, sha256: str | None) -> dict[str, Any]:
    """Return the limits in use, and whether they are those fixed before the run."""
    now, then = ({name: getattr(each, name) for name in LIMITS} for each in (limits, before))
    changed = now != then
    return {
        **now,
        "fixed_before_run_sha256": sha256,
        "changed_after_run": changed,
        **({"before": then} if changed else {}),
    }


def interval_object(interval: Interval | None) -> dict[str, Any] | None:
    """Return an interval as JSON, or ``None``."""
    if interval is None:
        return None
    return {
        "low": interval.low,
        "high": interval.high,
        "confidence_level": interval.confidence_level,
        "method": interval.method,
    }


def _second(other: SecondEstimand | None) -> dict[str, Any] | None:
    if other is None:
        return None
    return {
        "estimate": other.estimate,
        "interval": interval_object(other.interval),
        "p_value": other.p_value,
        "p_adjusted": other.p_adjusted,
        "verdict": other.verdict,
        "note": other.note,
    }


_PLAIN = (
    "id", "label", "estimand", "estimate", "p_value", "p_adjusted", "n_templates", "n_terms",
    "n_pairs", "flips", "flip_rate", "flips_to_unfavourable", "flips_to_favourable",
    "excess_disagreement", "unparsed_gap", "smallest_detectable_gap", "templates_needed",
    "reference_mean", "group_mean",
)  # fmt: skip


def _gap(finding: Finding) -> dict[str, Any]:
    gap: GroupGap = finding.gap
    adjusted = gap.placebo_adjusted
    return {
        **{name: getattr(gap, name) for name in _PLAIN},
        "interval": interval_object(gap.interval),
        "verdict": finding.verdict,
        "reason": finding.reason,
        "direction": finding.direction,
        "small_but_real": finding.small_but_real,
        "counts_by_label": dict(gap.counts_by_label),
        "phrases": _second(gap.phrases),
        "placebo_adjusted": None
        if adjusted is None
        else {"estimate": adjusted.estimate, "interval": interval_object(adjusted.interval)},
    }


def _term(finding: Finding, terms: Mapping[str, Term]) -> dict[str, Any]:
    term = terms.get(finding.gap.id)
    return {
        **_gap(finding),
        "group": finding.gap.group,
        "text": term.text if term else finding.gap.label,
        "wording": term.wording if term else None,
        "form": term.form if term else None,
        "preference": term.preference if term else None,
        **({"justification": term.justification} if term and term.justification else {}),
    }


def _override(rule: OverrideRule) -> dict[str, Any]:
    return {
        "group": rule.group,
        "rule": rule.rule,
        "reason": rule.reason,
        "threshold": rule.threshold,
        "review_load_per_1000": rule.review_load_per_1000,
        "residual_gap": rule.residual_gap,
        "residual_interval": interval_object(rule.residual_interval),
        "assumption": rule.assumption,
        "illustration_only": rule.illustration_only,
        "kind": rule.kind,
        "curve": [dataclasses.asdict(point) for point in rule.curve],
    }


def _without_nan(results: dict[str, Any]) -> dict[str, Any]:
    """Replace NaN and infinities by ``None`` and say where they stood."""
    places: list[str] = []
    clean: dict[str, Any] = _scrub(results, "", places)
    clean["warnings"] += [
        {"code": "not_a_number", "message": "A value could not be computed.", "where": place}
        for place in places
    ]
    return clean


def _scrub(value: Any, place: str, places: list[str]) -> Any:
    if isinstance(value, dict):
        return {key: _scrub(item, f"{place}/{key}", places) for key, item in value.items()}
    if isinstance(value, list):
        return [_scrub(item, f"{place}/{i}", places) for i, item in enumerate(value)]
    if isinstance(value, float) and not math.isfinite(value):
        places.append(place)
        return None
    return value


def results_schema() -> dict[str, Any]:
    """Return the JSON Schema of ``results.json`` that ships with the package."""
    text = files("audit.exports").joinpath("results.schema.json").read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema
