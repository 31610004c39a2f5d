import dataclasses

import numpy as np
import pytest

from audit.records import Group, Limits, Prediction, Task, Term
from audit.statistics.intervals import census_interval, floor_h, listed_interval, phrases_interval
from audit.statistics.multiplicity import benjamini_hochberg, holm, max_t
from tests.small_audits import (
    GOLDEN_A,
    GOLDEN_B,
    REFERENCE_B,
    SmallAudit,
    drawn,
    table_audit,
)


def several(T=20, G=3, K=4, seed=0):
    rng = np.random.default_rng(seed)
    values, reference = rng.random((G, T, K)).round(1), rng.random(T).round(1)
    values[0] = np.minimum(1, values[0] + 0.4)
    audit = SmallAudit()
    for t in range(T):
        audit.reference(t, reference[t])
        for g in range(G):
            for k in range(K):
                audit.term(t, f"g{g}", f"k{k}", values[g, t, k])
    return audit, values, reference


@pytest.mark.parametrize(
    ("table", "reference", "expected"),
    [
        (GOLDEN_A, [0] * 6, [11.1111, -3.2741, 25.4963, -6.9002, 29.1224]),
        (GOLDEN_B, REFERENCE_B, [24.4444, 1.3194, 47.5695, -62.3658, 100]),
    ],
)
@pytest.mark.parametrize("sampled", [False, True])
def test_golden_tables(table, reference, expected, sampled):
    audit = table_audit(table, reference)
    if sampled:
        audit.predictions = [
            drawn(p.id, bad := round(p.probabilities["Bad"] * 5), 5 - bad)
            for p in audit.predictions
        ]
    gap = audit.summary().groups[0]
    listed, phrases = gap.interval, gap.phrases.interval
    got = [gap.estimate, listed.low, listed.high, phrases.low, phrases.high]
    assert [value * 100 for value in got] == pytest.approx(expected, abs=1e-3)
    assert gap.phrases.note.startswith("weak")
    assert (gap.n_templates, gap.n_terms, gap.n_pairs) == (6, 3, 18)


def test_groups_agree_with_the_array_functions():
    audit, values, reference = several()
    summary = audit.summary()
    D = values.mean(axis=2) - reference
    h = np.array([floor_h(np.concatenate([v.ravel(), reference])) for v in values])
    expected = listed_interval(D, h)
    adjusted = np.maximum(expected.p_value, max_t(D, h, rng=np.random.default_rng(0)))
    for g, gap in enumerate(summary.groups):
        assert gap.id == f"g{g}"
        assert gap.label == f"G{g}"
        assert gap.estimate == pytest.approx(D[g].mean())
        assert gap.interval.low == pytest.approx(expected.low[g], abs=1e-12)
        assert gap.p_value == pytest.approx(expected.p_value[g])
        assert gap.p_adjusted == pytest.approx(adjusted[g])
        assert gap.reference_mean == pytest.approx(reference.mean())
        assert gap.group_mean == pytest.approx(values[g].mean())
        two_way = phrases_interval(values[g] - reference[:, None], h[g])
        assert gap.phrases.interval.low == pytest.approx(float(two_way.low))
        assert gap.phrases.note is None
    two_way = phrases_interval(values - reference[:, None], h)
    phrases = [gap.phrases.p_adjusted for gap in summary.groups]
    assert phrases == pytest.approx(holm(two_way.p_value))
    assert summary.worst == ("g0", summary.groups[0].estimate)
    assert summary.limits.tolerance == 0.05


@pytest.mark.parametrize("correction", ["holm", "bh", "none"])
def test_other_corrections(correction):
    audit, *_ = several()
    summary = audit.summary(limits=Limits(correction=correction))
    p = [gap.p_value for gap in summary.groups]
    expected = {"holm": holm(p), "bh": benjamini_hochberg(p), "none": p}[correction]
    assert [gap.p_adjusted for gap in summary.groups] == pytest.approx(expected)
    assert any(w.code == "fdr" for w in summary.warnings) is (correction == "bh")


