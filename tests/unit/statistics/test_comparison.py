"""The difference of two runs' gaps, paired by template."""

import dataclasses

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests

from audit.records import Group, Limits, Prediction, Term
from audit.statistics import answers_differ, compare_gaps, outcome_of, same_answer_within
from tests.small_audits import TASK, SmallAudit, exact


def two_runs(earlier, later, reference=0.0):
    """Return variants and two maps of answers from template x term values."""
    audit = SmallAudit()
    first = {}
    for t, (before, _) in enumerate(zip(earlier, later, strict=True)):
        audit.reference(t, reference)
        for k, value in enumerate(before):
            audit.term(t, "g", f"k{k}", value)
    first = {p.id: p for p in audit.predictions}
    values = iter(value for row in later for value in row)
    second = {v.id: exact(v.id, next(values)) if v.group else first[v.id] for v in audit.variants}
    return audit.variants, first, second


def compare(variants, first, second, **changes):
    given = {
        "groups": [Group(id="g", label="G", terms=(Term(id="k0", text="k0"),))],
        "placebos": (),
        "outcome": outcome_of(TASK),
        "limits": Limits(),
        "rng": np.random.default_rng(0),
    }
    return compare_gaps(variants, first, second, **(given | changes))


def spread(seed, T=20, K=3):
    return np.random.default_rng(seed).uniform(0, 1, (T, K))


def test_the_interval_is_the_textbook_one_on_the_paired_differences():
    before, after = spread(1, K=1), spread(2, K=1)
    found = compare(*two_runs(before, after)).groups[0]
    D = (after - before).mean(axis=1)
    low, high = stats.t.interval(0.95, 19, D.mean(), stats.sem(D))
    assert found.gap.estimate == pytest.approx(D.mean(), abs=1e-12)
    assert (found.gap.interval.low, found.gap.interval.high) == pytest.approx((low, high))
    assert found.earlier == pytest.approx(before.mean())
    assert found.later == pytest.approx(after.mean())


def test_pairing_is_tighter_than_two_intervals():
    before = spread(1)
    after = np.clip(before + 0.05, 0, 1)
    variants, first, second = two_runs(before, after)
    paired = compare(variants, first, second).groups[0].gap.interval
    alone = stats.t.interval(0.95, 19, 0, stats.sem(before.mean(axis=1)))[1]
    assert (paired.high - paired.low) / 2 < alone


def test_equal_runs_differ_by_exactly_nothing():
    variants, first, _ = two_runs(spread(3), spread(3))
    found = compare(variants, first, first)
    for row in (*found.groups, *found.terms):
        assert (row.gap.estimate, row.answers_changed) == (0.0, 0)
        assert row.gap.interval.low == -row.gap.interval.high < 0
        assert row.gap.p_adjusted == 1.0


def test_swapping_the_runs_negates_the_difference():
    variants, first, second = two_runs(spread(4), spread(5))
    one, other = (compare(variants, *pair).groups[0].gap for pair in
                  ((first, second), (second, first)))  # fmt: skip
    assert one.estimate == -other.estimate
    assert one.interval.low == pytest.approx(-other.interval.high, abs=1e-12)
    assert one.p_adjusted == other.p_adjusted


def test_a_sentence_that_one_run_did_not_answer_counts_in_neither():
    before, after = spread(6), spread(7)
    variants, first, second = two_runs(before, after)
    gone = next(v.id for v in variants if v.group and v.unit == "t0" and v.term == "k0")
    found = compare(variants, {k: p for k, p in first.items() if k != gone}, second).groups[0]
    D = (after - before).mean(axis=1)
    D[0] = (after - before)[0, 1:].mean()
    assert found.gap.estimate == pytest.approx(D.mean())
    assert found.answers_changed == before.size


def test_a_reference_that_changed_moves_every_group():
    variants, first, _ = two_runs(spread(8), spread(8))
    second = {v.id: exact(v.id, 0.5) if v.role == "reference" else first[v.id] for v in variants}
    found = compare(variants, first, second).groups[0]
    assert (found.gap.estimate, found.answers_changed) == (pytest.approx(-0.5), 0)


def test_differences_up_to_two_are_possible():
    first = [[1.0]] * 10
    variants, before, after = two_runs(first, [[0.0]] * 10)
    after = {v.id: exact(v.id, 1.0) if v.role == "reference" else after[v.id] for v in variants}
    gap = compare(variants, before, after).groups[0].gap
    assert gap.estimate == -2.0
    assert gap.interval.low == -2.0
    assert gap.p_adjusted <= 0.01


