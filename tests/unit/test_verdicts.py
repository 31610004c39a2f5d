import dataclasses
import itertools

import numpy as np
import pytest

from audit.records import Finding, GroupGap, Interval, Limits, SecondEstimand, Task
from audit.statistics import outcome_of
from audit.verdicts import change_of, decide, exit_code_of, judge, overall_verdict

LABELS = outcome_of(Task(labels=("Good", "Bad"), favourable="Good"))
SCORE = outcome_of(Task(kind="score", range=(-1, 1), favourable_end="high"))


def interval(low, high):
    return Interval(low=low, high=high, confidence_level=0.95, method="t")


def gap(low, high, p=0.01, **more):
    given = {
        "id": "g",
        "label": "G",
        "role": "group",
        "estimate": (low + high) / 2,
        "interval": interval(low, high),
        "p_adjusted": p,
        "n_templates": 40,
        "n_terms": 5,
        "n_pairs": 200,
    }
    return GroupGap(**(given | more))


def verdict(one, limits=None, outcome=LABELS):
    (finding,) = judge([one], limits or Limits(), outcome)
    return finding.verdict, finding.reason, finding.direction, finding.small_but_real


@pytest.mark.parametrize(
    ("low", "high", "p", "expected"),
    [
        (-0.04, 0.05, 1.0, ("no_gap", None, "none", False)),
        (0.01, 0.05, 0.01, ("no_gap", None, "worse", True)),
        (-0.05, -0.01, 0.01, ("no_gap", None, "better", True)),
        (0.06, 0.2, 0.01, ("gap", None, "worse", False)),
        (-0.2, -0.06, 0.05, ("gap", None, "better", False)),
        (0.05, 0.2, 0.01, ("concern", None, "worse", False)),
        (-0.2, -0.01, 0.01, ("concern", None, "better", False)),
        (0.06, 0.2, 0.051, ("not_enough_evidence", "adjusted_only", "none", False)),
        (0.06, 0.2, None, ("not_enough_evidence", "adjusted_only", "none", False)),
        (-0.01, 0.2, 0.5, ("not_enough_evidence", "power", "none", False)),
        (0.0, 0.2, 0.01, ("not_enough_evidence", "power", "none", False)),
    ],
)
def test_the_rules_in_their_order(low, high, p, expected):
    assert verdict(gap(low, high, p)) == expected


def test_direction_follows_the_favourable_end_of_a_score():
    assert verdict(gap(-0.5, -0.3), outcome=SCORE)[2] == "worse"
    assert verdict(gap(0.3, 0.5), outcome=SCORE)[2] == "better"


def test_tolerance_has_the_outcome_unit():
    assert verdict(gap(-0.09, 0.09), outcome=SCORE)[0] == "no_gap"
    assert verdict(gap(-0.09, 0.09))[0] == "not_enough_evidence"
    assert verdict(gap(-0.09, 0.09), Limits(tolerance=0.1))[0] == "no_gap"


@pytest.mark.parametrize("low", [-0.01, 0.3])
def test_fewer_than_six_templates_decide_nothing(low):
    one = gap(low, low + 0.02, n_templates=5)
    assert verdict(one) == ("not_enough_evidence", "design", "none", False)
    assert verdict(gap(0.3, 0.5, n_templates=6))[0] == "gap"


def test_no_interval_is_a_matter_of_design_or_of_refusals():
    nothing = gap(0, 0, estimate=None, interval=None, n_templates=0)
    assert verdict(nothing)[1] == "design"
    refused = dataclasses.replace(
        nothing, refusal_bounds=(interval(-1, -0.9), interval(0.9, 1)), refusal_bounds_p=(0.0, 0.0)
    )
    assert verdict(refused)[1] == "refusals"
    alone = gap(0, 0, interval=None, n_templates=1)
    assert verdict(alone)[1] == "design"


@pytest.mark.parametrize(
    ("low", "high", "p", "agree"),
    [
        (interval(0.06, 0.2), interval(0.1, 0.3), (0.01, 0.01), True),
        (interval(0.01, 0.2), interval(0.1, 0.3), (0.01, 0.01), False),
        (interval(0.06, 0.2), interval(0.1, 0.3), (0.2, 0.01), False),
        (interval(-0.3, -0.1), interval(0.1, 0.3), (0.01, 0.01), False),
        (interval(-0.04, 0.0), interval(0.01, 0.04), (1.0, 0.5), True),
    ],
)
@pytest.mark.parametrize("kind", ["refusal", "unresolved"])
def test_open_answers_that_change_the_verdict_end_it(low, high, p, agree, kind):
    more = {f"{kind}_bounds": (low, high), f"{kind}_bounds_p": p}
    got = verdict(gap(0.08, 0.25, **more))
    reason = "refusals" if kind == "refusal" else "unresolved"
    assert got[:2] == (("gap", None) if agree else ("not_enough_evidence", reason))


def test_bounds_without_p_values_are_no_evidence():
    bounds = (interval(0.1, 0.2), interval(-0.01, 0.01))
    assert verdict(gap(0.1, 0.2, refusal_bounds=bounds))[1] == "refusals"


