"""What a probe set holds, in numbers, and what it could show."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from audit.pipeline.plan import AuditPlan, plan_expansion
from audit.probes import Expansion, expand, load_probe_set
from audit.records import Group, ProbeSet, Template, Term

Record = dict[str, Any]


def describe_probe_set(source: str | Path) -> Record:
    """Count a probe set.

    Parameters
    ----------
    source : str or Path
        A file, or the name of a shipped set.

    Returns
    -------
    dict
        JSON values: who made the set, its carriers by valence and use, its controls, and for each
        group its terms by wording, preference and form, its sentences, and the smallest gap it
        would show with probability 80% (a fraction; the priors of `audit plan`).

    Raises
    ------
    ProbeError, ConfigError
        If the set cannot be used.
    """
    probe_set = load_probe_set(source)
    expansion = expand(probe_set)
    meta = probe_set.meta
    planned = plan_expansion(probe_set, expansion)
    return {
        "schema_version": 1,
        "name": probe_set.name,
        "version": probe_set.version,
        "language": probe_set.language,
        "attribute": probe_set.attribute,
        "sha256": probe_set.sha256,
        "authors": meta.get("authors", []),
        "reviewers": meta.get("reviewers", []),
        "review_date": meta.get("review_date"),
        "consultation": meta.get("consultation"),
        "licence": meta.get("licence"),
        "n_sources": len(meta["sources"]),
        "n_sentences": len(expansion.variants),
        "templates": _templates(probe_set, expansion),
        "n_fillers": len(probe_set.reference),
        "n_placebos": len(probe_set.placebos),
        "groups": [_group(group, expansion, planned) for group in expansion.groups],
        "not_tested": [f"{left.what}: {left.why}" for left in expansion.not_tested],
    }


def _templates(probe_set: ProbeSet, expansion: Expansion) -> Record:
    """Count templates and carriers; a table has contexts and units."""
    if probe_set.cases is not None:
        contexts = {variant.context: variant.unit for variant in expansion.variants}
        return {"n": len(contexts), "n_carriers": len(set(contexts.values()))}
    carriers: dict[str, Template] = {}
    for template in probe_set.templates:
        carriers.setdefault(template.carrier, template)
    return {
        "n": len(probe_set.templates),
        "n_carriers": len(carriers),
        "by_valence": _counts(template.valence for template in carriers.values()),
        "by_use": _counts(template.use for template in carriers.values()),
        "with_noun_slot": sum(template.noun is not None for template in probe_set.templates),
        "plural": sum(template.number == "plural" for template in probe_set.templates),
    }


def _group(group: Group, expansion: Expansion, planned: AuditPlan) -> Record:
    """Count one group."""
    plans = {item.group.id: item.plan for item in planned.groups}
    smallest = plans[group.id].smallest_detectable_gap if group.id in plans else None
    return {
        "id": group.id,
        "label": group.label,
        "n_terms": len(group.terms),
        **{f"by_{name}": _by(group.terms, name) for name in ("wording", "preference", "form")},
        "n_without_source": sum(not term.source for term in group.terms),
        "n_sentences": sum(variant.group == group.id for variant in expansion.variants),
        "smallest_detectable_gap": smallest,
    }


def _by(terms: Iterable[Term], name: str) -> dict[str, int]:
    """Count terms by one of their labels."""
    return _counts(getattr(term, name) for term in terms)


def _counts(values: Iterable[str | None]) -> dict[str, int]:
    """Count values, the most frequent first; what is not said is ``(none)``."""
    return dict(Counter(value or "(none)" for value in values).most_common())
