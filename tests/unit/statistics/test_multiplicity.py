import numpy as np
import pytest
from scipy import stats

from audit.statistics import multiplicity
from audit.statistics.multiplicity import benjamini_hochberg, holm, max_t


def rng():
    return np.random.default_rng(0)


@pytest.mark.parametrize("T", [5, 6])
def test_smallest_p_of_a_full_enumeration(T):
    D = 0.3 + np.arange(T) / 1000
    assert max_t(D[None], [0.25], rng=rng())[0] == 2 / 2**T


def test_full_enumeration_counts_every_flip():
    D = np.random.default_rng(1).normal(0.1, 0.3, 8).clip(-1, 1)
    signs = 1 - 2 * ((np.arange(256)[:, None] >> np.arange(8)) & 1)

    def statistic(values):
        SS = ((values - values.mean()) ** 2).sum()
        V = max(SS / 7 / 8, (SS + 2 * 0.3**2) / 90)
        return abs(values.mean()) / np.sqrt(V)

    expected = np.mean([statistic(row * D) >= statistic(D) - 1e-9 for row in signs])
    assert max_t(D[None], [0.3], rng=rng())[0] == expected


def test_groups_are_compared_with_the_largest_of_those_not_yet_rejected():
    generator = np.random.default_rng(2)
    D = generator.normal(0, 0.1, (3, 10)) + np.array([[0.3], [0.08], [0.0]])
    joint = max_t(D, np.full(3, 0.25), rng=rng())
    alone = np.array([max_t(row[None], [0.25], rng=rng())[0] for row in D])
    assert (joint >= alone).all()
    last = np.argsort(-joint)[0]
    assert joint[last] == pytest.approx(alone[last])
    assert list(np.argsort(joint)) == [0, 1, 2]


def test_copies_of_a_group_cost_nothing_because_flips_are_joint():
    D = np.random.default_rng(3).normal(0.1, 0.2, (1, 11))
    one = max_t(D, [0.3], rng=rng())
    five = max_t(np.repeat(D, 5, axis=0), np.full(5, 0.3), rng=rng())
    assert five == pytest.approx(np.repeat(one, 5))


def test_random_flips_never_give_zero_and_are_reproducible():
    D = np.random.default_rng(4).normal(0.5, 0.05, (2, 30)).clip(-1, 1)
    first = max_t(D, [0.25, 0.25], rng=rng(), draws=99)
    assert first.tolist() == [0.01, 0.01]
    D = np.random.default_rng(5).normal(0, 0.1, (2, 30))
    assert max_t(D, [0.3, 0.3], rng=rng()).tolist() == max_t(D, [0.3, 0.3], rng=rng()).tolist()


def test_missing_templates_and_groups():
    D = np.random.default_rng(6).normal(0.2, 0.1, (4, 20))
    D[1, ::2] = np.nan
    D[2] = np.nan
    D[3, 1:] = np.nan
    p = max_t(D, np.full(4, 0.25), rng=rng())
    assert np.isnan(p).tolist() == [False, False, True, True]
    assert (p[:2] < 0.05).all()
    assert np.isnan(max_t(np.full((2, 3), np.nan), [0.5, 0.5], rng=rng())).all()


def test_memory_is_bounded_by_chunks(monkeypatch):
    D = np.random.default_rng(7).normal(0.05, 0.2, (5, 10))
    whole = max_t(D, np.full(5, 0.3), rng=rng())
    monkeypatch.setattr(multiplicity, "_CHUNK_VALUES", 100)
    assert max_t(D, np.full(5, 0.3), rng=rng()).tolist() == whole.tolist()


def test_bad_input_is_named():
    with pytest.raises(ValueError, match="D: values"):
        max_t([[np.inf, 0.1]], [0.5], rng=rng())
    with pytest.raises(ValueError, match="D and h"):
        max_t([0.1, 0.2], [0.5], rng=rng())
    with pytest.raises(ValueError, match="D and h"):
        max_t([[0.1, 0.2]], [0.5, 0.5], rng=rng())
    with pytest.raises(ValueError, match="draws"):
        max_t([[0.1, 0.2]], [0.5], rng=rng(), draws=0)
    for adjust in (holm, benjamini_hochberg):
        with pytest.raises(ValueError, match="p: values"):
            adjust([0.1, 1.2])


def test_adjusted_values_keep_their_places_and_leave_nan_out():
    p = [0.04, np.nan, 0.001, 0.03]
    assert holm(p)[[0, 2, 3]] == pytest.approx([0.06, 0.003, 0.06])
    assert benjamini_hochberg(p)[[0, 2, 3]] == pytest.approx([0.04, 0.003, 0.04])
    assert np.isnan(holm(p)[1])
    assert holm([]).size == 0
    assert benjamini_hochberg([np.nan]).tolist() != [0.0]


def test_rank_is_not_argsort():
    # Using argsort where ranks belong gives other values as soon as p is unsorted twice over.
    p = np.array([0.02, 0.01, 0.05, 0.03, 0.04])
    assert benjamini_hochberg(p) == pytest.approx(stats.false_discovery_control(p))
