import numpy as np
import pytest
from scipy import stats

from audit.statistics.intervals import (
    census_interval,
    floor_h,
    listed_interval,
    phrases_interval,
)
from audit.statistics.twoway import term_spread
from tests.small_audits import GOLDEN_A, GOLDEN_B, REFERENCE_B


def golden(table, reference):
    table, reference = np.array(table, float), np.array(reference, float)
    h = floor_h(np.concatenate([table.ravel(), reference]))
    return table - reference[:, None], h


def test_golden_table_a():
    X, h = golden(GOLDEN_A, np.zeros(6))
    a, b = listed_interval(X.mean(axis=1), h), phrases_interval(X, h)
    assert a.estimate * 100 == pytest.approx(11.1111, abs=1e-3)
    assert [a.low * 100, a.high * 100] == pytest.approx([-3.2741, 25.4963], abs=1e-3)
    assert [b.low * 100, b.high * 100] == pytest.approx([-6.9002, 29.1224], abs=1e-3)
    assert b.df == 5


def test_golden_table_b():
    X, h = golden(GOLDEN_B, REFERENCE_B)
    a, b = listed_interval(X.mean(axis=1), h), phrases_interval(X, h)
    assert a.estimate * 100 == pytest.approx(24.4444, abs=1e-3)
    assert [a.low * 100, a.high * 100] == pytest.approx([1.3194, 47.5695], abs=1e-3)
    assert [b.low * 100, b.high * 100] == pytest.approx([-62.3658, 100], abs=1e-3)
    assert b.df == pytest.approx(2.5112, abs=1e-4)


@pytest.mark.parametrize(
    ("T", "points"), [(10, 13.9), (20, 6.89), (28, 4.92), (40, 3.5), (60, 2.3)]
)
def test_identical_labels_never_give_a_point(T, points):
    gap = listed_interval(np.zeros(T), floor_h(np.zeros(4 * T)))
    assert gap.estimate == 0
    assert gap.high * 100 == pytest.approx(points, abs=0.06)
    assert gap.low == -gap.high
    assert gap.p_value == 1


class TestFloor:
    def test_labels_give_a_half(self):
        assert floor_h([0, 1, 1, 0]) == 0.5

    def test_constant_cells(self):
        assert floor_h([0.0, 0.0]) == 0.5
        assert floor_h([1.0, 1.0]) == 0.5
        assert floor_h([0.3, 0.3, 0.3]) == 0.25

    def test_formula_between_the_limits(self):
        cells = np.array([0, 0.2, 0.9, 1.0, 0.5])
        q = cells.mean()
        assert floor_h(cells) == pytest.approx(0.5 * cells.std() / np.sqrt(q * (1 - q)), rel=1e-12)

    def test_missing_cells_are_left_out(self):
        assert floor_h([0, np.nan, 0.6, 1.0]) == floor_h([0, 0.6, 1.0])
        assert floor_h([np.nan, np.nan]) == 0.5
        assert floor_h([]) == 0.5

    def test_any_axis_and_leading_axes(self):
        cells = np.random.default_rng(0).random((3, 7))
        assert floor_h(cells.T, axis=0) == pytest.approx([float(floor_h(row)) for row in cells])

    @pytest.mark.parametrize("value", [-0.1, 1.1, np.inf])
    def test_impossible_cells_are_refused(self, value):
        with pytest.raises(ValueError, match="cells"):
            floor_h([0.0, value])


