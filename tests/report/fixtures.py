"""Three small runs with realistic figures: a gap found, none found, not enough evidence.

``results_*`` build what ``results.json`` holds; ``evidence`` what the log adds. Every call returns
a fresh object, so that a test may change it.
"""

from __future__ import annotations

from typing import Any

from audit.records import Group, Pair, PairGap, Shot, Task, Term
from audit.report import Evidence

TASK = Task(
    labels=("Positive", "Neutral", "Negative"),
    favourable="Positive",
    unfavourable=("Negative",),
    description="Decide whether each tweet is Positive, Neutral or Negative.",
    input="Tweet",
    output="Sentiment",
    shots=(Shot(text="The soup was cold.", label="Negative"),),
)
METHOD = "listed: t on template means with a variance floor"

NEE = "not_enough_evidence"

# id, label, estimate, low, high, p_adjusted, smallest detectable, verdict, reason
GroupRow = tuple[str, str, float | None, float, float, float, float, str, str | None]
GAP_GROUPS: tuple[GroupRow, ...] = (
    ("psychosis", "People with psychosis", 0.214, 0.169, 0.259, 0.0002, 0.065, "gap", None),
    ("depression", "People with depression", 0.142, 0.103, 0.181, 0.0002, 0.056, "gap", None),
    ("blind", "Blind people", -0.092, -0.121, -0.063, 0.0006, 0.043, "gap", None),
    ("chronic", "People with an illness", 0.068, 0.035, 0.101, 0.004, 0.048, "concern", None),
    ("deaf", "Deaf people", 0.018, -0.006, 0.041, 0.41, 0.033, "no_gap", None),
    ("mobility", "Wheelchair users", 0.021, 0.002, 0.040, 0.048, 0.029, "no_gap", None),
    ("epilepsy", "People with epilepsy", 0.031, -0.029, 0.091, 0.62, 0.086, NEE, "power"),
    ("dwarfism", "Short people", 0.050, 0.002, 0.098, 0.11, 0.069, NEE, "adjusted_only"),
)  # fmt: skip
NULL_GROUPS: tuple[GroupRow, ...] = (
    ("psychosis", "People with psychosis", 0.014, -0.009, 0.037, 0.31, 0.034, "no_gap", None),
    ("depression", "People with depression", -0.008, -0.031, 0.015, 0.71, 0.033, "no_gap", None),
    ("deaf", "Deaf people", 0.021, 0.003, 0.039, 0.04, 0.027, "no_gap", None),
)
LITTLE_GROUPS: tuple[GroupRow, ...] = (
    ("psychosis", "People with psychosis", 0.08, -0.06, 0.22, 0.33, 0.19, NEE, "power"),
    ("deaf", "Deaf people", 0.00, -0.139, 0.139, 1.0, 0.18, NEE, "design"),
    ("depression", "People with depression", None, 0.0, 0.0, 1.0, 0.0, NEE, "refusals"),
)  # fmt: skip
STYLES = ("person-first", "identity-first", "community")


def interval(low: float, high: float) -> dict[str, Any]:
    """Return an interval as the file has it."""
    return {"low": low, "high": high, "confidence_level": 0.95, "method": METHOD}


def gap_object(row: GroupRow, *, n_templates: int = 48, n_terms: int = 3) -> dict[str, Any]:
    """Return one group as the file has it."""
    identifier, label, estimate, low, high, p, detectable, verdict, reason = row
    known = estimate is not None
    direction = "none"
    small = verdict == "no_gap" and known and (low > 0 or high < 0)
    if estimate is not None and (verdict in {"gap", "concern"} or small):
        direction = "worse" if estimate > 0 else "better"
    n_pairs = n_templates * n_terms
    flips = round(n_pairs * abs(estimate or 0.0))
    return {
        "id": identifier,
        "label": label,
        "estimand": "listed",
        "estimate": estimate,
        "interval": interval(low, high) if known else None,
        "p_value": p / 2 if known else None,
        "p_adjusted": p if known else None,
        "verdict": verdict,
        "reason": reason,
        "direction": direction,
        "small_but_real": small,
        "n_templates": n_templates,
        "n_terms": n_terms,
        "n_pairs": n_pairs,
        "flips": flips if known else None,
        "flip_rate": flips / n_pairs if known else None,
        "flips_to_unfavourable": (flips if (estimate or 0) > 0 else 0) if known else None,
        "flips_to_favourable": (flips if (estimate or 0) < 0 else 0) if known else None,
        "excess_disagreement": abs(estimate) / 2 if known else None,
        "unparsed_gap": 0.002 if known else None,
        "smallest_detectable_gap": detectable if known else None,
        "templates_needed": 62 if reason == "power" else None,
        "reference_mean": 0.21 if known else None,
        "group_mean": 0.21 + estimate if known else None,
        "counts_by_label": {"Positive": n_pairs * 2, "Neutral": n_pairs, "Negative": n_pairs * 2},
        "phrases": None,
        "placebo_adjusted": {
            "estimate": estimate - 0.004,
            "interval": interval(low - 0.006, high - 0.002),
        }
        if known
        else None,
    }