def test_terms_are_a_family_of_their_own_and_placebos_another():
    audit, values, reference = several()
    for t in range(20):
        audit.placebo(t, "tall", 0.5)
    summary = audit.summary()
    assert [(gap.group, gap.id) for gap in summary.terms][:2] == [("g0", "k0"), ("g0", "k1")]
    assert len(summary.terms) == 12
    term = summary.terms[5]
    assert term.estimate == pytest.approx((values[1, :, 1] - reference).mean())
    assert term.phrases is None
    (placebo,) = summary.placebos
    assert (placebo.role, placebo.group, placebo.label) == ("placebo", None, "tall")
    with_placebo = [gap.p_adjusted for gap in summary.groups]
    without = several()[0].summary()
    assert with_placebo == [gap.p_adjusted for gap in without.groups]


def test_phrases_as_the_headline():
    audit, *_ = several()
    plain, summary = audit.summary(), audit.summary(estimand="phrases")
    for one, other in zip(plain.groups, summary.groups, strict=True):
        assert other.estimand == "phrases"
        assert other.interval == one.phrases.interval
        assert other.p_adjusted == one.phrases.p_adjusted
    single = table_audit([[0.1]] * 10, [0] * 10).summary(estimand="phrases").groups[0]
    assert single.interval is None
    assert single.p_adjusted is None
    assert single.phrases is None


def test_census_as_the_headline():
    audit = table_audit(GOLDEN_B, REFERENCE_B)
    audit.predictions = [
        drawn(p.id, bad := round(p.probabilities["Bad"] * 5), 5 - bad) for p in audit.predictions
    ]
    summary = audit.summary(estimand="census")
    gap = summary.groups[0]
    expected = census_interval(GOLDEN_B, 5, np.array(REFERENCE_B)[:, None], 5)
    assert gap.estimate == pytest.approx(float(expected.estimate))
    assert gap.interval.low == pytest.approx(float(expected.low))
    assert gap.p_adjusted == gap.p_value
    assert [w.code for w in summary.warnings].count("no_census_noise") == 1
    exact = table_audit(GOLDEN_B, REFERENCE_B).summary(estimand="census")
    assert exact.groups[0].interval.low == exact.groups[0].estimate
    assert "no_census_noise" not in [w.code for w in exact.warnings]


def test_census_with_refusals_keeps_the_bounds_of_listed():
    audit = table_audit([[0.5, 0.5]] * 8, [0.5] * 8)
    audit.predictions = [drawn(p.id, 2, 2, 1) for p in audit.predictions]
    gap = audit.summary(estimand="census").groups[0]
    listed = audit.summary().groups[0]
    assert gap.refusal_bounds == listed.refusal_bounds
    assert gap.refusal_bounds is not None


def test_contexts_of_a_unit_are_averaged():
    audit = SmallAudit()
    for t in range(16):
        place = {"context": f"c{t}", "unit": f"u{t // 2}"}
        audit.reference(t, 0.0, **place)
        audit.term(t, "g", "k", 0.2 if t % 2 else 0.4, **place)
    gap = audit.summary().groups[0]
    assert gap.n_templates == 8
    assert gap.n_pairs == 16
    assert gap.estimate == pytest.approx(0.3)


def test_copied_terms_and_repeats_change_nothing():
    audit, *_ = several(G=1)
    plain = audit.summary().groups[0]
    copied = SmallAudit()
    for variant, said in zip(audit.variants, audit.predictions, strict=True):
        value, t = said.probabilities["Bad"], int(variant.unit[1:])
        if variant.role == "reference":
            copied.reference(t, value)
            copied.reference(t, value)
        else:
            copied.term(t, "g0", variant.term, value)
            copied.term(t, "g0", variant.term + " again", value)
    gap = copied.summary().groups[0]
    assert gap.estimate == pytest.approx(plain.estimate, abs=1e-12)
    assert gap.interval.low == pytest.approx(plain.interval.low, abs=1e-12)
    assert gap.interval.high == pytest.approx(plain.interval.high, abs=1e-12)


def test_scores_keep_their_unit_and_never_print_a_point():
    task = Task(kind="score", range=(-1, 1), favourable_end="high")
    audit = table_audit([[0.0]] * 12, [0.0] * 12)
    audit.predictions = [Prediction(id=p.id, score=0.4) for p in audit.predictions]
    summary = audit.summary(task=task)
    gap = summary.groups[0]
    assert gap.estimate == 0
    assert gap.interval.high == pytest.approx(0.1151, abs=1e-3)
    assert gap.reference_mean == pytest.approx(0.4)
    assert summary.limits.tolerance == pytest.approx(0.1)
    assert summary.worst == ("g", 0.0)
    assert gap.excess_disagreement is None


