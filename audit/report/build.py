"""From results and evidence to the report model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from audit.report.inert import inert
from audit.report.message import Sentence, Tongue
from audit.report.model import Evidence
from audit.report.report import Report
from audit.report.results import read_results
from audit.report.sections import behaviour, closing, gaps, opening
from audit.report.sections.evidence_map import evidence_map, map_entries
from audit.report.sections.examples import examples
from audit.report.sections.material import LABEL_LIMIT, Material
from audit.report.sections.overrides import overrides
from audit.report.sections.rows import blocks
from audit.report.wording import finding as words
from audit.report.wording import opening as opening_words
from audit.report.wording.verdicts import CLOSING


def build_report(results: Mapping[str, Any], evidence: Evidence) -> Report:
    """Build the report model of one run.

    Parameters
    ----------
    results : mapping
        The object of ``results.json``, schema version 1.
    evidence : Evidence
        What the run log adds: pairs with their texts, the prompt, notes.

    Returns
    -------
    Report
        Fifteen sections of sentences and rows in no particular language; the same input gives an
        equal report.

    Raises
    ------
    ResultsError
        If ``results`` is of a newer schema, or is no valid results object.
    """
    material = Material(read_results(results), evidence)
    data = material.results
    tongue = _tag(data.probe.language)
    report = Report(
        run_id=inert(data.run_id, limit=80),
        day=inert(data.started, limit=40),
        model=inert(data.spec.model, limit=LABEL_LIMIT),
        probe_set=inert(f"{data.probe.name} {data.probe.version}".strip(), limit=LABEL_LIMIT),
        verdict=data.verdict,
        confidence_level=data.limits.confidence_level,
        probe_language=tongue,
        scale=material.scale,
        outcome_name=material.outcome.name,
        ends=(material.outcome.end("better"), material.outcome.end("worse")),
        banners=_banners(material),
        identity=opening.identity(material, Tongue(tongue)),
        finding=opening.finding(material),
        decision=opening.decision(material),
        tested=opening.tested(material),
        groups=gaps.groups(material, blocks(material)),
        wording=gaps.wording(material),
        flips=behaviour.flips(material),
        steadiness=behaviour.steadiness(material),
        examples=examples(material),
        overrides=overrides(material),
        since=closing.since(material),
        not_tested=closing.not_tested(material),
        consulted=closing.consulted(material),
        method=closing.method(material),
        evidence_map=evidence_map((), day=data.started, heads={}),
        closing=CLOSING,
    )
    heads = {head.anchor: head for head in report.heads}
    return replace(report, evidence_map=evidence_map(map_entries(), day=data.started, heads=heads))


def _banners(material: Material) -> tuple[Sentence, ...]:
    """Return what stands above everything: demonstration first, then what limits the run."""
    data = material.results
    first = (words.DEMONSTRATION,) if material.evidence.demonstration else ()
    changed = (opening_words.LIMITS_CHANGED,) if data.limits.changed_after_run else ()
    return (
        *first,
        *changed,
        *words.banner(data.status, quick=data.spec.quick, limit=data.spec.limit),
    )


def _tag(language: str) -> str:
    """Return a language tag that is valid in an attribute; ``und`` where it is none."""
    clean = language.strip()
    parts = clean.replace("_", "-").split("-")
    valid = all(part.isascii() and part.isalnum() and len(part) <= 8 for part in parts)
    return "-".join(parts) if clean and valid else "und"
