import numpy as np
import pytest
from scipy import stats

from audit.statistics.intervals import listed_interval
from audit.statistics.precision import smallest_detectable_gap, templates_needed


def test_smallest_detectable_gap():
    expected = (stats.t.ppf(0.975, 19) + stats.t.ppf(0.8, 19)) * 0.02
    assert smallest_detectable_gap(0.02, 20) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(("error", "T"), [(0.0, 20), (float("nan"), 20), (0.1, 1)])
def test_smallest_detectable_gap_needs_an_error(error, T):
    with pytest.raises(ValueError, match="standard_error and T"):
        smallest_detectable_gap(error, T)


@pytest.mark.parametrize(
    ("h", "tolerance", "T"), [(0.5, 0.05, 28), (0.25, 0.05, 14), (0.5, 0.1, 14), (0.25, 0.1, 8)]
)
def test_the_floor_alone_asks_for_templates(h, tolerance, T):
    assert templates_needed(0.0, h, tolerance) == T
    assert listed_interval(np.zeros(T), h).high <= tolerance
    assert listed_interval(np.zeros(T - 1), h).high > tolerance


def test_spread_asks_for_the_first_size_that_is_enough():
    T = templates_needed(0.04, 0.5, 0.05)

    def half_width(n):
        return (stats.t.ppf(0.975, n - 1) + stats.t.ppf(0.9, n - 1)) * np.sqrt(0.04 / n)

    assert half_width(T) <= 0.05 < half_width(T - 1)


def test_never_fewer_than_six_and_none_where_out_of_reach():
    assert templates_needed(0.0, 0.25, 1.0) == 6
    assert templates_needed(1.0, 0.5, 1e-4) is None


@pytest.mark.parametrize(("variance", "tolerance"), [(-1, 0.05), (float("nan"), 0.05), (1, 0)])
def test_bad_input_is_named(variance, tolerance):
    with pytest.raises(ValueError, match="variance and tolerance"):
        templates_needed(variance, 0.5, tolerance)