def test_overall_numbers():
    audit = SmallAudit()
    audit.reference(0, 0, answer=lambda i: drawn(i, 0, 4))
    audit.term(0, "g", "k", 0, answer=lambda i: drawn(i, 3, 0, 1))
    overall = audit.summary().overall
    assert overall["n_variants"] == 2
    assert overall["n_pairs"] == 1
    assert overall["n_predictions"] == 8
    assert overall["unparsed_rate"] == 0.125
    assert overall["counts_by_label"] == {"Good": 4, "Bad": 3, "(no label)": 1}
    gap = audit.summary().groups[0]
    assert gap.unparsed_gap == 0.25
    assert gap.counts_by_label == {"Bad": 3, "(no label)": 1}


class TestTooLittle:
    """Too little data is a gap without an interval, never zero and never an error."""

    def test_one_template(self):
        gap = table_audit([[0.5, 0.7]], [0.1]).summary().groups[0]
        assert gap.estimate == pytest.approx(0.5)
        assert gap.interval is None
        assert gap.p_adjusted is None
        assert gap.smallest_detectable_gap is None
        assert gap.templates_needed is None

    def test_everything_unparsed(self):
        audit = table_audit([[0.5]] * 8, [0.1] * 8)
        audit.predictions = [drawn(p.id, 0, 0, 5) for p in audit.predictions]
        summary = audit.summary()
        gap = summary.groups[0]
        assert (gap.estimate, gap.interval, gap.n_templates, gap.n_pairs) == (None, None, 0, 0)
        assert gap.group_mean is None
        assert gap.unparsed_gap == 0
        assert gap.refusal_bounds[0].low == -1
        assert gap.refusal_bounds[1].high == 1
        assert "missing_cells" in [w.code for w in summary.warnings]
        assert summary.worst is None
        assert summary.overall["unparsed_rate"] == 1

    def test_a_group_without_variants(self):
        audit = table_audit([[0.5]] * 8, [0.1] * 8)
        audit.groups["empty"] = {}
        gap = audit.summary().groups[1]
        assert (gap.id, gap.estimate, gap.n_terms) == ("empty", None, 0)
        assert gap.smallest_detectable_gap is None

    def test_no_variants_at_all(self):
        summary = SmallAudit().summary()
        assert summary.groups == ()
        assert summary.overall["unparsed_rate"] is None
        assert summary.overall["n_pairs"] == 0
        audit = SmallAudit(groups={"g": {}})
        assert audit.summary().groups[0].estimate is None

    def test_no_predictions(self):
        audit = table_audit([[0.5]] * 8, [0.1] * 8)
        audit.predictions = []
        summary = audit.summary()
        assert summary.groups[0].estimate is None
        assert [w.code for w in summary.warnings][:2] == ["missing_predictions", "missing_cells"]

    def test_a_template_without_reference(self):
        audit = table_audit([[0.5]] * 8, [0.1] * 8)
        keep = [v for v in audit.variants if not (v.role == "reference" and v.unit == "t3")]
        ids = {v.id for v in keep}
        audit.variants = keep
        audit.predictions = [p for p in audit.predictions if p.id in ids]
        summary = audit.summary()
        assert summary.groups[0].n_templates == 7
        assert [item.what for item in summary.not_tested] == ["context t3"]


