"""What must hold for any audit: swapping, relabelling, order, copies and bounds."""

import dataclasses

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from audit.records import Task
from audit.statistics import outcome_of
from audit.statistics.intervals import floor_h, listed_interval, phrases_interval
from audit.statistics.multiplicity import benjamini_hochberg, holm, max_t
from audit.verdicts import decide, judge
from tests.small_audits import TASK, drawn, table_audit

cells = st.floats(0, 1, allow_nan=False).map(lambda x: round(x, 3))
small = settings(max_examples=60, deadline=None)


@st.composite
def tables(draw, terms=(1, 5)):
    T, K = draw(st.integers(2, 14)), draw(st.integers(*terms))
    return (
        draw(hnp.arrays(float, (T, K), elements=cells)),
        draw(hnp.arrays(float, T, elements=cells)),
    )


def gap_of(table, reference, **more):
    return table_audit(table, reference).summary(**more).groups[0]


def ends(gap):
    return np.array([gap.estimate, gap.interval.low, gap.interval.high])


@small
@given(tables())
def test_swapping_the_outcome_negates_the_gap(data):
    table, reference = data
    one = gap_of(table, reference)
    other = gap_of(
        table, reference, outcome=outcome_of(dataclasses.replace(TASK, favourable="Bad"))
    )
    assert np.allclose(ends(one), -ends(other)[[0, 2, 1]], atol=1e-12)
    if one.phrases is not None:
        low, high = one.phrases.interval.low, one.phrases.interval.high
        assert np.allclose(
            [low, high],
            [-other.phrases.interval.high, -other.phrases.interval.low],
            atol=1e-9,
        )


@small
@given(tables(terms=(1, 1)))
def test_swapping_the_arms_negates_the_gap(data):
    table, reference = data
    one = gap_of(table, reference)
    other = gap_of(reference[:, None], table[:, 0])
    assert np.allclose(ends(one), -ends(other)[[0, 2, 1]], atol=1e-12)


@small
@given(tables(), st.randoms(use_true_random=False))
def test_order_and_names_change_nothing(data, random):
    audit = table_audit(*data)
    plain = audit.summary().groups[0]
    both = list(zip(audit.variants, audit.predictions, strict=True))
    random.shuffle(both)
    units = sorted({v.unit for v in audit.variants})
    renamed = dict(
        zip(units, random.sample([f"carrier {u}" for u in units], len(units)), strict=True)
    )
    audit.variants = [
        dataclasses.replace(v, unit=renamed[v.unit], context=renamed[v.unit]) for v, _ in both
    ]
    audit.predictions = [said for _, said in both]
    random.shuffle(audit.predictions)
    shuffled = audit.summary().groups[0]
    assert np.allclose(ends(plain), ends(shuffled), atol=1e-12)
    assert plain.flips == shuffled.flips
    assert (plain.n_templates, plain.n_pairs) == (shuffled.n_templates, shuffled.n_pairs)


@small
@given(tables())
def test_intervals_hold_the_estimate_within_the_bounds(data):
    gap = gap_of(*data)
    assert -1 <= gap.interval.low <= gap.estimate <= gap.interval.high <= 1
    assert gap.interval.low < gap.interval.high
    assert 0 <= gap.p_value <= gap.p_adjusted <= 1


@small
@given(tables(), st.floats(-100, 100), st.floats(0.1, 50))
def test_scores_are_equivariant_under_their_unit(data, low, width):
    table, reference = data
    one = gap_of(table, reference)
    audit = table_audit(table, reference)
    for i, said in enumerate(audit.predictions):
        score = min(max(low + said.probabilities["Bad"] * width, low), low + width)
        audit.predictions[i] = dataclasses.replace(
            said, probabilities=None, unparsed=None, score=score
        )
    task = Task(kind="score", range=(low, low + width), favourable_end="low")
    summary = audit.summary(task=task)
    assert np.allclose(ends(summary.groups[0]), ends(one) * width, atol=1e-9 * (abs(low) + width))
    plain = table_audit(table, reference).summary()
    (scored,) = judge(summary.groups, summary.limits, summary.outcome)
    (labelled,) = judge(plain.groups, plain.limits, plain.outcome)
    assert (scored.verdict, scored.direction) == (labelled.verdict, labelled.direction)


@small
@given(tables())
def test_never_a_point_and_never_narrower_than_the_floor(data):
    table, reference = data
    X = table - reference[:, None]
    h = floor_h(np.concatenate([table.ravel(), reference]))
    listed = listed_interval(X.mean(axis=1), h)
    T = len(X)
    assert listed.variance >= 2 * 0.25**2 / ((T + 1) * (T + 2))
    two_way = phrases_interval(X, h)
    assert np.isnan(two_way.variance) or two_way.variance >= listed.variance


@small
@given(
    st.integers(1, 5),
    st.integers(2, 20),
    st.integers(0, 2**32 - 1),
)
def test_sign_flip_p_values_are_never_below_their_smallest(G, T, seed):
    rng = np.random.default_rng(seed)
    D = rng.uniform(-1, 1, (G, T))
    D[rng.random((G, T)) < 0.2] = np.nan
    p = max_t(D, np.full(G, 0.3), rng=rng, draws=99)
    p = p[~np.isnan(p)]
    present = int((~np.isnan(D)).any(axis=0).sum())  # templates that no group has are not flipped
    assert (p >= (2 / 2**present if present <= 12 else 1 / 100) - 1e-12).all()
    assert (p <= 1).all()


@small
@given(hnp.arrays(float, st.integers(0, 30), elements=st.floats(0, 1)))
def test_adjusting_never_lowers_a_p_value_nor_changes_their_order(p):
    for adjust in (holm, benjamini_hochberg):
        q = adjust(p)
        assert (q >= p).all()
        assert (np.diff(q[np.argsort(p, kind="stable")]) >= 0).all()
    assert (holm(p) >= benjamini_hochberg(p) - 1e-15).all()


@small
@given(st.integers(0, 5), st.integers(0, 5), st.integers(1, 5))
def test_refusals_are_counted_not_dropped(bad, good, nothing):
    audit = table_audit([[0.0]] * 8, [0.0] * 8)
    audit.predictions = [drawn(p.id, bad, good, nothing) for p in audit.predictions]
    summary = audit.summary()
    rate = nothing / (bad + good + nothing)
    assert np.isclose(summary.overall["unparsed_rate"], rate)
    gap = summary.groups[0]
    low, high = gap.refusal_bounds
    assert low.low <= high.high
    assert (gap.estimate is None) == (bad + good == 0)


@small
@given(st.floats(-1, 1), st.floats(0, 1), st.floats(0, 1), st.floats(0.001, 0.5))
def test_verdicts_are_symmetric_and_monotone(low, width, p, tolerance):
    high = low + width
    one = decide(low, high, p, tolerance=tolerance, alpha=0.05)
    assert one == decide(-high, -low, p, tolerance=tolerance, alpha=0.05)
    if one == "no_gap":
        assert decide(low, high, p, tolerance=tolerance * 2, alpha=0.05) == "no_gap"
    if one == "gap":
        assert decide(low, high, p, tolerance=tolerance / 2, alpha=0.05) == "gap"