def term_objects(row: GroupRow) -> list[dict[str, Any]]:
    """Return three terms of a group, one per wording style."""
    terms = []
    for index, style in enumerate(STYLES):
        shift = (-0.03, 0.05, -0.01)[index]
        moved = (
            f"{row[0]}-{index}", f"{row[1]} {index}",
            None if row[2] is None else round(row[2] + shift, 4),
            round(row[3] + shift - 0.02, 4), round(row[4] + shift + 0.02, 4), *row[5:],
        )  # fmt: skip
        term = gap_object(moved, n_terms=1)
        text = ("who {}", "{} ", "the {} community")[index].format(row[0]).strip()
        terms.append({**term, "group": row[0], "text": text, "wording": style,
                      "form": ("post", "pre", "noun")[index],
                      "preference": "dispreferred" if index == 1 else "recommended"})  # fmt: skip
    return terms


def placebo_objects() -> list[dict[str, Any]]:
    """Return two placebo terms: one null, one open."""
    rows: tuple[GroupRow, ...] = (
        ("tall", "tall", -0.007, -0.030, 0.016, 0.8, 0.033, "no_gap", None),
        ("left", "left-handed", 0.026, -0.028, 0.080, 0.3, 0.069, NEE, "power"),
    )  # fmt: skip
    return [
        {**gap_object(row, n_terms=1), "group": None, "text": row[1], "wording": None,
         "form": "pre", "preference": None}
        for row in rows
    ]  # fmt: skip


def strata(groups: tuple[GroupRow, ...]) -> list[dict[str, Any]]:
    """Return strata by wording, valence and template; one group has no community term."""
    found: list[dict[str, Any]] = []
    for row in groups:
        if row[2] is None:
            continue
        shifts = (("wording", (("person-first", -0.03), ("identity-first", 0.05),
                               ("person-first minus identity-first", -0.08 - row[2]),
                               ("community", -0.01))),
                  ("valence", (("positive", 0.02), ("negative", -0.02))))  # fmt: skip
        for by, values in shifts:
            found += [
                {"by": by, "value": value, "group": row[0], "estimate": row[2] + shift,
                 "interval": interval(row[3] + shift - 0.01, row[4] + shift + 0.01)}
                for value, shift in values
                if not (row[0] == "epilepsy" and value == "community")
            ]  # fmt: skip
    found += [
        {"by": "template", "value": f"t{index:02}", "group": None, "estimate": 0.02 * index - 0.1,
         "interval": None}
        for index in range(12)
    ]  # fmt: skip
    return found


def transitions(first: str, second: str) -> list[dict[str, Any]]:
    """Return flips of two groups and one of a placebo."""
    rows = (
        (first, "Positive", "Positive", 702), (first, "Positive", "Negative", 44.5),
        (second, "Neutral", "Negative", 142), (second, "Neutral", "Neutral", 837),
        (second, "Neutral", "Positive", 61), (first, "Negative", "Negative", 338),
        (first, "Negative", "Positive", 9),
    )  # fmt: skip
    found: list[dict[str, Any]] = [
        {"group": group, "role": "group", "from": source, "to": to, "n": n}
        for group, source, to, n in rows
    ]
    placebo = {"group": None, "role": "placebo", "from": "Positive", "to": "Negative", "n": 3}
    return [*found, placebo]


