"""Overrides: the rule on arrays, the choice of a threshold, cross-fitting."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from audit.statistics.override_loads import pareto, total_load
from audit.statistics.overrides import (
    DEFAULT_THRESHOLDS,
    OverrideCurve,
    choose_threshold,
    cross_fit,
    disagreement_curve,
    join_curves,
    override_curve,
    score_override_curve,
    template_folds,
)


def curve_of(gaps, loads):
    """A curve from gaps and loads (Q, T)."""
    gaps = np.asarray(gaps, float)
    return OverrideCurve(np.linspace(0, 1, len(gaps)), gaps, np.asarray(loads, float))


class TestOverrideCurve:
    value = np.array([[1.0, 0.4], [0.0, 1.0]])
    confidence = np.array([[0.7, 0.6], [0.9, 0.95]])
    reference = np.array([[0.2], [0.0]])

    def test_no_rule_leaves_the_audited_gap(self):
        curve = override_curve(self.value, self.confidence, 0.0, self.reference, thresholds=[0.0])
        assert_allclose(curve.gaps[0], [0.5, 0.5])
        assert_array_equal(curve.loads, 0)

    def test_threshold_routes_unsure_unfavourable_answers_only(self):
        curve = override_curve(
            self.value, self.confidence, 0.0, self.reference, thresholds=[0.65, 0.8]
        )
        assert_allclose(curve.gaps, [[0.3, 0.5], [-0.2, 0.5]])
        assert_allclose(curve.loads, [[0.2, 0.0], [0.7, 0.0]])

    def test_confidence_at_the_threshold_is_not_below_it(self):
        curve = override_curve(self.value, self.confidence, 0.0, self.reference, thresholds=[0.7])
        assert_allclose(curve.loads[0], [0.2, 0.0])

    def test_one_routes_all_even_at_full_confidence(self):
        curve = override_curve([[1.0], [1.0]], 1.0, 0.0, 0.0, thresholds=[0.999, 1.0])
        assert_allclose(curve.loads.mean(-1), [0, 1])

    def test_human_like_reference_closes_the_gap_of_all_unfavourable_answers(self):
        curve = override_curve(
            [[1.0], [1.0]], 0.9, self.reference, self.reference, thresholds=[1.0]
        )
        assert_allclose(curve.gaps[0], 0.0, atol=1e-15)

    def test_human_right_keeps_what_is_rightly_unfavourable(self):
        curve = override_curve([[1.0], [1.0]], 0.9, [[1.0], [0.0]], 0.5, thresholds=[1.0])
        assert_allclose(curve.gaps[0], [0.5, -0.5])

    @pytest.mark.parametrize("part", ["value", "confidence", "human", "reference"])
    def test_a_cell_with_any_part_missing_is_left_out(self, part):
        parts = {
            "value": np.array([[1.0, 0.5], [1.0, 0.5]]),
            "confidence": np.full((2, 2), 0.6),
            "human": np.zeros((2, 2)),
            "reference": np.full((2, 2), 0.25),
        }
        parts[part][0, 1] = np.nan
        curve = override_curve(**parts, thresholds=[0.0, 1.0])
        assert_allclose(curve.gaps, [[0.75, 0.5], [-0.25, -0.25]])
        assert_allclose(curve.loads, [[0, 0], [1.0, 0.75]])

    def test_template_without_a_cell_is_an_error(self):
        with pytest.raises(ValueError, match="value: every template"):
            override_curve([[np.nan], [1.0]], 0.5, 0.0, 0.0)

    @pytest.mark.parametrize(
        ("name", "change"),
        [
            ("value", {"value": [[1.2]]}),
            ("confidence", {"confidence": -0.1}),
            ("human", {"human": np.inf}),
            ("reference", {"reference": 2.0}),
            ("thresholds", {"thresholds": [np.nan]}),
        ],
    )
    def test_out_of_range_names_the_argument(self, name, change):
        good = {"value": [[1.0]], "confidence": 0.5, "human": 0.0, "reference": 0.0}
        with pytest.raises(ValueError, match=name):
            override_curve(**(good | change))

    def test_weights_average_contexts_within_terms(self):
        value, weight = [[1.0, 0.0, 0.0], [0.0, 0.0, 0.0]], [[1.0, 0.5, 0.5], [np.nan, 1.0, 0.0]]
        curve = override_curve(value, 0.9, 0.0, 0.0, thresholds=[0.0, 1.0], weight=weight)
        assert_allclose(curve.gaps, [[0.5, 0], [0, 0]])
        assert_allclose(curve.loads, [[0, 0], [0.5, 0]])

    def test_negative_weight_is_an_error(self):
        with pytest.raises(ValueError, match="weight"):
            override_curve([[1.0]], 0.9, 0.0, 0.0, weight=-1.0)

    def test_leading_axes_are_kept(self):
        rng = np.random.default_rng(1)
        value, confidence = rng.random((4, 3, 6, 2)), rng.random((4, 3, 6, 2))
        reference = rng.random((4, 3, 6, 1))
        whole = override_curve(value, confidence, reference, reference)
        part = override_curve(value[2, 1], confidence[2, 1], reference[2, 1], reference[2, 1])
        assert whole.gaps.shape == (4, 3, len(DEFAULT_THRESHOLDS), 6)
        assert_allclose(whole.gaps[2, 1], part.gaps)
        assert_allclose(whole.loads[2, 1], part.loads)

    def test_higher_threshold_never_lowers_the_load(self):
        rng = np.random.default_rng(2)
        curve = override_curve(rng.random((5, 8, 4)), rng.random((5, 8, 4)), 0.0, 0.1)
        assert (np.diff(curve.loads, axis=-2) >= 0).all()


class TestScoreCurve:
    def test_routed_scores_become_the_persons(self):
        curve = score_override_curve(
            [[0.2, 0.8], [0.5, np.nan]], [[True, False], [False, True]], 0.7, [[0.7], [0.7]]
        )
        assert_allclose(curve.gaps, [[0.05, -0.2]])
        assert_allclose(curve.loads, [[0.5, 0.0]])
        assert_array_equal(curve.thresholds, [1.0])

    def test_score_outside_its_range_is_an_error(self):
        with pytest.raises(ValueError, match="score"):
            score_override_curve([[1.5]], True, 0.0, 0.0)


class TestChoice:
    def test_point_takes_the_smallest_load_within_the_tolerance(self):
        curve = curve_of([[0.2, 0.2], [0.04, 0.04], [0.0, 0.0]], [[0, 0], [0.3, 0.3], [0.6, 0.6]])
        assert choose_threshold(curve, 0.05, rule="point") == 1

    def test_ucl_asks_for_the_error_margin_too(self):
        curve = curve_of([[0.2, 0.2], [0.0, 0.08], [0.0, 0.0]], [[0, 0], [0.3, 0.3], [0.6, 0.6]])
        assert choose_threshold(curve, 0.05, rule="point") == 1
        assert choose_threshold(curve, 0.05) == 2

    def test_out_of_reach_takes_the_smallest_gap(self):
        curve = curve_of([[0.5, 0.5], [0.2, 0.2], [-0.3, -0.3]], np.zeros((3, 2)))
        assert choose_threshold(curve, 0.05) == 1

    def test_ties_go_to_the_lower_threshold(self):
        curve = curve_of(np.zeros((3, 4)), np.full((3, 4), 0.2))
        assert choose_threshold(curve, 0.05) == 0

    def test_one_template_promises_nothing(self):
        curve = curve_of([[0.04], [0.01]], [[0.1], [0.9]])
        assert choose_threshold(curve, 0.05) == 1
        assert choose_threshold(curve, 0.05, rule="point") == 0


class TestCrossFit:
    def test_folds_are_whole_and_level(self):
        folds = template_folds(23, np.random.default_rng(0))
        assert sorted(np.bincount(folds)) == [4, 4, 5, 5, 5]
        assert_array_equal(folds, template_folds(23, np.random.default_rng(0)))

    def test_fewer_templates_than_folds(self):
        assert sorted(template_folds(3, np.random.default_rng(0))) == [0, 1, 2]

    @pytest.mark.parametrize(("T", "folds"), [(1, 5), (6, 1)])
    def test_nothing_to_fold(self, T, folds):
        with pytest.raises(ValueError, match="at least 2"):
            template_folds(T, np.random.default_rng(0), folds)

    def test_each_fold_is_measured_with_the_others_choice(self):
        gaps = np.array([[0.0] * 4, [0.9, 0.9, 0.0, 0.0]])
        loads = np.array([[0.5] * 4, [0.1] * 4])
        folds = np.array([0, 0, 1, 1])
        fit = cross_fit(curve_of(gaps, loads), 0.05, folds)
        assert_array_equal(fit.chosen, [1, 0])
        assert fit.residual == pytest.approx(0.45)
        assert fit.load == pytest.approx(0.3)
        assert fit.illustration_only

    def test_another_assumption_may_choose(self):
        chooser = curve_of([[0.5] * 4, [0.0] * 4], [[0.0] * 4, [0.2] * 4])
        measured = curve_of([[0.0] * 4, [0.3] * 4], [[0.0] * 4, [0.2] * 4])
        fit = cross_fit(measured, 0.05, [0, 1, 0, 1], chooser=chooser)
        assert fit.residual == pytest.approx(0.3)

    def test_interval_is_listed_with_the_floor(self):
        curve = curve_of(np.zeros((1, 28)), np.zeros((1, 28)))
        fit = cross_fit(curve, 0.05, template_folds(28, np.random.default_rng(3)))
        assert fit.high == pytest.approx(0.0492, abs=6e-5)
        assert fit.low == pytest.approx(-fit.high)
        assert not fit.illustration_only

    def test_folds_must_fit(self):
        with pytest.raises(ValueError, match="folds"):
            cross_fit(curve_of(np.zeros((1, 4)), np.zeros((1, 4))), 0.05, [0, 1])

    def test_batches_agree_with_single_audits(self):
        rng = np.random.default_rng(4)
        curve = override_curve(rng.random((3, 20, 2)), rng.random((3, 20, 2)), 0.2, 0.2)
        folds = template_folds(20, rng)
        whole = cross_fit(curve, 0.1, folds)
        for i in range(3):
            one = cross_fit(
                OverrideCurve(curve.thresholds, curve.gaps[i], curve.loads[i]), 0.1, folds
            )
            assert_allclose(
                [one.residual, one.low, one.high, one.load],
                [whole.residual[i], whole.low[i], whole.high[i], whole.load[i]],
            )
            assert_array_equal(one.chosen, whole.chosen[i])


def test_pareto_keeps_what_nothing_beats():
    load = [0.0, 0.1, 0.2, 0.3, 0.3]
    gap = [0.2, -0.1, 0.15, 0.0, 0.01]
    assert_array_equal(pareto(load, gap), [True, True, False, True, False])


def test_pareto_keeps_equals():
    assert pareto([0.1, 0.1], [0.2, -0.2]).all()


def test_total_load_weights_by_traffic():
    assert total_load([0.1, 0.3]) == pytest.approx(0.2)
    assert total_load([0.1, 0.3], [3, 1]) == pytest.approx(0.15)


@pytest.mark.parametrize("shares", [[1.0], [-1.0, 2.0], [0.0, 0.0]])
def test_total_load_rejects_odd_shares(shares):
    with pytest.raises(ValueError, match="shares"):
        total_load([0.1, 0.3], shares)


class TestDisagreementCurve:
    value = np.array([[1.0, 0.4], [0.5, 1.0]])
    share = np.array([[0.5, 0.25], [0.0, 1.0]])
    reference = np.array([[0.2], [0.0]])

    def test_routes_the_share_of_the_unfavourable_answers_that_disagree(self):
        curve = disagreement_curve(self.value, self.share, 0.0, self.reference)
        # left: y (1 - share) - b; load: y share
        assert_allclose(curve.gaps, [[(0.3 + 0.1) / 2, (0.5 + 0.0) / 2]])
        assert_allclose(curve.loads, [[(0.5 + 0.1) / 2, (0.0 + 1.0) / 2]])
        assert_array_equal(curve.thresholds, [1.0])

    def test_a_person_who_agrees_with_the_model_changes_nothing(self):
        curve = disagreement_curve(self.value, self.share, 1.0, self.reference)
        assert_allclose(curve.gaps, [(self.value - self.reference).mean(axis=1)])

    def test_a_cell_without_a_share_is_missing(self):
        share = np.array([[np.nan, 0.25], [0.0, 1.0]])
        curve = disagreement_curve(self.value, share, 0.0, self.reference)
        assert_allclose(curve.gaps[0, 0], 0.4 * 0.75 - 0.2)

    @pytest.mark.parametrize("name", ["value", "share", "human", "reference"])
    def test_names_what_is_no_fraction(self, name):
        given = {"value": self.value, "share": self.share, "human": 0.0, "reference": 0.2}
        given[name] = np.full((2, 2), 1.5)
        with pytest.raises(ValueError, match=name):
            disagreement_curve(**given)

    def test_joined_curves_keep_their_rows_in_order(self):
        first = override_curve(self.value, 0.5, 0.0, self.reference, thresholds=[0.0, 1.0])
        second = disagreement_curve(self.value, self.share, 0.0, self.reference)
        joined = join_curves([first, second])
        assert_array_equal(joined.thresholds, [0.0, 1.0, 1.0])
        assert_allclose(joined.gaps, np.concatenate([first.gaps, second.gaps]))
        assert_allclose(joined.loads, np.concatenate([first.loads, second.loads]))