def test_strict_pass_asks_for_59_templates_at_five_points():
    limits = Limits(strict_pass=True)
    assert verdict(gap(-0.01, 0.01, n_templates=58), limits)[:2] == ("not_enough_evidence", "power")
    assert verdict(gap(-0.01, 0.01, n_templates=59), limits)[0] == "no_gap"
    assert verdict(gap(0.1, 0.2, n_templates=58), limits)[0] == "gap"
    assert verdict(gap(-0.01, 0.01), Limits(strict_pass=True, tolerance=1.0))[0] == "no_gap"


def test_phrases_are_judged_by_the_same_rules():
    other = SecondEstimand(estimate=0.1, interval=interval(-0.1, 0.3), p_adjusted=0.2)
    (finding,) = judge([gap(0.06, 0.2, phrases=other)], Limits(), LABELS)
    assert finding.verdict == "gap"
    assert finding.gap.phrases.verdict == "not_enough_evidence"


def test_the_verdict_is_a_partition_on_random_intervals():
    rng = np.random.default_rng(0)
    ends = np.sort(rng.normal(0, 0.06, (200_000, 2)), axis=1)
    p = rng.random(200_000) * 0.1
    for (low, high), q in zip(ends.tolist(), p.tolist(), strict=True):
        inside = low >= -0.05 and high <= 0.05
        outside = low > 0.05 or high < -0.05
        clear = (low > 0 or high < 0) and q <= 0.05
        expected = {
            "no_gap": inside,
            "gap": outside and clear,
            "concern": clear and not inside and not outside,
            "not_enough_evidence": not inside and not clear,
        }
        assert sum(expected.values()) == 1
        assert expected[decide(low, high, q, tolerance=0.05, alpha=0.05)]


@pytest.mark.parametrize(
    ("low", "high", "tolerance", "alpha", "name"),
    [
        (0.2, 0.1, 0.05, 0.05, "low and high"),
        (float("nan"), 0.1, 0.05, 0.05, "low and high"),
        (0.1, 0.2, 0.0, 0.05, "tolerance"),
        (0.1, 0.2, float("nan"), 0.05, "tolerance"),
        (0.1, 0.2, 0.05, 1.0, "alpha"),
    ],
)
def test_bad_input_is_named(low, high, tolerance, alpha, name):
    with pytest.raises(ValueError, match=name):
        decide(low, high, 0.01, tolerance=tolerance, alpha=alpha)


def test_the_audit_takes_the_weightiest_verdict():
    weights = ["no_gap", "not_enough_evidence", "concern", "gap"]
    findings = dict(
        zip(
            weights,
            judge([gap(0, 0.01), gap(-1, 1), gap(0.01, 0.2), gap(0.1, 0.2)], Limits(), LABELS),
            strict=True,
        )
    )
    for names in itertools.chain.from_iterable(
        itertools.combinations(weights, size) for size in (1, 2, 3, 4)
    ):
        worst = max(names, key=weights.index)
        assert overall_verdict(findings[name] for name in names) == worst
    assert overall_verdict([]) == "not_enough_evidence"


def test_exit_codes():
    assert [exit_code_of(v) for v in ("no_gap", "gap", "concern", "not_enough_evidence")] == [
        0, 1, 4, 4,
    ]  # fmt: skip
    assert exit_code_of("concern", fail_on_concern=True) == 1
    assert exit_code_of("not_enough_evidence", fail_on_concern=True) == 4


def difference(low, high, p=0.001):
    """Return the judged difference of two gaps; ``low=None`` for none."""
    found = gap(0, 0, p) if low is None else gap(low, high, p)
    if low is None:
        found = dataclasses.replace(found, estimate=None, interval=None)
    return Finding(
        gap=found, verdict="concern", reason=None, direction="none", small_but_real=False
    )


@pytest.mark.parametrize(
    ("low", "high", "p", "gaps", "word"),
    [
        (0.02, 0.1, 0.001, (0.01, 0.07), "worse"),
        (-0.1, -0.02, 0.001, (0.07, 0.01), "better"),
        (-0.1, -0.02, 0.001, (-0.01, -0.07), "worse"),  # further out on the other side
        (-0.2, -0.1, 0.001, (0.09, -0.06), "worse"),  # crossed, and beyond the limit there
        (-0.2, -0.1, 0.001, (0.09, -0.04), "better"),  # crossed, within the limit
        (-0.01, 0.1, 0.001, (0.01, 0.07), "same"),  # the interval holds 0
        (0.02, 0.1, 0.06, (0.01, 0.07), "same"),  # the adjusted p-value is too large
        (0.02, 0.1, None, (0.01, 0.07), "same"),
        (None, None, None, (0.01, 0.07), "cannot_compare"),
        (0.02, 0.1, 0.001, (None, 0.07), "cannot_compare"),
        (0.02, 0.1, 0.001, (0.01, None), "cannot_compare"),
    ],
)
def test_change_in_one_word(low, high, p, gaps, word):
    limits = Limits(tolerance=0.05)
    assert change_of(difference(low, high, p), *gaps, limits) == word


def test_a_change_needs_the_tolerance():
    with pytest.raises(ValueError, match="tolerance"):
        change_of(difference(0.02, 0.1), 0.01, 0.07, Limits())
