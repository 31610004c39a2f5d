"""The formulas against scipy and statsmodels, wherever these implement the same thing."""

import gc
import warnings

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
import statsmodels.formula.api as smf
from scipy import stats
from statsmodels.stats.multitest import multipletests

from audit.statistics.intervals import (
    census_interval,
    listed_interval,
    phrases_interval,
)
from audit.statistics.multiplicity import benjamini_hochberg, holm
from audit.statistics.precision import worst_case_unseen
from audit.statistics.twoway import term_spread


def test_listed_is_scipys_t_interval_without_the_floor():
    # stats.t.interval(level, T - 1, mean, sem): 300 sets of template gaps at each of three levels.
    rng = np.random.default_rng(0)
    for level in (0.9, 0.95, 0.99):
        for _ in range(300):
            T = int(rng.integers(6, 80))
            D = rng.uniform(-1, 1, T)
            low, high = stats.t.interval(level, T - 1, D.mean(), stats.sem(D))
            got = listed_interval(D, 0.25, confidence_level=level)
            assert [got.low, got.high] == pytest.approx(np.clip([low, high], -1, 1), abs=1e-12)
            assert got.p_value == pytest.approx(stats.ttest_1samp(D, 0).pvalue, abs=1e-9)


@pytest.fixture
def quick_collections():
    """Let multipletests, which collects garbage on every call, have little to look at."""
    gc.freeze()
    yield
    gc.unfreeze()


def families(count):
    rng = np.random.default_rng(1)
    for _ in range(count):
        p = rng.beta(rng.uniform(0.1, 1), 1, int(rng.integers(1, 30)))
        if rng.random() < 0.3:
            p = p.round(2)  # ties
        yield p


@pytest.mark.usefixtures("quick_collections")
@pytest.mark.parametrize(
    ("adjust", "method"), [(holm, "holm"), (benjamini_hochberg, "fdr_bh")], ids=["holm", "bh"]
)
def test_adjusted_p_values_are_those_of_statsmodels(adjust, method):
    # multipletests(p, method="holm" | "fdr_bh")[1] on 10,000 random families, some with ties.
    for p in families(10_000):
        assert np.abs(adjust(p) - multipletests(p, method=method)[1]).max() <= 1e-9


def two_way_data(seed, T=14, K=6):
    rng = np.random.default_rng(seed)
    X = rng.normal(0.1, 0.12, (T, 1)) + rng.normal(0, 0.15, K) + rng.normal(0, 0.1, (T, K))
    t, k = np.indices(X.shape)
    frame = pd.DataFrame({"x": X.ravel(), "t": t.ravel(), "k": k.ravel(), "one": 1})
    return X, frame


@pytest.mark.parametrize("seed", range(5))
def test_phrases_variance_is_the_standard_error_of_the_mixed_model(seed):
    # Balanced REML with crossed random effects and positive components has the closed form
    # V_T + V_K - V_I; MixedLM reaches it by optimisation, hence the wider tolerance.
    X, frame = two_way_data(seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fit = smf.mixedlm(
            "x ~ 1",
            frame,
            groups="one",
            vc_formula={"t": "0 + C(t)", "k": "0 + C(k)"},
        ).fit(reml=True, method=["lbfgs", "bfgs"])
    got = phrases_interval(X, 0.0)  # without the floor
    assert got.estimate == pytest.approx(fit.fe_params["Intercept"], abs=1e-9)
    assert np.sqrt(got.variance) == pytest.approx(fit.bse["Intercept"], rel=1e-3)


@pytest.mark.parametrize("seed", range(5))
def test_term_spread_is_the_two_way_table_of_statsmodels(seed):
    # sm.stats.anova_lm(ols("x ~ C(t) + C(k)")): the F test of C(k).
    X, frame = two_way_data(seed)
    table = sm.stats.anova_lm(smf.ols("x ~ C(t) + C(k)", frame).fit())
    _, f, p = term_spread(X)
    assert f == pytest.approx(table.loc["C(k)", "F"], rel=1e-9)
    assert p == pytest.approx(table.loc["C(k)", "PR(>F)"], rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_interaction_with_missing_cells_is_the_residual_of_the_additive_model(seed):
    # ols("x ~ C(t) + C(k)") on the present cells: residuals and their degrees of freedom.
    X, frame = two_way_data(seed)
    gone = np.random.default_rng(seed).random(X.shape) < 0.3
    X[gone] = np.nan
    fit = smf.ols("x ~ C(t) + C(k)", frame[~gone.ravel()]).fit()
    T, K = X.shape
    N = (~gone).sum()
    w = (~gone / (~gone).sum(axis=1, keepdims=True) / T)[~gone]
    v_i = N / fit.df_resid * (w**2 * fit.resid.to_numpy() ** 2).sum()
    assert fit.df_resid == N - T - K + 1
    rows = np.nanmean(X, axis=1)
    v_t = rows.var(ddof=1) / T
    weights = ~gone / (~gone).sum(axis=1, keepdims=True) / T
    by_term = (weights * np.where(gone, 0, X - rows.mean())).sum(axis=0)
    v_k = K / (K - 1) * (by_term**2).sum()
    got = phrases_interval(X, 0.0)  # without the floor
    assert got.variance == pytest.approx(max(v_t, v_k, v_t + v_k - v_i), rel=1e-9)


def test_census_of_one_cell_on_each_side_is_the_difference_of_two_proportions():
    # Variance p (1 - p) / (n - 1) of a proportion is that of statsmodels' DescrStatsW mean.
    first, second = np.repeat([1.0, 0.0], [30, 20]), np.repeat([1.0, 0.0], [12, 28])
    error = np.hypot(sm.stats.DescrStatsW(first).std_mean, sm.stats.DescrStatsW(second).std_mean)
    got = census_interval([[0.6]], 50, [[0.3]], 40)
    assert np.sqrt(got.variance) == pytest.approx(error, rel=1e-9)
    assert got.high == pytest.approx(0.3 + stats.norm.ppf(0.975) * error, rel=1e-9)


def test_worst_case_unseen_is_the_exact_binomial_limit():
    # stats.binomtest(0, T).proportion_ci(0.95, "exact").high
    for T in (1, 6, 20, 50, 72):
        exact = stats.binomtest(0, T).proportion_ci(0.95, "exact").high
        assert worst_case_unseen(T) == pytest.approx(exact, abs=1e-9)
