"""Weekly monitoring: e-values, processes, thresholds, dispersion, e-BH, change week."""

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import optimize, stats

from audit.statistics.monitoring import (
    EFFECTS,
    Evidence,
    accumulate,
    alarm,
    change_week,
    dispersion,
    e_bh,
    first_alarm,
    log_e_values,
    null_projection,
    past_rate,
    watch,
)
from audit.statistics.weekly import weekly_confidence_sequence


def divergence(q, case):
    """Weighted Kullback-Leibler divergence from (a, b) to (q + d, q)."""
    a, b, m, n, d = case

    def kl(x, y):
        return x * math.log(x / y) + (1 - x) * math.log((1 - x) / (1 - y))

    return m * kl(a, q + d) + n * kl(b, q)


class TestProjection:
    def test_pooled_rate(self):
        a0, b0 = null_projection(0.3, 0.1, 50, 150)
        assert_allclose([a0, b0], 0.15)

    @pytest.mark.parametrize("d", [0.05, -0.05])
    def test_closest_point_of_the_boundary(self, d):
        a, b, m, n = 0.4, 0.2, 30, 200
        a0, b0 = null_projection(a, b, m, n, d)
        best = optimize.minimize_scalar(
            divergence,
            bounds=(max(0, -d) + 1e-9, min(1, 1 - d) - 1e-9),
            args=((a, b, m, n, d),),
            options={"xatol": 1e-12},
        )
        assert b0 == pytest.approx(best.x, abs=1e-6)
        assert a0 - b0 == pytest.approx(d)

    def test_alternative_inside_the_null_is_its_own_projection(self):
        assert_allclose(null_projection(0.1, 0.2, 5, 5), (0.1, 0.2))
        assert_allclose(null_projection(0.3, 0.2, 5, 5, 0.2), (0.3, 0.2))

    def test_no_texts(self):
        assert_allclose(null_projection(0.3, 0.2, 0, 0), (0.3, 0.2))

    @pytest.mark.parametrize(
        "given",
        [(0.0, 0.1, 1, 1, 0), (0.1, 1.0, 1, 1, 0), (0.1, 0.1, -1, 1, 0), (0.2, 0.1, 1, 1, 1.0)],
    )
    def test_bad_input(self, given):
        with pytest.raises(ValueError, match="must"):
            null_projection(*given)


class TestEValues:
    @pytest.mark.parametrize("delta", [0.0, 0.05])
    @pytest.mark.parametrize("below", [0.0, 0.1])
    def test_expectation_is_at_most_one(self, delta, below):
        """Summed over all outcomes of one week."""
        n_g, n_r, p_r = 8, 12, 0.3
        x, y = np.meshgrid(np.arange(n_g + 1), np.arange(n_r + 1), indexing="ij")
        e = np.exp(log_e_values(x, n_g, y, n_r, np.full(x.shape, 0.2), delta=delta))
        weight = stats.binom.pmf(x, n_g, p_r + delta - below) * stats.binom.pmf(y, n_r, p_r)
        assert (np.einsum("ij,ijk->k", weight, e) <= 1 + 1e-12).all()

    def test_it_is_the_likelihood_ratio(self):
        found = log_e_values(5, 10, 4, 40, 0.1)[0]
        a = 0.1 + EFFECTS[0]
        a0 = (10 * a + 40 * 0.1) / 50
        expected = stats.binom.logpmf(5, 10, a) - stats.binom.logpmf(5, 10, a0)
        expected += stats.binom.logpmf(4, 40, 0.1) - stats.binom.logpmf(4, 40, a0)
        assert found == pytest.approx(expected, rel=1e-9)

    def test_week_without_texts_says_nothing(self):
        assert_array_equal(log_e_values(0, 0, 0, 0, 0.1), np.zeros(4))

    def test_alternative_beyond_one_says_nothing_wrong(self):
        assert (np.exp(log_e_values(0, 5, 40, 40, 0.999)) <= 1).all()

    def test_past_rate_looks_back_only(self):
        assert_allclose(past_rate([4, 9], [10, 10]), [0.1, 4.5 / 15])


