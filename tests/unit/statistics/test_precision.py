import numpy as np
import pytest
from scipy import stats

from audit.statistics.components import Components
from audit.statistics.design import Design, templates_for_pass
from audit.statistics.intervals import listed_interval
from audit.statistics.precision import (
    smallest_detectable_gap,
    strict_templates,
    templates_needed,
    worst_case_unseen,
)


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


@pytest.mark.parametrize("variance", [0.04, 0.2])  # below and above where the floor acts
def test_spread_asks_for_the_first_size_that_is_enough(variance):
    T = templates_needed(variance, 0.5, 0.05)

    def margin(n):
        shown = max(variance / n, ((n - 1) * variance + 2 * 0.5**2) / ((n + 1) * (n + 2)))
        power = stats.t.ppf(0.9, n - 1) * np.sqrt(variance / n)
        return stats.t.ppf(0.975, n - 1) * np.sqrt(shown) + power

    assert margin(T) <= 0.05 < margin(T - 1)


@pytest.mark.parametrize("variance", [0.0, 0.002, 0.01, 0.05, 0.3])
@pytest.mark.parametrize("tolerance", [0.03, 0.05, 0.1])
def test_a_finished_run_asks_for_as_many_templates_as_the_planner(variance, tolerance):
    components = Components(variance, 0, 0, 0, 0, 0)
    design = Design(templates=20, terms=3, fillers=3, scheme="deterministic")
    planned = templates_for_pass(components, design, tolerance)
    assert templates_needed(variance, design.floor, tolerance) == planned


def test_never_fewer_than_six_and_none_where_out_of_reach():
    assert templates_needed(0.0, 0.25, 1.0) == 6
    assert templates_needed(1.0, 0.5, 1e-4) is None


@pytest.mark.parametrize(("variance", "tolerance"), [(-1, 0.05), (float("nan"), 0.05), (1, 0)])
def test_bad_input_is_named(variance, tolerance):
    with pytest.raises(ValueError, match="variance and tolerance"):
        templates_needed(variance, 0.5, tolerance)


def test_worst_case_unseen():
    assert [worst_case_unseen(T) for T in (20, 50, 72)] == pytest.approx(
        [0.168, 0.071, 0.05], abs=6e-4
    )
    with pytest.raises(ValueError, match="T:"):
        worst_case_unseen(0)


def test_strict_templates():
    assert (strict_templates(0.05), strict_templates(0.1)) == (59, 29)
    with pytest.raises(ValueError, match="tolerance"):
        strict_templates(1.0)
