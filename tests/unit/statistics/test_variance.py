"""Variance shares, prompt sensitivity, the three-way interval, and the shares of a run."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from audit.statistics.components import Components
from audit.statistics.intervals import listed_interval, phrases_interval
from audit.statistics.variance import prompt_sensitivity, three_way_interval, variance_shares

PARTS = Components(0.004, 0.003, 0.001, 0.002, 0.06, 0.05)


class TestShares:
    def test_one_pair_asked_once(self):
        found = variance_shares(PARTS, fillers=2)
        total = 0.004 + 0.001 + 0.004 + 0.085
        assert found.template == pytest.approx(0.004 / total)
        assert found.term == pytest.approx(0.001 / total)
        assert found.interaction == pytest.approx(0.004 / total)
        assert found.sampling == pytest.approx(0.085 / total)
        assert found.shot_order is None

    def test_shot_orders_take_their_part(self):
        found = variance_shares(PARTS, fillers=2, shot_order=0.01)
        assert found.shot_order == pytest.approx(0.01 / (0.094 + 0.01))
        rest = found.template + found.term + found.interaction + found.sampling
        assert rest + found.shot_order == pytest.approx(1)

    def test_nothing_varies(self):
        found = variance_shares(Components(0, 0, 0, 0, 0, 0), fillers=1)
        assert (found.template, found.sampling) == (0, 0)

    @pytest.mark.parametrize("given", [{"fillers": 0}, {"fillers": 1, "shot_order": -0.1}])
    def test_bad_input(self, given):
        with pytest.raises(ValueError, match="fillers and shot_order"):
            variance_shares(PARTS, **given)


class TestPrompts:
    def test_two_way_formula_with_prompts_as_terms(self):
        D = np.random.default_rng(0).normal(0.1, 0.2, (30, 5)).clip(-1, 1)
        found = prompt_sensitivity(D, 0.3)
        two = phrases_interval(D, 0.3)
        assert_allclose([found.estimate, found.low, found.high], [two.estimate, two.low, two.high])
        e = D - D.mean(1, keepdims=True) - D.mean(0) + D.mean()
        ms = (e**2).sum() / (29 * 4)
        s_s = max(0, D.mean(0).var(ddof=1) - ms / 30)
        s_t = max(0, D.mean(1).var(ddof=1) - ms / 5)
        assert found.sd == pytest.approx(np.sqrt(s_s), abs=1e-12)
        assert found.share == pytest.approx(s_s / (s_s + s_t + ms))
        assert (found.lowest, found.highest) == (D.mean(0).min(), D.mean(0).max())

    def test_recovers_a_known_spread(self):
        rng = np.random.default_rng(1)
        D = 0.1 + 0.06 * rng.standard_normal((400, 1, 8)) + 0.05 * rng.standard_normal((400, 30, 8))
        found = prompt_sensitivity(D.clip(-1, 1), np.full(400, 0.25))
        assert np.sqrt((found.sd**2).mean()) == pytest.approx(0.06, rel=0.05)

    def test_missing_gaps(self):
        rng = np.random.default_rng(2)
        D = rng.normal(0.1, 0.2, (3, 30, 5)).clip(-1, 1)
        D[1, :4, 2] = np.nan
        D[2, 7] = np.nan
        found = prompt_sensitivity(D, np.full(3, 0.3))
        alone = prompt_sensitivity(np.delete(D[2], 7, axis=0), 0.3)
        assert not np.isnan(found.sd).any()
        assert_allclose(
            [found.sd[2], found.share[2], found.lowest[2]], [alone.sd, alone.share, alone.lowest]
        )

    @pytest.mark.parametrize("shape", [(30, 1), (1, 5)])
    def test_too_little_is_not_available(self, shape):
        found = prompt_sensitivity(np.zeros(shape), 0.5)
        for value in (found.sd, found.share, found.lowest, found.highest, found.low):
            assert np.isnan(value)

    def test_identical_prompts(self):
        found = prompt_sensitivity(np.zeros((20, 5)), 0.5)
        assert (found.sd, found.share) == (0, 0)
        assert found.high == pytest.approx(listed_interval(np.zeros(20), 0.5).high, rel=0.2)


class TestThreeWay:
    def test_follows_the_margins(self):
        rng = np.random.default_rng(3)
        T, K, S = 12, 4, 5
        X = (
            0.1
            + 0.1 * rng.standard_normal((T, 1, 1))
            + 0.1 * rng.standard_normal((1, K, 1))
            + 0.1 * rng.standard_normal((1, 1, S))
            + 0.05 * rng.standard_normal((T, K, S))
        ).clip(-1, 1)
        found = three_way_interval(X, 0.25)
        # Expected mean squares: variance of the mean from the seven components (statsmodels has no
        # such estimator; the expression is that of the crossed design, by hand).
        m = X.mean()
        row, term, prompt = X.mean((1, 2)), X.mean((0, 2)), X.mean((0, 1))
        tk, ts, ks = X.mean(2), X.mean(1), X.mean(0)

        def two(table, a, b):
            e = table - a[:, None] - b + m
            n, p = table.shape
            return (e**2).sum() / ((n - 1) * (p - 1)) / (n * p)

        e = (
            X - tk[:, :, None] - ts[:, None] - ks[None]
            + row[:, None, None] + term[None, :, None] + prompt[None, None] - m
        )  # fmt: skip
        v_tks = (e**2).sum() / ((T - 1) * (K - 1) * (S - 1)) / (T * K * S)
        v_t = max(row.var(ddof=1) / T, (row.var() * T + 2 / 16) / ((T + 1) * (T + 2)))
        total = v_t + term.var(ddof=1) / K + prompt.var(ddof=1) / S
        total += v_tks - two(tk, row, term) - two(ts, row, prompt) - two(ks, term, prompt)
        assert found.variance == pytest.approx(total, rel=1e-9)
        assert found.estimate == pytest.approx(m)
        assert S - 2 <= found.df <= T - 1
        assert found.low < m < found.high

    def test_never_below_a_one_way_variance(self):
        X = np.random.default_rng(4).normal(0, 0.3, (50, 10, 3, 3)).clip(-1, 1)
        found = three_way_interval(X, np.full(50, 0.25))
        rows = listed_interval(X.mean((-1, -2)), 0.25)
        assert (found.variance >= rows.variance - 1e-15).all()

    def test_no_variance_leaves_the_floor(self):
        found = three_way_interval(np.zeros((10, 3, 3)), 0.5)
        assert found.variance == pytest.approx(0.5 / (11 * 12))
        assert found.df == 9

    @pytest.mark.parametrize(
        "X", [np.zeros((5, 5)), np.zeros((5, 1, 5)), np.full((3, 3, 3), np.nan)]
    )
    def test_needs_a_complete_table(self, X):
        with pytest.raises(ValueError, match="complete table"):
            three_way_interval(X, 0.5)

    def test_coverage_over_all_three(self):
        rng = np.random.default_rng(5)
        n, T, K, S = 2000, 20, 5, 5
        X = (
            0.08 * rng.standard_normal((n, T, 1, 1))
            + 0.05 * rng.standard_normal((n, 1, K, 1))
            + 0.05 * rng.standard_normal((n, 1, 1, S))
            + 0.1 * rng.standard_normal((n, T, K, S))
        ).clip(-1, 1)
        found = three_way_interval(X, np.full(n, 0.25))
        assert 0.93 <= ((found.low <= 0) & (found.high >= 0)).mean() <= 0.995