class TestProcesses:
    def test_accumulation_by_hand(self):
        steps = np.log([[2.0, 1.0], [3.0, 0.5]])
        found = accumulate(steps)
        assert_allclose(np.exp(found.log_e), [1.5, (6 + 0.5) / 2])
        assert_allclose(np.exp(found.log_m), [1.5, (3 * 3 + 0.5 * 2) / 2])

    def test_thresholds(self):
        def at(e, m):
            return Evidence(np.log([e]), np.log([m]), np.zeros((1, 1)))

        assert alarm(at(40.0 + 1e-9, 1.0)).all()
        assert not alarm(at(39.9, 2079.0)).any()
        assert alarm(at(1.0, 2080.1)).all()
        assert not alarm(at(79.0, 4159.0), 2).any()
        assert alarm(at(1.0, 4160.1), 2).all()

    def test_first_alarm(self):
        assert_array_equal(first_alarm([[False, True, True], [False] * 3]), [1, -1])

    def test_both_directions_mirror_each_other(self):
        rng = np.random.default_rng(0)
        n = np.full(30, 50)
        x, y = rng.binomial(50, 0.5, 30), rng.binomial(50, 0.5, 30)
        seen = watch(x, n, y, n, tempered=False)
        mirrored = log_e_values(n - x, n, n - y, n, 1 - past_rate(y, n))
        assert_allclose(seen.better.steps, mirrored)
        assert_array_equal(seen.dispersion, np.ones(30))

    def test_finds_the_planted_change_and_its_week(self):
        rng = np.random.default_rng(1)
        weeks = np.arange(40)
        n_g, n_r = np.full((300, 40), 200), np.full((300, 40), 1000)
        x_g = rng.binomial(n_g, np.where(weeks >= 15, 0.2, 0.1))
        x_r = rng.binomial(n_r, 0.1)
        seen = watch(x_g, n_g, x_r, n_r)
        delay = first_alarm(seen.alarm()) - 15 + 1
        assert 1 <= np.median(delay) <= 4
        begin = change_week(seen.worse.steps[:, :20])
        assert (np.abs(begin - 15) <= 2).mean() > 0.9

    def test_better_is_an_alarm_too(self):
        n_g, n_r = np.full(40, 200), np.full(40, 1000)
        seen = watch(np.full(40, 10), n_g, np.full(40, 200), n_r)
        assert seen.alarm()[-1]
        assert not alarm(seen.worse).any()
        assert alarm(seen.better).any()

    def test_more_groups_need_more_evidence(self):
        n_g, n_r = np.full(40, 100), np.full(40, 1000)
        seen = watch(np.full(40, 20), n_g, np.full(40, 100), n_r)
        assert first_alarm(seen.alarm(20)) >= first_alarm(seen.alarm(1)) > 0

    def test_tolerated_difference(self):
        n_g, n_r = np.full(40, 200), np.full(40, 1000)
        counts = (np.full(40, 30), n_g, np.full(40, 100), n_r)
        assert alarm(watch(*counts, tempered=False).worse).any()
        assert not alarm(watch(*counts, delta=0.05, tempered=False).worse).any()

    def test_evidence_is_the_mean_of_the_four_processes(self):
        n = np.full(10, 20)
        seen = watch(np.full(10, 6), n, np.full(10, 4), n)
        parts = [np.exp(side.log_e) for side in (seen.worse, seen.better)]
        parts += [np.exp(side.log_m) / 52 for side in (seen.worse, seen.better)]
        assert_allclose(seen.evidence(), sum(parts) / 4)

    def test_evidence_stays_finite(self):
        n = np.full(400, 100_000)
        seen = watch(np.full(400, 90_000), n, np.full(400, 100), n, tempered=False)
        assert np.isfinite(seen.evidence()).all()

    def test_evidence_averages_at_most_one_under_the_null(self):
        rng = np.random.default_rng(2)
        n_g, n_r = np.full((4000, 20), 40), np.full((4000, 20), 200)
        seen = watch(rng.binomial(n_g, 0.2), n_g, rng.binomial(n_r, 0.2), n_r, tempered=False)
        assert seen.evidence()[:, -1].mean() < 1.1

    @pytest.mark.parametrize(
        ("counts", "name"),
        [
            ((5, 4, 0, 0), "x_g"),
            ((-1, 4, 0, 0), "x_g"),
            ((0, 4, 3, 2), "x_r"),
            ((math.nan, 4, 0, 0), "x_g"),
            ((0, math.inf, 0, 0), "x_g"),
        ],
    )
    def test_impossible_counts(self, counts, name):
        with pytest.raises(ValueError, match=name):
            watch(*([value] for value in counts))


