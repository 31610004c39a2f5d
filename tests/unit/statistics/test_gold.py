"""Gold-label metrics against hand counts, statsmodels and scipy."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from audit.statistics.gold import accuracy, auc, error_rates, group_auc, wilson
from audit.statistics.intervals import listed_interval

GOLD = np.array([1, 1, 1, 1, 0, 0, 0, 0], bool)
GIVEN = np.array([1, 1, 0, 0, 1, 0, 0, 0], bool)
MEMBERS = np.array([[1, 0, 1, 0, 1, 0, 1, 0], [0, 1, 0, 1, 0, 0, 0, 0]], bool)


class TestErrorRates:
    def test_by_hand(self):
        found = error_rates(GOLD, GIVEN, MEMBERS)
        assert (found.overall_false_positive, found.overall_false_negative) == (0.25, 0.5)
        assert_allclose(found.false_positive, [0.5, np.nan])
        assert_allclose(found.false_negative, [0.5, 0.5])
        assert found.fped == pytest.approx(0.25)
        assert found.fned == 0.0

    def test_nothing_known_is_not_zero(self):
        found = error_rates([True], [True], [[True]])
        assert np.isnan(found.fped)
        assert np.isnan(found.overall_false_positive)
        assert found.fned == 0.0

    @pytest.mark.parametrize(
        "given", [([True], [True, False], [[True]]), ([True], [True], [True]), ([[True]],) * 3]
    )
    def test_shapes(self, given):
        with pytest.raises(ValueError, match="gold, predicted and members"):
            error_rates(*given)


class TestAuc:
    def test_agrees_with_mann_whitney(self):
        rng = np.random.default_rng(0)
        high, low = rng.integers(0, 9, 40), rng.integers(0, 7, 30)
        u = stats.mannwhitneyu(high, low).statistic
        assert auc(high, low) == pytest.approx(u / 1200, rel=1e-12)

    def test_empty_side_is_unknown(self):
        assert np.isnan(auc([], [1.0]))
        assert np.isnan(auc([1.0], []))

    def test_three_aucs_take_their_own_sides(self):
        gold = np.array([1, 0, 1, 0], bool)
        member = np.array([1, 1, 0, 0], bool)
        found = group_auc(gold, [0.3, 0.8, 0.9, 0.1], member)
        assert (found.subgroup, found.bpsn, found.bnsp) == (0.0, 1.0, 1.0)

    def test_innocent_texts_that_score_high_lower_bpsn_only(self):
        gold = np.array([1, 1, 0, 0, 1, 1, 0, 0], bool)
        member = np.array([1, 1, 1, 1, 0, 0, 0, 0], bool)
        found = group_auc(gold, [0.95, 0.96, 0.85, 0.9, 0.7, 0.8, 0.1, 0.2], member)
        assert (found.subgroup, found.bpsn, found.bnsp) == (1.0, 0.0, 1.0)

    @pytest.mark.parametrize("score", [[0.1], [0.1, np.nan]])
    def test_scores_must_fit(self, score):
        with pytest.raises(ValueError, match="score"):
            group_auc([True, False], score, [True, False])


class TestAccuracy:
    @pytest.mark.parametrize(("k", "n"), [(0, 12), (3, 20), (12, 12), (50, 99)])
    @pytest.mark.parametrize("level", [0.9, 0.95])
    def test_wilson_agrees_with_statsmodels(self, k, n, level):
        expected = proportion_confint(k, n, alpha=1 - level, method="wilson")
        assert_allclose(wilson(k, n, confidence_level=level), expected, atol=1e-9)

    def test_nothing_is_unknown(self):
        found = accuracy([])
        assert found.texts == 0
        assert np.isnan([found.estimate, found.low, found.high]).all()

    def test_single_texts(self):
        found = accuracy([True, True, False, True])
        assert found.estimate == 0.75
        assert (found.low, found.high) == wilson(3, 4)
        assert found.method == "Wilson"

    def test_templates_count_alike_and_are_the_unit(self):
        correct = [True, True, False, True, True, True]
        units = ["a", "a", "a", "b", "c", "c"]
        found = accuracy(correct, units)
        seen = listed_interval([2 / 3, 1.0, 1.0], 0.5)
        assert found.estimate == pytest.approx(8 / 9)
        assert found.low == max(0.0, float(seen.low))
        assert found.high == 1.0

    def test_one_template_has_no_interval(self):
        found = accuracy([True, False], ["a", "a"])
        assert found.estimate == 0.5
        assert np.isnan([found.low, found.high]).all()

    @pytest.mark.parametrize(("correct", "units"), [([True], ["a", "b"]), ([[True]], None)])
    def test_shapes(self, correct, units):
        with pytest.raises(ValueError, match="correct and units"):
            accuracy(correct, units)

    @pytest.mark.parametrize("count", [-1, 4])
    def test_counts(self, count):
        with pytest.raises(ValueError, match="count"):
            wilson(count, 3)
