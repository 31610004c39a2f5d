"""Shares of the variance of a whole run, from its records."""

import numpy as np
import pytest

from audit.records import Prediction
from audit.statistics.components import estimate_components, prior_components
from audit.statistics.variance import variance_shares
from benchmarks.world import simulate
from tests.small_audits import SmallAudit, drawn

SOURCES = ["template", "term", "interaction", "shot_order", "sampling"]


def audit_of(world, repeats=None):
    """Put simulated cells into records: exact, or as repeats."""
    audit = SmallAudit()
    groups, templates, terms = world.y.shape[1:]
    for t in range(templates):
        for j, value in enumerate(world.b[0, t]):
            audit.reference(t, value, f"filler{j}", answer=answer(value, repeats))
        for g in range(groups):
            for k in range(terms):
                value = world.y[0, g, t, k]
                audit.term(t, f"g{g}", f"g{g}k{k}", value, answer=answer(value, repeats))
    return audit


def answer(value, repeats):
    """Return how a variant is answered; ``None`` for exact probabilities."""
    if repeats is None:
        return None
    bad = round(value * repeats)
    return lambda identity: drawn(identity, bad, repeats - bad)


@pytest.mark.parametrize("repeats", [None, 5])
def test_one_group_follows_the_components(repeats):
    kind = "exact" if repeats is None else "sampled"
    world = simulate(np.random.default_rng(0), n=1, T=40, K=4, J=3, p0=0.3, kind=kind)
    found = audit_of(world, repeats).summary().variance_shares
    parts = estimate_components(world.y[0, 0], world.b[0], repeats=repeats)
    expected = variance_shares(parts, fillers=3)
    for source in SOURCES:
        want = getattr(expected, source)
        assert found[source] == (None if want is None else pytest.approx(want, rel=1e-9))


def test_shares_are_averaged_over_groups_and_near_the_truth():
    world = simulate(np.random.default_rng(1), n=1, T=120, K=5, J=3, R=5, G=6, p0=0.3)
    found = audit_of(world, 5).summary().variance_shares
    truth = variance_shares(prior_components(0.3), fillers=3)
    assert list(found) == SOURCES
    assert sum(share for share in found.values() if share is not None) == pytest.approx(1)
    assert found["sampling"] == pytest.approx(truth.sampling, abs=0.05)
    assert found["template"] == pytest.approx(truth.template, abs=0.05)


def test_single_repeats_hide_the_sampling_noise():
    world = simulate(np.random.default_rng(2), n=1, T=20, K=3, J=3, R=1, p0=0.3)
    found = audit_of(world, 1).summary().variance_shares
    assert found == dict.fromkeys(SOURCES)


def test_single_terms_cannot_be_split():
    world = simulate(np.random.default_rng(3), n=1, T=20, K=1, J=3, p0=0.3, kind="exact")
    assert audit_of(world).summary().variance_shares == dict.fromkeys(SOURCES)


def test_nothing_answered():
    world = simulate(np.random.default_rng(4), n=1, T=8, K=2, J=2, p0=0.3, kind="exact")
    audit = audit_of(world)
    audit.predictions.clear()
    assert audit.summary().variance_shares == dict.fromkeys(SOURCES)


def test_scores_are_not_drawn():
    world = simulate(np.random.default_rng(5), n=1, T=20, K=3, J=3, p0=0.3, kind="exact")
    audit = audit_of(world)
    rng = np.random.default_rng(6)
    audit.predictions = [Prediction(id=v.id, score=rng.random()) for v in audit.variants]
    from audit.statistics import outcome_of

    found = audit.summary(outcome=outcome_of(None, (0.0, 1.0))).variance_shares
    assert found["sampling"] == 0.0
    assert found["template"] is not None