class TestListed:
    def test_is_the_t_interval_where_the_floor_is_idle(self):
        D = np.random.default_rng(1).normal(0.1, 0.4, 30).clip(-1, 1)
        gap = listed_interval(D, 0.25)
        low, high = stats.t.interval(0.95, 29, D.mean(), stats.sem(D))
        assert [gap.low, gap.high] == pytest.approx([low, high], abs=1e-12)
        assert gap.p_value == pytest.approx(stats.ttest_1samp(D, 0).pvalue, abs=1e-12)

    def test_missing_templates_are_left_out(self):
        D = np.array([0.1, np.nan, 0.3, 0.2, np.nan])
        full = listed_interval(D[~np.isnan(D)], 0.5)
        gap = listed_interval(D, 0.5)
        assert gap.templates == 3
        assert (gap.estimate, gap.low, gap.high) == (full.estimate, full.low, full.high)

    def test_too_few_templates(self):
        one = listed_interval([0.4], 0.5)
        assert one.estimate == 0.4
        assert np.isnan([one.low, one.high, one.variance, one.p_value]).all()
        none = listed_interval([np.nan, np.nan], 0.5)
        assert none.templates == 0
        assert np.isnan(none.estimate)
        assert np.isnan(none.low)

    def test_is_clipped_to_the_bound(self):
        assert listed_interval([1.0, 1.0, -1.0], 0.5).high == 1
        assert listed_interval([1.5, 1.9, 1.9], 0.5, bound=2.0).high == 2

    def test_leading_axes_are_independent_audits(self):
        D = np.random.default_rng(2).normal(0, 0.2, (4, 5, 12))
        many = listed_interval(D, np.full((4, 5), 0.3))
        assert many.low.shape == (4, 5)
        assert many.low[2, 3] == listed_interval(D[2, 3], 0.3).low

    @pytest.mark.parametrize("D", [[np.inf, 0.1], [0.1, -np.inf], [1.2, 0.0]])
    def test_impossible_gaps_are_refused(self, D):
        with pytest.raises(ValueError, match="D: values"):
            listed_interval(D, 0.5)

    @pytest.mark.parametrize("level", [0, 1, 95])
    def test_the_level_is_checked(self, level):
        with pytest.raises(ValueError, match="confidence_level"):
            listed_interval([0.1, 0.2], 0.5, confidence_level=level)

    def test_higher_level_is_wider(self):
        D = [0.1, 0.3, 0.2, 0.0, 0.1, 0.4]
        assert listed_interval(D, 0.5, confidence_level=0.99).high > listed_interval(D, 0.5).high


class TestPhrases:
    def test_one_term_or_template_is_not_available(self):
        assert np.isnan(phrases_interval(np.full((10, 1), 0.1), 0.5).low)
        assert np.isnan(phrases_interval(np.full((1, 5), 0.1), 0.5).low)
        assert phrases_interval(np.full((10, 1), 0.1), 0.5).estimate == pytest.approx(0.1)
        assert np.isnan(phrases_interval(np.full((3, 3), np.nan), 0.5).estimate)

    def test_too_few_cells_for_an_interaction(self):
        X = np.full((4, 4), np.nan)
        X[np.arange(4), np.arange(4)] = 0.1
        assert np.isnan(phrases_interval(X, 0.5).low)

    def test_never_narrower_than_listed(self):
        rng = np.random.default_rng(3)
        for _ in range(50):
            X = rng.normal(0, 0.1, (8, 4)) + rng.normal(0, 0.1, (8, 1))
            h = 0.3
            assert phrases_interval(X, h).variance >= listed_interval(X.mean(1), h).variance

    def test_missing_cells_follow_the_stated_formula(self):
        rng = np.random.default_rng(4)
        X = rng.normal(0, 0.2, (12, 5)) + rng.normal(0, 0.2, 5)
        X[rng.random(X.shape) < 0.3] = np.nan
        X[0] = np.nan
        got = phrases_interval(X, 0.25)
        seen = ~np.isnan(X)
        rows = seen.any(axis=1)
        T, K, N = rows.sum(), X.shape[1], seen.sum()
        D = np.nanmean(X[rows], axis=1)
        w = seen / np.maximum(seen.sum(1), 1)[:, None] / T
        # The additive least-squares fit, by dummy variables.
        t, k = np.nonzero(seen)
        design = np.zeros((N, 12 + 5))
        design[np.arange(N), t] = 1
        design[np.arange(N), 12 + k] = 1
        y = X[seen]
        e = np.zeros_like(X)
        e[seen] = y - design @ np.linalg.lstsq(design, y, rcond=None)[0]
        v_t = max(
            D.var(ddof=1) / T,
            (((D - D.mean()) ** 2).sum() + 2 * 0.25**2) / ((T + 1) * (T + 2)),
        )
        centred = np.where(seen, X - D.mean(), 0)
        v_k = K / (K - 1) * ((w * centred).sum(axis=0) ** 2).sum()
        v_i = N / (N - T - K + 1) * (w**2 * e**2).sum()
        assert got.variance == pytest.approx(max(v_t, v_k, v_t + v_k - v_i), rel=1e-10)
        assert got.estimate == pytest.approx(D.mean(), abs=1e-15)

    def test_leading_axes_are_independent_audits(self):
        X = np.random.default_rng(5).normal(0, 0.2, (3, 10, 4))
        many = phrases_interval(X, np.full(3, 0.3))
        assert many.high[1] == pytest.approx(float(phrases_interval(X[1], 0.3).high), abs=1e-14)

    def test_impossible_values_are_refused(self):
        with pytest.raises(ValueError, match="X: values"):
            phrases_interval([[0.1, np.inf], [0.0, 0.0]], 0.5)