class TestBounds:
    def test_open_mass_is_placed_both_ways(self):
        audit = table_audit([[0.5]] * 8, [0.25] * 8)
        audit.predictions = [
            drawn(p.id, 2, 2, 1) if v.role == "group" else drawn(p.id, 1, 3)
            for v, p in zip(audit.variants, audit.predictions, strict=True)
        ]
        gap = audit.summary().groups[0]
        low, high = gap.refusal_bounds
        assert (low.low + low.high) / 2 == pytest.approx(0.4 - 0.25)
        assert (high.low + high.high) / 2 == pytest.approx(0.6 - 0.25)
        assert gap.refusal_bounds_p[1] <= gap.refusal_bounds_p[0]
        assert gap.unresolved_bounds is None

    def test_reference_mass_goes_the_other_way(self):
        audit = table_audit([[0.5]] * 8, [0.25] * 8)
        audit.predictions = [
            drawn(p.id, 2, 2, 1) if v.role == "reference" else drawn(p.id, 2, 2)
            for v, p in zip(audit.variants, audit.predictions, strict=True)
        ]
        low, high = audit.summary().groups[0].refusal_bounds
        assert (low.low + low.high) / 2 == pytest.approx(0.5 - 0.6)
        assert (high.low + high.high) / 2 == pytest.approx(0.5 - 0.4)

    def test_unresolved_mass(self):
        audit = table_audit([[0.5]] * 8, [0.5] * 8)
        audit.predictions = [
            Prediction(id=p.id, probabilities={"Bad": 0.4, "Good": 0.4}, unresolved=0.2)
            for p in audit.predictions
        ]
        gap = audit.summary().groups[0]
        low, high = gap.unresolved_bounds
        assert (low.low + low.high) / 2 == pytest.approx(0.4 - 0.6)
        assert (high.low + high.high) / 2 == pytest.approx(0.6 - 0.4)
        assert gap.refusal_bounds is None

    def test_one_template_has_no_bounds(self):
        audit = table_audit([[0.5]], [0.5])
        audit.predictions = [drawn(p.id, 2, 2, 1) for p in audit.predictions]
        assert audit.summary().groups[0].refusal_bounds is None


def test_templates_needed_scales_with_the_observed_spread():
    audit, *_ = several()
    gap = audit.summary().groups[0]
    wider = audit.summary(limits=Limits(tolerance=0.2)).groups[0]
    assert wider.templates_needed < gap.templates_needed
    same = table_audit([[0.0]] * 40, [0.0] * 40)
    assert same.summary().groups[0].templates_needed == 28
    strict = same.summary(limits=Limits(strict_pass=True)).groups[0]
    assert strict.templates_needed == 59


def test_out_of_reach_is_none():
    audit, *_ = several()
    assert audit.summary(limits=Limits(tolerance=1e-6)).groups[0].templates_needed is None


class TestWarnings:
    def codes(self, audit, **more):
        return [warning.code for warning in audit.summary(**more).warnings]

    def test_single_filler_and_nothing_differed(self):
        audit = table_audit([[0.0]] * 8, [0.0] * 8)
        assert self.codes(audit) == ["one_reference_filler", "nothing_differed"]

    def test_mixed_repeats(self):
        audit = table_audit([[0.5]] * 8, [0.25] * 8)
        audit.predictions = [
            drawn(p.id, 2, 2) if index % 2 else drawn(p.id, 1, 1)
            for index, p in enumerate(audit.predictions)
        ]
        assert "mixed_repeats" in self.codes(audit)

    def test_near_duplicates(self):
        audit = table_audit([[0.5]] * 8, [0.25] * 8)
        audit.variants = [dataclasses.replace(v, text="the same words") for v in audit.variants]
        (found,) = [w for w in audit.summary().warnings if w.code == "near_duplicate_templates"]
        assert found.message.startswith("28 pairs")

    def test_three_fillers_are_fine(self):
        audit = SmallAudit()
        for t in range(8):
            for filler in "abc":
                audit.reference(t, 0.2, filler)
            audit.term(t, "g", "k", 0.1 * t)
        assert self.codes(audit) == []


def test_arguments_are_checked():
    audit = table_audit([[0.5]] * 8, [0.25] * 8)
    group = Group(id="g", label="G", terms=(Term(id="k0", text="k0"),))
    with pytest.raises(ValueError, match="groups: the variants also name g"):
        audit.summary(groups=[])
    with pytest.raises(ValueError, match="groups: ids"):
        audit.summary(groups=[group, group])
    with pytest.raises(ValueError, match="none of Good"):
        audit.summary(labels=("Good",))


def test_a_term_that_no_group_lists_is_kept_under_its_id():
    audit = table_audit([[0.5, 0.6]] * 8, [0.25] * 8)
    group = Group(id="g", label="G", terms=())
    assert [gap.label for gap in audit.summary(groups=[group]).terms] == ["k0", "k1"]
