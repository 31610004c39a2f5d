"""Error rates and AUCs of a run whose texts carry gold labels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from audit.statistics.families import Family, Run
from audit.statistics.gold import accuracy, error_rates, group_auc
from audit.statistics.pairs import number

Record = dict[str, Any]


def gold_table(run: Run, groups: Family, positive: Sequence[str] = ()) -> Record | None:
    """Compare the mistakes made about each group.

    Parameters
    ----------
    run : Run
        The run.
    groups : Family
        Its groups.
    positive : sequence of str
        Gold labels that mean the unfavourable outcome; default: the outcome's unfavourable labels.

    Returns
    -------
    dict or None
        ``None`` without gold labels. ``positive``, ``n_texts`` (with a gold label and an answer),
        ``n_positive``, ``overall`` (error rates, accuracy), ``fped`` and ``fned`` (summed absolute
        differences of the groups' false positive and false negative rates from the overall ones)
        and ``groups``: ``group``, ``n_texts``, ``false_positive_rate``, ``false_negative_rate``,
        ``accuracy`` with its interval over templates, ``subgroup_auc``, ``bpsn_auc`` and
        ``bnsp_auc``. ``None`` where a group has no such texts, or where a score has no threshold.

    Notes
    -----
    A text counts as called unfavourable from P(unfavourable) = 1/2 on. AUCs use the outcome,
    turned so that more is worse. A repeated text counts once for each time it stands in the set.
    """
    bad = frozenset(positive or run.outcome.unfavourable)
    variants = run.table.variants
    value = run.answers.value if run.outcome.favourable_end == "low" else 1 - run.answers.value
    known = [
        index
        for index, variant in enumerate(variants)
        if variant.gold is not None and np.isfinite(value[index]) and variant.role != "placebo"
    ]
    if not known or not bad:
        return None
    chosen = [variants[index] for index in known]
    score = value[known]
    right = np.array([variant.gold in bad for variant in chosen])
    members = np.array(
        [[variant.group == subject.id for variant in chosen] for subject in groups.subjects]
    ).reshape(len(groups.subjects), len(chosen))
    calls = score > 0.5 if run.outcome.unit == "probability" else None
    units = [variant.unit for variant in chosen]
    found: Record = {
        "positive": sorted(bad),
        "n_texts": len(chosen),
        "n_positive": int(right.sum()),
        "overall": {"false_positive_rate": None, "false_negative_rate": None},
        "fped": None,
        "fned": None,
        "groups": [_aucs(right, score, mask, subject.id)
                   for mask, subject in zip(members, groups.subjects, strict=True)],
    }  # fmt: skip
    if calls is not None:
        rates = error_rates(right, calls, members)
        found["overall"] = {
            "false_positive_rate": number(rates.overall_false_positive),
            "false_negative_rate": number(rates.overall_false_negative),
        }
        found["fped"], found["fned"] = number(rates.fped), number(rates.fned)
        level = run.limits.confidence_level
        for index, (row, mask) in enumerate(zip(found["groups"], members, strict=True)):
            row["false_positive_rate"] = number(float(rates.false_positive[index]))
            row["false_negative_rate"] = number(float(rates.false_negative[index]))
            own = [unit for unit, inside in zip(units, mask, strict=True) if inside]
            if own:
                share = accuracy((calls == right)[mask], own, confidence_level=level)
                row["accuracy"] = {
                    "estimate": number(share.estimate),
                    "low": number(share.low),
                    "high": number(share.high),
                    "method": share.method,
                }
    return found


def _aucs(right: Any, score: Any, mask: Any, group: str) -> Record:
    """Return one group's row with its AUCs."""
    found = group_auc(right, score, mask)
    return {
        "group": group,
        "n_texts": int(mask.sum()),
        "false_positive_rate": None,
        "false_negative_rate": None,
        "accuracy": None,
        "subgroup_auc": number(found.subgroup),
        "bpsn_auc": number(found.bpsn),
        "bnsp_auc": number(found.bnsp),
    }