def test_refusals_of_one_run_widen_the_bounds():
    before = np.full((30, 2), 0.2)
    variants, first, second = two_runs(before, before)
    refused = {
        k: dataclasses.replace(
            p, probabilities={n: 0.5 * x for n, x in p.probabilities.items()}, unparsed=0.5
        )
        if next(v for v in variants if v.id == k).group
        else p
        for k, p in second.items()
    }
    gap = compare(variants, first, refused).groups[0].gap
    assert gap.estimate == pytest.approx(0.0, abs=1e-12)
    low, high = gap.refusal_bounds
    assert low.low < -0.05
    assert high.high > 0.35


@pytest.mark.parametrize(
    ("one", "other", "differ"),
    [
        ({"score": 0.12345678}, {"score": 0.1234567}, False),
        ({"score": 0.12}, {"score": 0.13}, True),
        ({"probabilities": {"a": 1.0}}, {"probabilities": {"a": 1.0, "b": 0.0}}, False),
        ({"probabilities": {"a": 0.6, "b": 0.4}}, {"probabilities": {"a": 0.5, "b": 0.5}}, True),
        ({"samples": ("a", None, "b")}, {"samples": ("b", "a", None)}, False),
        ({"samples": ("a",)}, {"samples": ("b",)}, True),
        ({"samples": ("a",)}, {"samples": ("a", "b", "a")}, False),
        ({"samples": ("b",)}, {"samples": ("a", "b", "a")}, True),
        ({"samples": ("a",)}, {"probabilities": {"a": 0.6, "b": 0.4}}, False),
        ({"samples": ("b",)}, {"probabilities": {"a": 0.6, "b": 0.4}}, True),
        ({"samples": (None,)}, {"probabilities": {"a": 0.1}, "unparsed": 0.9}, False),
    ],
)
def test_what_counts_as_another_answer(one, other, differ):
    assert answers_differ(Prediction(id="x", **one), Prediction(id="x", **other)) is differ


@pytest.mark.parametrize(
    ("values", "within"),
    [((0.1234, 0.5), 0.51e-4), ((0.0, 1.0), 0.51e-3), ((1 / 3,), 1e-6), ((), 1e-6)],
)
def test_rounded_tables_are_compared_as_far_as_they_go(values, within):
    table = [Prediction(id="x", score=value) for value in values]
    live = [Prediction(id="x", probabilities={"a": 2 / 3, "b": 1 / 3})]
    assert same_answer_within(table, live) == pytest.approx(within)


def test_an_answer_on_one_side_only_is_another_answer():
    answer = Prediction(id="x", score=0.1)
    assert answers_differ(answer, None)
    assert answers_differ(None, answer)
    assert not answers_differ(None, None)


@pytest.mark.parametrize("correction", ["none", "holm", "bh", "max_t"])
def test_differences_are_adjusted_as_the_limits_say(correction):
    variants, first, second = two_runs(0.7 * spread(9), 0.3 + 0.7 * spread(10))
    found = compare(variants, first, second, limits=Limits(correction=correction)).terms
    raw = [row.gap.p_value for row in found]
    expected = {
        "none": raw,
        "holm": multipletests(raw, method="holm")[1],
        "bh": multipletests(raw, method="fdr_bh")[1],
    }.get(correction)
    adjusted = [row.gap.p_adjusted for row in found]
    if expected is not None:
        assert adjusted == pytest.approx(list(expected), abs=1e-12)
    else:
        assert all(a >= p for a, p in zip(adjusted, raw, strict=True))
        assert adjusted != raw


def test_one_template_gives_a_difference_without_an_interval():
    variants, first, second = two_runs([[0.2, 0.4]], [[0.3, 0.5]])
    (found,) = compare(variants, first, second).groups
    assert found.gap.estimate == pytest.approx(0.1)
    assert found.gap.interval is None
    assert found.gap.smallest_detectable_gap is None
    assert found.gap.p_value is None


def test_bounds_of_one_template_do_not_exist_either():
    variants, first, second = two_runs([[0.2, 0.4]], [[0.3, 0.5]])
    half = {
        k: dataclasses.replace(
            p, probabilities={n: x / 2 for n, x in p.probabilities.items()}, unparsed=0.5
        )
        for k, p in second.items()
    }
    (found,) = compare(variants, first, half).groups
    assert found.gap.refusal_bounds is None
    assert found.gap.refusal_bounds_p is None


def test_a_group_that_neither_run_measured_has_no_difference():
    variants, first, second = two_runs(spread(1), spread(2))
    silent = Group(id="silent", label="Silent", terms=(Term(id="s", text="s"),))
    given = [Group(id="g", label="G", terms=(Term(id="k0", text="k0"),)), silent]
    found = compare(variants, first, second, groups=given).groups[1]
    assert (found.gap.estimate, found.earlier, found.later) == (None, None, None)