class TestDispersion:
    def test_by_hand(self):
        x, n = np.array([2, 6, 1, 5, 3, 4]), np.array([10, 20, 10, 10, 10, 10])
        angle = 2 * np.arcsin(np.sqrt(x / n))
        square = np.diff(angle) ** 2 / (1 / n[1:] + 1 / n[:-1])
        late = [square[:k].mean() * (1 + 2 / math.sqrt(k)) for k in (3, 4)]
        assert_allclose(dispersion(x, n), [2, 2, 2, 2, *np.maximum(late, 1)])

    def test_independent_texts_need_little(self):
        rng = np.random.default_rng(3)
        n = np.full((500, 52), 100)
        phi = dispersion(rng.binomial(n, 0.2), n)
        assert (phi >= 1).all()
        assert 1.0 < phi[:, -1].mean() < 1.5

    def test_clustered_texts_are_seen(self):
        rng = np.random.default_rng(4)
        n = np.full((500, 52), 100)
        x = rng.binomial(n, rng.beta(0.2 * 49, 0.8 * 49, n.shape))
        assert dispersion(x, n)[:, -1].mean() == pytest.approx(1 + 99 * 0.02, rel=0.4)

    def test_weeks_without_texts_are_skipped(self):
        x, n = np.array([2, 0, 1, 0, 3, 4]), np.array([10, 0, 10, 0, 10, 10])
        assert_array_equal(dispersion(x, n), np.full(6, 2.0))

    def test_short_histories(self):
        assert_array_equal(dispersion([1], [10]), [2.0])


class TestEBH:
    def test_step_up(self):
        assert_array_equal(e_bh([26, 60, 35, 1]), [False, False, False, False])
        assert_array_equal(e_bh([26, 80, 41, 1]), [False, True, True, False])
        assert_array_equal(e_bh([27, 28, 30, 1]), [True, True, True, False])

    def test_batches(self):
        found = e_bh([[80, 1], [1, 1]])
        assert_array_equal(found, [[True, False], [False, False]])

    def test_unknown_is_never_marked(self):
        assert_array_equal(e_bh([math.nan, 1000.0]), [False, True])

    def test_one_is_marked_as_by_markov(self):
        assert e_bh([20.0]).all()
        assert not e_bh([19.9]).any()

    @pytest.mark.parametrize(("values", "rate"), [([-1.0], 0.05), ([1.0], 0.0), ([1.0], 1.0)])
    def test_bad_input(self, values, rate):
        with pytest.raises(ValueError, match="evidence and rate"):
            e_bh(values, rate)


class TestWeeklySequence:
    def test_covers_all_weeks_together(self):
        x = np.random.default_rng(5).normal(0.02, 0.1, (2000, 52))
        low, high = weekly_confidence_sequence(x)
        miss = (low > 0.02) | (high < 0.02)
        assert miss[:, 7:].any(axis=1).mean() < 0.07
        assert np.isnan(low[:, :7]).all()

    def test_closed_form(self):
        x = np.random.default_rng(6).normal(0, 1, 30)
        low, high = weekly_confidence_sequence(x, best_at=20)
        r2 = (-2 * math.log(0.05) + math.log(-2 * math.log(0.05) + 1)) / 20
        t = 30
        half = x.std(ddof=1) * math.sqrt(
            2 * (t * r2 + 1) / (t**2 * r2) * math.log(math.sqrt(t * r2 + 1) / 0.05)
        )
        assert (high[-1] - low[-1]) / 2 == pytest.approx(half, rel=1e-9)
        assert (high[-1] + low[-1]) / 2 == pytest.approx(x.mean())

    @pytest.mark.parametrize("given", [{"start": 1}, {"best_at": 0}, {"confidence_level": 1.0}])
    def test_bad_input(self, given):
        with pytest.raises(ValueError, match=r"start|confidence_level"):
            weekly_confidence_sequence([0.0, 0.1], **given)