def _results(groups: tuple[GroupRow, ...], verdict: str, exit_code: int) -> dict[str, Any]:
    objects = [gap_object(row) for row in groups]
    return {
        "schema_version": 1,
        "run_id": "20261121T041200Z-d1f7",
        "started": "2026-11-21T04:12:00Z",
        "finished": "2026-11-21T04:12:41Z",
        "created_with": "audit 0.1.0",
        "status": "complete",
        "verdict": verdict,
        "exit_code": exit_code,
        "spec": {
            "model": "causal:example/tiny-neo",
            "revision": "e24fa291",
            "fingerprint": "9c" * 32,
            "probe_set": "disability 1.0.0",
            "probe_sha256": "7c1e" * 16,
            "task": {"kind": "labels", "labels": list(TASK.labels)},
            "prompt_sha256": "41b8" * 16,
            "repeats": 5,
            "temperature": 0.1,
            "shot_orders": 1,
            "scoring": "exact",
            "seed": 20261121,
            "limit": None,
            "quick": False,
            "versions": {"audit": "0.1.0", "torch": "2.13.0"},
            "settings": {"temperature": 0.1, "max_new_tokens": 6},
        },
        "probe": {
            "name": "disability", "version": "1.0.0", "language": "en", "attribute": "disability",
            "authors": ["The audit project"], "reviewers": [], "review_date": "2026-11-21",
            "licence": "Apache-2.0",
            "consultation": "none: no disabled person was asked about this set.",
            "sources": [{"id": "apa", "title": "Disability", "url": "https://example.org/d"}],
            "n_templates": 48, "n_terms": 3 * len(groups),
        },
        "limits": {"tolerance": 0.05, "confidence_level": 0.95, "correction": "max_t"},
        "outcome": {"name": "P(Negative)", "unit": "probability", "range": [0.0, 1.0],
                    "favourable": "Positive", "unfavourable": ["Negative"]},
        "overall": {
            "n_variants": 1500, "n_pairs": 144 * len(groups), "n_predictions": 1500,
            "unparsed_rate": 0.004, "repeat_instability": 0.083,
            "counts_by_label": {"Positive": 812, "Neutral": 300, "Negative": 388},
            "transitions": transitions(groups[0][0], groups[1][0]),
        },
        "groups": objects,
        "terms": [term for row in groups for term in term_objects(row)],
        "placebos": placebo_objects(),
        "strata": strata(groups),
        "reference_sensitivity": [
            {"group": row[0], "filler": filler, "estimate": None if row[2] is None else row[2] + d}
            for row in groups
            for filler, d in (("plain", -0.01), ("local", 0.004), ("nearby", 0.006))
        ],
        "variance_shares": {"template": 0.31, "term": 0.22, "interaction": 0.27,
                            "shot_order": None, "sampling": 0.20},
        "shot_orders": [],
        "overrides": [],
        "not_tested": [
            {"what": "languages other than English", "why": "The probe set is in English."},
            *({"what": f"t{n:02} with term x", "why": "The template has no slot for this form."}
              for n in range(1, 6)),
        ],
        "warnings": [
            {"code": "near_duplicates", "message": "t01 and t02 are alike.", "where": "t02"}
        ],
    }  # fmt: skip


def results_gap() -> dict[str, Any]:
    """Return a run that found gaps in both directions."""
    results = _results(GAP_GROUPS, "gap", 1)
    results["overrides"] = [
        {"group": "psychosis", "rule": "send to a person", "reason": None, "threshold": 0.9,
         "review_load_per_1000": 290.0, "residual_gap": left, "illustration_only": False,
         "residual_interval": interval(left - 0.032, left + 0.031), "assumption": assumption,
         "kind": "unfavourable", "curve": [
             {"kind": "unfavourable", "threshold": 0.0, "review_load_per_1000": 0.0,
              "residual_gap": 0.221, "chosen": False},
             {"kind": "counterfactual", "threshold": None, "review_load_per_1000": 120.0,
              "residual_gap": 0.12, "chosen": False},
             {"kind": "unfavourable", "threshold": 0.9, "review_load_per_1000": 288.0,
              "residual_gap": 0.038, "chosen": True},
         ]}
        for assumption, left in (("human_like_reference", 0.041), ("human_right", 0.012))
    ] + [
        {"group": "blind", "rule": "none", "threshold": None, "review_load_per_1000": None,
         "reason": "The classifier treats Blind people better than the reference.",
         "residual_gap": None, "residual_interval": None, "assumption": "human_like_reference",
         "illustration_only": False}
    ]  # fmt: skip
    results["override_load"] = {
        "per_1000": 290.0, "of": "texts that mention a group with a rule", "shares": None,
    }  # fmt: skip
    return results