class TestTermSpread:
    def test_is_the_two_way_analysis_of_variance(self):
        X = np.random.default_rng(6).normal(0, 0.2, (9, 4)) + np.array([0, 0.1, 0.2, 0.3])
        sd, f, p = term_spread(X)
        T, K = X.shape
        columns = X.mean(0)
        e = X - X.mean(1, keepdims=True) - columns + X.mean()
        ms_term = T * columns.var(ddof=1)
        ms_rest = (e**2).sum() / ((T - 1) * (K - 1))
        assert f == pytest.approx(ms_term / ms_rest, rel=1e-10)
        assert p == pytest.approx(stats.f.sf(f, K - 1, (T - 1) * (K - 1)), rel=1e-10)
        assert sd == pytest.approx(np.sqrt((ms_term - ms_rest) / T), rel=1e-10)

    def test_equal_terms_and_no_interaction(self):
        sd, f, p = term_spread(np.tile(np.array([[0.1], [0.3], [0.2]]), (1, 3)))
        assert sd == 0
        assert np.isnan(f)
        assert np.isnan(p)

    def test_differing_terms_without_interaction(self):
        sd, f, p = term_spread(np.tile(np.array([0.0, 0.2, 0.4]), (5, 1)))
        assert sd > 0
        assert np.isinf(f)
        assert p == 0

    def test_not_available_for_one_term(self):
        assert np.isnan(term_spread(np.zeros((5, 1)))).all()


class TestCensus:
    def test_formula(self):
        y, b = np.array([[0.2, 0.4], [0.6, 0.8]]), np.array([[0.2], [0.4]])
        gap = census_interval(y, 5, b, 10)
        variance = (y * (1 - y)).sum() / 4 / 16 + (b * (1 - b)).sum() / 9 / 4
        assert gap.estimate == pytest.approx(0.2)
        assert gap.variance == pytest.approx(variance, rel=1e-12)
        assert gap.high == pytest.approx(0.2 + stats.norm.ppf(0.975) * np.sqrt(variance))

    def test_exact_answers_have_no_sampling_noise(self):
        gap = census_interval([[0.2, 0.4]], np.inf, [[0.1]], np.inf)
        assert gap.low == gap.high == gap.estimate == pytest.approx(0.2)
        assert gap.p_value == 0

    def test_a_single_repeat_is_not_available(self):
        assert np.isnan(census_interval([[0.0, 1.0]], 1, [[0.0]], 1).low)

    def test_repeats_that_never_varied_give_no_interval(self):
        gap = census_interval([[0.0, 0.0]], 5, [[0.0]], 5)
        assert gap.estimate == 0
        assert np.isnan(gap.low)

    def test_repeats_may_differ_by_cell_and_cells_may_be_missing(self):
        y = np.array([[0.5, np.nan], [0.5, 0.5], [np.nan, np.nan]])
        gap = census_interval(y, [[3, 1], [5, 5], [1, 1]], [[0.5], [0.5], [0.5]], 5)
        assert gap.templates == 2
        expected = (0.25 / 2 + 0.25 / 4 * 0.25 * 2 + 2 * 0.25 / 4) / 4
        assert gap.variance == pytest.approx(expected, rel=1e-12)

    def test_nothing_measured(self):
        gap = census_interval([[np.nan]], 5, [[0.5]], 5)
        assert np.isnan(gap.estimate)
        assert np.isnan(gap.low)

    def test_impossible_repeats_are_refused(self):
        with pytest.raises(ValueError, match="R0: repeats"):
            census_interval([[0.5]], 5, [[0.5]], 0)
        with pytest.raises(ValueError, match="y: values"):
            census_interval([[1.5]], 5, [[0.5]], 5)
