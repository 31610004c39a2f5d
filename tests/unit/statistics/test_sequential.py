"""Sequential rounds: bounds, intervals, the stopping rule."""

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import stats

from audit.statistics.intervals import listed_interval
from audit.statistics.sequential import round_bounds, round_levels, run_rounds, spent_alpha


class TestBounds:
    @pytest.mark.parametrize(
        ("looks", "published"),
        [(3, (3.710, 2.511, 1.993)), (5, (4.877, 3.357, 2.680, 2.290, 2.031))],
    )
    def test_published_tables(self, looks, published):
        """Lan-DeMets O'Brien-Fleming-type bounds, two-sided .05 (gsDesign, ldbounds)."""
        assert_allclose(round_bounds(looks), published, atol=1.1e-3)

    def test_two_looks_against_the_bivariate_normal(self):
        z1, z2 = round_bounds(2)
        assert 2 * stats.norm.sf(z1) == pytest.approx(float(spent_alpha(0.5)), rel=1e-9)
        both = stats.multivariate_normal(cov=[[1, math.sqrt(0.5)], [math.sqrt(0.5), 1]])
        inside = both.cdf([z1, z2], lower_limit=[-z1, -z2], rng=np.random.default_rng(0))
        assert 1 - inside == pytest.approx(0.05, abs=1e-7)

    def test_one_look_is_the_plain_quantile(self):
        assert round_bounds(1)[0] == pytest.approx(stats.norm.ppf(0.975), abs=1e-9)

    def test_unequal_times(self):
        bounds = round_bounds([0.2, 0.5, 1.0])
        assert bounds[0] == pytest.approx(stats.norm.isf(float(spent_alpha(0.2)) / 2), rel=1e-9)
        assert (np.diff(bounds) < 0).all()

    def test_crossing_probability_by_simulation(self):
        steps = np.random.default_rng(1).standard_normal((400_000, 5)).cumsum(axis=1)
        z = steps / np.sqrt(np.arange(1, 6))
        assert (np.abs(z) >= round_bounds(5)).any(axis=1).mean() == pytest.approx(0.05, abs=0.0015)

    def test_other_level(self):
        assert round_bounds(1, confidence_level=0.9)[0] == pytest.approx(stats.norm.ppf(0.95))

    def test_spending_ends_at_alpha(self):
        assert spent_alpha(1.0) == pytest.approx(0.05)
        assert (np.diff(spent_alpha([0.1, 0.2, 0.5, 1.0])) > 0).all()

    @pytest.mark.parametrize("times", [[], [0.5], [0.5, 0.4, 1.0], [[1.0]], 0])
    def test_times_must_increase_to_one(self, times):
        with pytest.raises(ValueError, match="looks"):
            round_bounds(times)

    @pytest.mark.parametrize("time", [0.0, 1.1])
    def test_spending_needs_a_share_of_the_run(self, time):
        with pytest.raises(ValueError, match="t:"):
            spent_alpha(time)

    def test_levels(self):
        assert_allclose(round_levels([1.959964]), [0.95], atol=1e-6)


class TestRounds:
    def test_obvious_gap_stops_at_the_second_look(self):
        D = np.tile([0.4, 0.6], 15)
        found = run_rounds(D, 0.25, 0.05)
        assert (found.verdict, found.templates, found.stopped_early) == ("gap", 12, True)
        level = float(round_levels(round_bounds(5))[1])
        seen = listed_interval(D[:12], 0.25, confidence_level=level)
        assert_allclose([found.estimate, found.low, found.high], [0.5, seen.low, seen.high])

    def test_gap_in_the_other_direction(self):
        assert run_rounds(np.tile([-0.4, -0.6], 15), 0.25, 0.05).verdict == "gap"

    def test_no_gap(self):
        found = run_rounds(np.zeros(60), 0.25, 0.05)
        assert (found.verdict, found.stopped_early) == ("no_gap", True)

    def test_open_to_the_end(self):
        D = np.tile([0.0, 0.1], 10)
        found = run_rounds(D, 0.5, 0.05, looks=3)
        assert (found.verdict, found.templates, found.stopped_early) == ("open", 20, False)
        assert found.low < 0.05 < found.high

    def test_clear_only_at_the_end(self):
        D = np.concatenate([np.tile([0.0, 0.5], 10), np.full(40, 0.4)])
        found = run_rounds(D, 0.25, 0.3, looks=3)
        assert (found.templates, found.stopped_early) == (60, False)
        final = float(round_levels(round_bounds(3))[-1])
        seen = listed_interval(D, 0.25, confidence_level=final)
        assert found.verdict == ("gap" if seen.low > 0.3 else "open")

    def test_batches_and_floors_by_look(self):
        rng = np.random.default_rng(2)
        D = rng.normal(0.1, 0.2, (4, 3, 60)).clip(-1, 1)
        floors = rng.uniform(0.25, 0.5, (4, 3, 5))
        whole = run_rounds(D, floors, 0.05)
        one = run_rounds(D[2, 1], floors[2, 1], 0.05)
        assert whole.verdict[2, 1] == one.verdict
        assert_allclose(
            [whole.low[2, 1], whole.high[2, 1], whole.templates[2, 1]],
            [one.low, one.high, one.templates],
        )

    def test_constant_floor_is_one_for_all_looks(self):
        D = np.random.default_rng(3).normal(0, 0.1, (5, 60))
        one = run_rounds(D, np.full(5, 0.3), 0.05)
        many = run_rounds(D, np.full((5, 5), 0.3), 0.05)
        assert_array_equal(one.verdict, many.verdict)
        assert_allclose(one.low, many.low)

    def test_other_bounds(self):
        D = np.tile([0.0, 0.14], 30)
        assert run_rounds(D, 0.25, 0.04, bounds=[1.96] * 5).templates <= 60

    @pytest.mark.parametrize(
        ("D", "tolerance", "looks"),
        [(np.zeros(9), 0.05, 5), (np.zeros(60), 0.0, 5), (np.full(60, np.nan), 0.05, 5)],
    )
    def test_bad_input(self, D, tolerance, looks):
        with pytest.raises(ValueError, match="D, tolerance and looks"):
            run_rounds(D, 0.5, tolerance, looks=looks)