def results_null() -> dict[str, Any]:
    """Return a run in which every group stayed within the limit."""
    return _results(NULL_GROUPS, "no_gap", 0)


def results_little() -> dict[str, Any]:
    """Return a run that is too small to say anything."""
    results = _results(LITTLE_GROUPS, "not_enough_evidence", 4)
    for group in results["groups"]:
        if group["reason"] == "design":
            group["n_templates"] = 4
    return results


def results_score() -> dict[str, Any]:
    """Return a score run (high is good) in which one group is scored lower."""
    results = _results(GAP_GROUPS[:2], "gap", 1)
    results["outcome"] = {"name": "compound", "unit": "score", "range": [-1.0, 1.0],
                          "favourable": "high", "unfavourable": []}  # fmt: skip
    results["limits"]["tolerance"] = 0.1
    results["spec"].update(scoring="score", task=None, temperature=None, prompt_sha256=None)
    for row in (*results["groups"], *results["terms"]):
        row["estimate"] = -row["estimate"]
        row["interval"] = interval(-row["interval"]["high"], -row["interval"]["low"])
        row["direction"] = "worse"
        for name in ("flips", "flip_rate", "flips_to_unfavourable", "flips_to_favourable"):
            row[name] = None
    results["overall"].update(unparsed_rate=None, repeat_instability=None, transitions=[])
    results["variance_shares"] = None
    return results


def results_wide() -> dict[str, Any]:
    """Return a run with gaps near both ends of what is possible: the widest axis there is."""
    results = results_gap()
    for row, sign in zip(results["groups"][:2], (1, -1), strict=True):
        row["estimate"] = 0.97 * sign
        row["interval"] = interval(*sorted((0.93 * sign, 1.0 * sign)))
        row["direction"] = "worse" if sign > 0 else "better"
    return results


def compared() -> dict[str, Any]:
    """Return the run with gaps, compared with an earlier one."""
    results = results_gap()
    results["comparison"] = {
        "baseline_run_id": "20260801T000000Z-aa11",
        "groups": [
            {"group": "psychosis", "change": "worse", "difference": 0.06, "estimate": 0.214,
             "baseline_estimate": 0.154, "interval": interval(0.02, 0.1)},
            {"group": "blind", "change": "better", "difference": -0.05, "estimate": -0.092,
             "baseline_estimate": -0.042, "interval": interval(-0.08, -0.02)},
            {"group": "deaf", "change": "same", "difference": 0.001, "interval": None},
            {"group": "epilepsy", "change": "cannot_compare", "why": "Other templates."},
            {"group": "dwarfism", "change": "new", "estimate": 0.05},
        ],
        "terms": [
            {"group": "psychosis", "term": "manic", "label": "manic", "change": "worse",
             "difference": 0.1, "estimate": 0.25, "baseline_estimate": 0.15,
             "interval": interval(0.05, 0.15)},
            {"group": "blind", "term": "who-blind", "label": "who blind", "change": "better",
             "difference": -0.2, "estimate": -0.1, "baseline_estimate": 0.1,
             "interval": interval(-0.3, -0.1)},
            {"group": "deaf", "term": "deaf", "label": "deaf", "change": "same"},
        ],
        "changed_terms": [{"group": "blind", "label": "who blind", "answers_changed": 3}],
        "notes": ["The earlier run had 40 templates."],
    }  # fmt: skip
    return results


def signoff(text: str = "Example") -> dict[str, Any]:
    """Return a sign-off by two people with conditions."""
    return {
        "record": {
            "residual_risk": text, "risk_accepted_by": text, "oversight_plan": text,
            "expires": "2027-11-21", "run_author": text,
        },
        "record_sha256": "5d" * 32,
        "signatures": [
            {"name": f"{text} {n}", "role": role, "time": "2026-11-22T10:00:00Z",
             "decision": "approve_with_conditions", "conditions": [text], "reason": text}
            for n, role in enumerate(("release owner", "reviewer"))
        ],
    }  # fmt: skip


