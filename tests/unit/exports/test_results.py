"""results.json: valid under its schema, null where nothing was measured, never NaN."""

import json
import math

import pytest
from jsonschema import Draft202012Validator

from audit.exports import build_results, results_schema
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

INTERVAL = Interval(low=0.1, high=0.3, confidence_level=0.95, method="listed")
RUN = {
    "run_id": "r", "started": "s", "finished": "f", "status": "complete", "created_with": "audit 0",
    "spec": {"model": "m", "revision": None, "probe_set": "p 1", "probe_sha256": "0", "task": None,
             "prompt_sha256": None, "repeats": 5, "temperature": 0.1, "shot_orders": 1,
             "scoring": "exact", "seed": 0, "versions": {}},
    "probe": {"name": "p", "version": "1", "language": "en", "attribute": "a", "authors": [],
              "reviewers": [], "sources": []},
}  # fmt: skip
OUTCOME = Outcome(
    name="P(Negative)", unit="probability", range=(0.0, 1.0), favourable="Positive",
    unfavourable=("Negative",), favourable_end="low",
)  # fmt: skip


def finding(**changes):
    fields = {
        "id": "g", "label": "G", "role": "group", "estimate": 0.2, "interval": INTERVAL,
        "n_templates": 48, "n_terms": 5, "n_pairs": 240, **changes,
    }  # fmt: skip
    return Finding(
        gap=GroupGap(**fields), verdict="gap", reason=None, direction="worse", small_but_real=False
    )


def build(**changes):
    fields = {
        "run": RUN, "verdict": "gap", "exit_code": 1, "limits": Limits(tolerance=0.05),
        "outcome": OUTCOME, "groups": [finding()], "terms": [], "placebos": [], "term_records": {},
        "overall": {"n_variants": 1, "n_pairs": 1, "n_predictions": 1, "unparsed_rate": 0.0,
                    "repeat_instability": None, "counts_by_label": {}, "transitions": []},
        "strata": [], "reference_sensitivity": [], "overrides": [], "not_tested": [],
        "warnings": [],
        "variance_shares": dict.fromkeys(
            ("template", "term", "interaction", "shot_order", "sampling")
        ),
        **changes,
    }  # fmt: skip
    results = build_results(**fields)
    Draft202012Validator(results_schema()).validate(results)
    json.dumps(results, allow_nan=False)
    return results


def test_the_schema_is_itself_valid():
    Draft202012Validator.check_schema(results_schema())


def test_a_full_result_is_valid():
    term = Term(id="deaf", text="deaf", form="pre", wording="identity-first")
    second = SecondEstimand(estimate=0.2, interval=INTERVAL, p_adjusted=0.01, verdict="gap")
    results = build(
        groups=[finding(phrases=second, placebo_adjusted=second)],
        terms=[finding(id="deaf", group="g")],
        placebos=[finding(id="tall", role="placebo")],
        term_records={"deaf": term},
        overrides=[
            OverrideRule(
                group="g", rule="mention_unfavourable", reason=None, threshold=1.0,
                review_load_per_1000=80.0, residual_gap=0.0, residual_interval=INTERVAL,
                assumption="human_right",
            )
        ],
        not_tested=[NotTested(what="w", why="y")],
        warnings=[RunWarning(code="c", message="m")],
        strata=[{"by": "wording", "value": "v", "group": "g", "estimate": 0.1, "interval": None}],
    )  # fmt: skip
    assert results["groups"][0]["interval"]["high"] == 0.3
    assert results["terms"][0]["wording"] == "identity-first"
    assert results["placebos"][0]["text"] == "G"
    assert results["groups"][0]["placebo_adjusted"].keys() == {"estimate", "interval"}


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_value_that_is_no_number_becomes_null_with_a_warning_that_names_it(value):
    results = build(groups=[finding(p_value=value)])
    assert results["groups"][0]["p_value"] is None
    assert results["warnings"] == [
        {
            "code": "not_a_number",
            "message": "A value could not be computed.",
            "where": "/groups/0/p_value",
        }
    ]


def test_too_little_data_is_null_not_zero():
    results = build(groups=[finding(estimate=None, interval=None)])
    assert results["groups"][0]["estimate"] is None
    assert results["groups"][0]["interval"] is None


@pytest.mark.parametrize("status", ["interrupted", "failed"])
def test_a_run_that_did_not_finish_has_no_verdict(status):
    assert build(run={**RUN, "status": status})["verdict"] is None
