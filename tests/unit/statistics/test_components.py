"""Variance components, from pilots and from priors."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from audit.statistics.components import (
    Components,
    estimate_components,
    pilot_components,
    prior_components,
)
from audit.statistics.twoway import two_way
from benchmarks.world import simulate


def by_hand(y, b, R, R0):
    """The formulas of the planner on complete tables, written out."""
    T, K = y.shape
    J = b.shape[1]
    X = y - b.mean(1, keepdims=True)
    e = X - X.mean(1, keepdims=True) - X.mean(0) + X.mean()
    v_i = (e**2).sum() / ((T - 1) * (K - 1)) / (T * K)
    v_k = X.mean(0).var(ddof=1) / K
    w_g = (y * (1 - y)).mean() * R / (R - 1)
    w_0 = (b * (1 - b)).mean() * R0 / (R0 - 1)
    s_tk = max(0, T * K * v_i - w_g / R)
    f = b - b.mean(1, keepdims=True) - b.mean(0) + b.mean()
    s_b = max(0, (f**2).sum() / ((T - 1) * (J - 1)) - w_0 / R0) if J > 1 else s_tk
    s_t = max(0, X.mean(1).var(ddof=1) - s_tk / K - w_g / (K * R) - (s_b + w_0 / R0) / J)
    return s_t, s_tk, max(0, K * (v_k - v_i)), s_b, w_g, w_0


@pytest.mark.parametrize("J", [1, 3])
def test_complete_tables_follow_the_formulas(J):
    world = simulate(np.random.default_rng(J), n=1, T=40, K=5, R=5, J=J, R0=10, p0=0.3)
    y, b = world.y[0, 0], world.b[0]
    found = estimate_components(y, b, repeats=5, reference_repeats=10)
    assert_allclose(found.values, by_hand(y, b, 5, 10), rtol=1e-9, atol=1e-12)
    assert found.pilot_templates == 40


def test_components_recover_the_world():
    truth = prior_components(0.3, 0.1)
    world = simulate(np.random.default_rng(3), n=1, T=4000, K=12, R=5, J=12, p0=0.3, gap=0.1)
    found = estimate_components(world.y[0, 0], world.b[0], repeats=5)
    assert_allclose(found.values, truth.values, rtol=0.25)
    assert found.spread == pytest.approx(truth.spread, rel=0.05)


def test_exact_probabilities_have_no_noise_to_subtract():
    world = simulate(np.random.default_rng(4), n=1, T=30, K=4, J=3, kind="exact")
    y, b = world.y[0, 0], world.b[0]
    found = estimate_components(y, b, repeats=None)
    assert found.sampling == pytest.approx((y * (1 - y)).mean())
    X = y - b.mean(1, keepdims=True)
    assert found.interaction == pytest.approx(120 * two_way(X).interaction, rel=1e-9)


def test_missing_cells_are_left_out():
    world = simulate(np.random.default_rng(5), n=1, T=2000, K=6, R=5, J=3, p0=0.3)
    y, b = world.y[0, 0].copy(), world.b[0].copy()
    whole = estimate_components(y, b, repeats=5)
    rng = np.random.default_rng(6)
    y[rng.random(y.shape) < 0.3] = np.nan
    b[rng.random(b.shape) < 0.1] = np.nan
    b[0] = np.nan
    part = estimate_components(y, b, repeats=5)
    assert part.pilot_templates < 2000
    assert_allclose(part.values, whole.values, rtol=0.25, atol=3e-4)


def test_identical_answers_have_no_variance():
    found = estimate_components(np.zeros((12, 3)), np.zeros((12, 2)), repeats=5)
    assert found.values == (0.0,) * 6
    assert found.spread == 0.0


@pytest.mark.parametrize(
    ("y", "b", "more", "message"),
    [
        (np.zeros((10, 3)), np.zeros((9, 1)), {}, "y and b"),
        (np.zeros(10), np.zeros((10, 1)), {}, "y and b"),
        (np.zeros((10, 3)), np.zeros(10), {}, "y and b"),
        (np.full((10, 3), 1.5), np.zeros((10, 1)), {}, "y: values"),
        (np.zeros((10, 3)), np.full((10, 1), -1.0), {}, "b: values"),
        (np.zeros((10, 3)), np.zeros((10, 1)), {"repeats": 1}, "repeats"),
        (np.zeros((10, 3)), np.zeros((10, 1)), {"reference_repeats": 1}, "reference_repeats"),
        (np.zeros((10, 1)), np.zeros((10, 1)), {}, "two templates and two terms"),
        (np.full((10, 3), np.nan), np.zeros((10, 1)), {}, "two templates and two terms"),
        (np.zeros((2, 2)), [[0.0], [np.nan]], {}, "two templates and two terms"),
    ],
)
def test_what_cannot_be_split_is_an_error(y, b, more, message):
    with pytest.raises(ValueError, match=message):
        estimate_components(y, b, **({"repeats": 5} | more))


@pytest.mark.parametrize("shape", [(9, 3), (10, 2), (30,)])
def test_small_pilots_are_refused(shape):
    with pytest.raises(ValueError, match="a pilot needs at least 10 templates and 3 terms"):
        pilot_components(np.zeros(shape), np.zeros((shape[0], 1)), repeats=5)


def test_pilot_is_the_estimate():
    world = simulate(np.random.default_rng(7), n=1, T=10, K=3, R=2, J=2)
    y, b = world.y[0, 0], world.b[0]
    assert pilot_components(y, b, repeats=2) == estimate_components(y, b, repeats=2)


def test_priors_agree_with_the_simulated_spread():
    prior = prior_components(0.1)
    world = simulate(np.random.default_rng(8), n=1, T=100_000, K=1, J=1, kind="exact")
    p = world.p_y[0, 0, :, 0]
    assert prior.sampling == pytest.approx((p * (1 - p)).mean(), rel=0.03)


def test_priors_without_effects_leave_sampling_only():
    prior = prior_components(0.2, 0.1, template=0, group_template=0, term=0, term_template=0)
    assert_allclose(prior.values, (0, 0, 0, 0, 0.21, 0.16), atol=1e-9)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"reference_rate": 0.0}, "reference_rate"),
        ({"reference_rate": 0.9, "gap": 0.1}, "reference_rate"),
        ({"reference_rate": 0.1, "term": -1.0}, "standard deviations"),
    ],
)
def test_impossible_priors(given, message):
    with pytest.raises(ValueError, match=message):
        prior_components(**given)


@pytest.mark.parametrize("part", [-1.0, float("nan"), float("inf")])
def test_components_are_variances(part):
    with pytest.raises(ValueError, match="every variance"):
        Components(0.1, 0.1, part, 0.1, 0.1, 0.1)


def test_mean_square_with_missing_cells_is_least_squares():
    """Reference: ordinary least squares on template and term dummies."""
    rng = np.random.default_rng(10)
    X = rng.random((9, 4))
    X[rng.random(X.shape) < 0.25] = np.nan
    rows, columns = np.nonzero(~np.isnan(X))
    dummies = np.hstack([np.eye(9)[rows], np.eye(4)[columns]])
    values = X[rows, columns]
    fit = dummies @ np.linalg.lstsq(dummies, values, rcond=None)[0]
    df = len(values) - np.linalg.matrix_rank(dummies)
    assert two_way(X).mean_square == pytest.approx(((values - fit) ** 2).sum() / df, rel=1e-9)
