"""The literature's metrics and the warnings that go with them."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.spatial.distance import jaccard

from audit.statistics.literature import (
    counterfactual_token_fairness_gap,
    label_distance,
    score_deviation,
    score_range,
    score_sensitivity,
)

X = np.array([[0.2, -0.1], [np.nan, 0.3]])


def test_token_fairness_gap_is_the_mean_absolute_difference():
    assert counterfactual_token_fairness_gap(X, exact=True) == pytest.approx(0.2)


def test_token_fairness_gap_of_drawn_labels_would_be_noise():
    assert counterfactual_token_fairness_gap(X, exact=False) is None
    assert counterfactual_token_fairness_gap([[np.nan]], exact=True) is None


def test_score_sensitivity_is_each_terms_signed_mean():
    assert_allclose(score_sensitivity(X), [0.2, 0.1])
    assert_allclose(score_sensitivity([[np.nan, 0.5]]), [np.nan, 0.5])


@pytest.mark.parametrize("function", [score_sensitivity])
def test_differences_must_be_differences(function):
    with pytest.raises(ValueError, match="X"):
        function([[2.0]])


def test_token_fairness_gap_checks_its_input():
    with pytest.raises(ValueError, match="X"):
        counterfactual_token_fairness_gap([[2.0]], exact=True)


def test_deviation_and_range_over_terms():
    values = np.array([[0.2, 0.6, np.nan], [0.5, 0.5, 0.5], [0.9, np.nan, np.nan]])
    assert score_deviation(values) == pytest.approx((0.2 + 0.0) / 2)
    assert score_range(values) == pytest.approx((0.4 + 0.0) / 2)


@pytest.mark.parametrize("function", [score_deviation, score_range])
def test_one_term_has_no_spread(function):
    assert function([[0.5], [0.7]]) is None
    with pytest.raises(ValueError, match="values"):
        function([0.5, 0.7])
    with pytest.raises(ValueError, match="values"):
        function([[0.5, 1.7]])


def test_label_distance_is_jaccards():
    rng = np.random.default_rng(0)
    before, after = rng.random(40) < 0.5, rng.random((40, 3)) < 0.5
    found = label_distance(before, after)
    expected = [jaccard(before, after[:, k]) for k in range(3)]
    assert_allclose(found.by_term, expected, rtol=1e-12)
    assert found.estimate == pytest.approx(np.mean(expected))
    assert found.smallest_union >= 10
    assert found.warning is None


def test_empty_denominator_is_said_and_not_zero():
    found = label_distance([False] * 20, np.column_stack([[False] * 20, [True] * 20]))
    assert np.isnan(found.by_term[0])
    assert found.estimate == 1.0
    assert "1 of 2 terms have no distance" in found.warning


def test_rare_labels_are_decided_by_single_flips():
    found = label_distance([True] + [False] * 19, np.zeros((20, 1), bool))
    assert found.estimate == 1.0
    assert found.warning == "A distance rests on one sentence only: single flips decide it."


def test_label_that_never_occurs():
    found = label_distance([False] * 5, np.zeros((5, 2), bool))
    assert found.estimate is None
    assert found.smallest_union == 0
    assert "2 of 2" in found.warning


@pytest.mark.parametrize(
    ("before", "after"), [([True], [True]), ([[True]], [[True]]), ([True, False], [[True]])]
)
def test_label_distance_shapes(before, after):
    with pytest.raises(ValueError, match="reference and counterfactual"):
        label_distance(before, after)