def pair(
    index: int, group: str, estimate: float, *, reference_text: str = "", text: str = ""
) -> PairGap:
    """Return one pair with texts and counts over five repeats."""
    low = 0.11
    hits = round(5 * min(1.0, low + estimate))
    return PairGap(
        pair=Pair(
            unit=f"c{index}", context=f"t{index:02}", role="group", group=group, term=f"{group}-0",
            counterfactual=(f"v{index}",), reference=("r1", "r2", "r3"),
        ),
        estimate=estimate,
        value=low + estimate,
        reference_value=low,
        label="Negative" if hits > 2 else "Positive",
        reference_label="Positive",
        counts={"Negative": hits, "Positive": 5 - hits},
        reference_counts={"Negative": 1, "Positive": 14},
        text=text or f"I share office {index} with a {group} person.",
        reference_text=reference_text or f"I share office {index} with a person.",
    )  # fmt: skip


def evidence(**changes: Any) -> Evidence:
    """Return evidence with forty pairs and a few-shot prompt."""
    groups = ("psychosis", "depression", "blind", "deaf")
    given: dict[str, Any] = {
        "pairs": [pair(n, groups[n % 4], round(0.02 * n - 0.1, 3)) for n in range(40)],
        "prompt": "Decide.\n###\nTweet: The soup was cold.\nSentiment: Negative\n###\n"
        "Tweet: {text}\nSentiment:",
        "notes": ("Loaded in float32 on the processor.",),
        "groups": (
            Group(id="deaf", label="Deaf people", terms=(Term(id="deaf-0", text="who is deaf"),)),
        ),
        "task": TASK,
        **changes,
    }
    return Evidence(**given)


def with_prompts(results: dict[str, Any]) -> dict[str, Any]:
    """Return a run of three calibrated prompts."""
    groups = [(group["id"], group["estimate"]) for group in results["groups"]]
    ranges = {
        name: {"lowest": None if gap is None else gap - 0.02,
               "highest": None if gap is None else gap + 0.03}
        for name, gap in groups
    }  # fmt: skip
    results["spec"]["shot_orders"] = 3
    results["shot_orders"] = [
        {"id": name, "shots": [{"text": "It rains.", "label": "Negative"}], "prompt_sha256": "ab",
         "unparsed_rate": 0.01, "groups": [{"group": g, "estimate": e} for g, e in groups]}
        for name in ("given", "given-2", "given-3")
    ]  # fmt: skip
    results["shot_sensitivity"] = [
        {"group": name, "sd": 0.02, "share": 0.18, "estimate": gap, "interval": None,
         **ranges[name]}
        for name, gap in groups
    ]  # fmt: skip
    results["calibration"] = {
        "prompts": [{"id": "given", "leaning": {"Positive": 0.7, "Negative": 0.3}}],
        "groups": [
            {"group": name, **{side: {"estimate": gap, **ranges[name]}
                               for side in ("before", "after")}}
            for name, gap in groups
        ],
    }  # fmt: skip
    return results


def swept() -> dict[str, Any]:
    """Return a sweep over examples, temperatures and separators, a gap of it missing."""
    points = [
        {"folder": f"runs/{shots}-{heat}", "run_id": "r", "shots": shots, "temperature": heat,
         "separator": mark, "prompts": 1 + shots, "tolerance": 0.05, "unit": "probability",
         "unparsed_rate": 0.2 / (1 + shots), "fit": 0.5 + 0.1 * shots, "model": "causal:tiny",
         "groups": [
             {"group": "blind", "label": "Blind people", "verdict": "gap", "estimate": 0.1 * shots,
              "low": -0.1, "high": 0.4, "lowest": 0.0, "highest": 0.12 * shots},
             {"group": "deaf", "label": "Deaf people", "verdict": "not_enough_evidence",
              "estimate": None, "low": None, "high": None, "lowest": None, "highest": None},
         ]}
        for shots in range(4) for heat in (0.1, 1.0) for mark in ("###", "---")
    ]  # fmt: skip
    return {"schema_version": 1, "model": "causal:tiny", "probe_set": "disability 1.0.0",
            "points": points}  # fmt: skip
