"""The planner: formulas, templates needed, what is out of reach."""

import math
from dataclasses import replace

import pytest
from scipy import stats

from audit.statistics.components import Components, prior_components
from audit.statistics.design import (
    Design,
    detectable_gap,
    foreseen_floor,
    optimal_repeats,
    sampling_share,
    square_root_rule,
    standard_error,
    templates_for_detection,
    templates_for_floor,
    templates_for_pass,
)
from audit.statistics.planner import one_more, plan

PARTS = Components(0.004, 0.003, 0.001, 0.002, 0.06, 0.05)
DESIGN = Design(templates=20, terms=5, repeats=5, fillers=3, reference_repeats=25, groups=10)
NOTHING = Components(0, 0, 0, 0, 0, 0)


class TestFormulas:
    def test_standard_error(self):
        bracket = 0.004 + 0.003 / 5 + 0.06 / 25 + (0.002 + 0.05 / 25) / 3
        assert standard_error(PARTS, DESIGN) == pytest.approx(math.sqrt(bracket / 20), rel=1e-12)

    def test_phrases_add_the_terms(self):
        listed, phrases = (
            standard_error(PARTS, DESIGN, estimand=name) for name in ("listed", "phrases")
        )
        assert phrases**2 - listed**2 == pytest.approx(0.001 / 5)

    def test_census_has_no_plan(self):
        with pytest.raises(ValueError, match="estimand"):
            standard_error(PARTS, DESIGN, estimand="census")

    @pytest.mark.parametrize("scheme", ["exact", "deterministic"])
    def test_nothing_drawn_no_sampling(self, scheme):
        design = replace(DESIGN, scheme=scheme)
        bracket = 0.004 + 0.003 / 5 + 0.002 / 3
        assert standard_error(PARTS, design) == pytest.approx(math.sqrt(bracket / 20))
        assert sampling_share(PARTS, design) == 0

    def test_detectable_gap(self):
        expected = stats.t.ppf([0.975, 0.8], 19).sum() * standard_error(PARTS, DESIGN)
        assert detectable_gap(PARTS, DESIGN) == pytest.approx(expected, rel=1e-12)

    def test_detectable_gap_of_phrases_has_fewer_degrees_of_freedom(self):
        rows = standard_error(PARTS, DESIGN) ** 2
        columns = 0.001 / 5
        df = (rows + columns) ** 2 / (rows**2 / 19 + columns**2 / 4)
        expected = stats.t.ppf([0.975, 0.8], df).sum() * math.sqrt(rows + columns)
        assert detectable_gap(PARTS, DESIGN, estimand="phrases") == pytest.approx(expected)

    def test_single_term_keeps_the_templates_degrees_of_freedom(self):
        design = replace(DESIGN, terms=1)
        expected = stats.t.ppf([0.975, 0.8], 19).sum()
        expected *= standard_error(PARTS, design, estimand="phrases")
        assert detectable_gap(PARTS, design, estimand="phrases") == pytest.approx(expected)

    def test_calls(self):
        assert DESIGN.calls == 20 * (10 * 5 * 5 + 3 * 25)
        assert replace(DESIGN, scheme="exact").calls == 20 * (10 * 5 + 3)

    def test_impossible_design(self):
        with pytest.raises(ValueError, match="every count"):
            Design(templates=0)

    def test_square_root_rule(self):
        assert square_root_rule(DESIGN) == math.ceil(math.sqrt(10) * 25 / 3)
        assert square_root_rule(Design(templates=1, terms=1, repeats=1, fillers=9)) == 1

    def test_sampling_share(self):
        drawn = 0.06 / 25 + 0.05 / 75
        whole = 0.004 + 0.003 / 5 + 0.002 / 3 + drawn
        assert sampling_share(PARTS, DESIGN) == pytest.approx(drawn / whole)
        assert sampling_share(NOTHING, DESIGN) == 0

    def test_optimal_repeats(self):
        drawn, lasting = 0.06 / 5 + 0.05 / 3, 0.004 + 0.003 / 5 + 0.002 / 3
        expected = math.sqrt(drawn / lasting * 100 / 8)
        found = optimal_repeats(PARTS, DESIGN, template_cost=100, call_cost=1)
        assert found == pytest.approx(expected)
        assert optimal_repeats(PARTS, DESIGN, template_cost=0.001, call_cost=1) == 1
        assert optimal_repeats(NOTHING, DESIGN, template_cost=1, call_cost=1) == math.inf

    @pytest.mark.parametrize("costs", [(0, 1), (1, 0), (math.nan, 1)])
    def test_costs_are_positive(self, costs):
        with pytest.raises(ValueError, match="cost"):
            optimal_repeats(PARTS, DESIGN, template_cost=costs[0], call_cost=costs[1])


class TestTemplatesNeeded:
    def test_smallest_number_that_detects(self):
        T = templates_for_detection(PARTS, DESIGN, 0.05)
        assert detectable_gap(PARTS, replace(DESIGN, templates=T)) <= 0.05
        assert detectable_gap(PARTS, replace(DESIGN, templates=T - 1)) > 0.05

    def test_never_below_six(self):
        assert templates_for_detection(NOTHING, DESIGN, 0.05) == 6

    def test_beyond_the_limit_needs_more(self):
        plain = templates_for_detection(PARTS, DESIGN, 0.1)
        assert templates_for_detection(PARTS, DESIGN, 0.1, tolerance=0.05) > plain

    def test_a_gap_at_the_limit_is_never_shown_to_be_beyond(self):
        assert templates_for_detection(PARTS, DESIGN, 0.05, tolerance=0.05) is None

    def test_templates_cannot_replace_terms(self):
        parts = replace(PARTS, term=0.02)
        assert templates_for_pass(parts, DESIGN, 0.05, estimand="phrases") is None
        assert templates_for_pass(parts, DESIGN, 0.05) is not None

    @pytest.mark.parametrize(
        ("tolerance", "h", "expected"),
        [(0.05, 0.5, 28), (0.1, 0.5, 14), (0.05, 0.25, 14), (0.1, 0.25, 8)],
    )
    def test_floor_alone(self, tolerance, h, expected):
        assert templates_for_floor(tolerance, h) == expected

    @pytest.mark.parametrize("tolerance", [0.0, 1.0, math.nan])
    def test_floor_needs_a_tolerance(self, tolerance):
        with pytest.raises(ValueError, match="tolerance"):
            templates_for_floor(tolerance, 0.5)

    @pytest.mark.parametrize(
        ("design", "expected"),
        [
            (DESIGN, 14),
            (replace(DESIGN, scheme="exact"), 14),
            (replace(DESIGN, repeats=1), 28),
            (replace(DESIGN, scheme="deterministic"), 28),
        ],
    )
    def test_pass_is_never_below_the_floor(self, design, expected):
        tiny = Components(0, 0, 0, 0, 1e-9, 1e-9, spread=0.0)
        assert templates_for_pass(tiny, design, 0.05) >= expected
        assert templates_for_pass(NOTHING, design, 0.05) == expected

    def test_strict_pass(self):
        assert templates_for_pass(NOTHING, DESIGN, 0.05, strict=True) == 59

    def test_pass_with_wide_margins_follows_the_formula(self):
        """Where the floor does not act: (t_.975 + t_.90) SE <= tolerance."""
        parts = Components(0.4, 0, 0, 0, 0, 0)
        T = templates_for_pass(parts, DESIGN, 0.05)

        def margin(T):
            return stats.t.ppf([0.975, 0.9], T - 1).sum() * math.sqrt(0.4 / T)

        assert margin(T) <= 0.05 < margin(T - 1)

    def test_rare_outcomes_cost_what_the_floor_costs(self):
        parts = prior_components(0.02)
        assert templates_for_pass(parts, DESIGN, 0.05) > 20

    def test_published_scale(self):
        """Templates for PASS at 5 points (spec: 352 to 26); shared reference effects cost a few."""
        single = Design(templates=1, repeats=1, fillers=1, reference_repeats=1)
        assert templates_for_pass(prior_components(0.1), single, 0.05) == pytest.approx(
            352, rel=0.1
        )

    def test_foreseen_floor(self):
        parts = prior_components(0.1)
        assert foreseen_floor(PARTS, DESIGN) == 0.25
        assert foreseen_floor(parts, replace(DESIGN, repeats=1)) == 0.5
        assert 0.25 < foreseen_floor(parts, DESIGN) < 0.5
        exact = replace(DESIGN, scheme="exact")
        rate = parts.spread / (
            parts.spread + (5 * parts.sampling + 3 * parts.reference_sampling) / 8
        )
        assert foreseen_floor(parts, exact) == pytest.approx(0.5 * math.sqrt(rate))
        assert foreseen_floor(replace(NOTHING, spread=0.0), DESIGN) == 0.5


class TestPlan:
    def test_everything_in_reach(self):
        found = plan(PARTS, replace(DESIGN, templates=200), tolerance=0.05)
        assert [forecast.verdict for forecast in found.forecasts] == ["no_gap", "concern", "gap"]
        assert [forecast.true_gap for forecast in found.forecasts] == [0.0, 0.1, 0.1]
        assert all(forecast.reachable for forecast in found.forecasts)
        assert all(forecast.likely is None for forecast in found.forecasts)
        assert found.warnings == ()
        assert found.reference_repeats == 27
        assert found.standard_error == standard_error(PARTS, found.design)

    def test_out_of_reach_is_said_before_money_is_spent(self):
        found = plan(PARTS, DESIGN, tolerance=0.05)
        clear = found.forecasts[0]
        assert not clear.reachable
        assert clear.note.endswith("templates are needed: out of reach with the 20 at hand.")
        never = plan(PARTS, DESIGN, tolerance=0.05, gap=0.05).forecasts[2]
        assert never.templates is None
        assert "no number of templates is enough: this verdict is out of reach" in never.note

    def test_pilot_gives_a_range(self):
        found = plan(replace(PARTS, pilot_templates=10), DESIGN, tolerance=0.05)
        clear = found.forecasts[0]
        low, high = clear.likely
        assert (low, high) == (
            math.ceil(0.5 * clear.templates),
            math.ceil(2.1 * clear.templates),
        )
        assert f"(likely {low} to {high})" in clear.note

    def test_no_range_goes_below_what_the_floor_allows(self):
        found = plan(replace(NOTHING, pilot_templates=10), DESIGN, tolerance=0.05)
        clear, flagged, _ = found.forecasts
        assert (clear.templates, clear.likely[0]) == (14, 14)
        assert flagged.likely[0] == 6

    def test_priors_may_differ_at_the_gap(self):
        larger = replace(PARTS, template=0.04)
        plain = plan(PARTS, DESIGN, tolerance=0.05)
        other = plan(PARTS, DESIGN, tolerance=0.05, at_gap=larger)
        assert other.forecasts[0] == plain.forecasts[0]
        assert other.forecasts[1].templates > plain.forecasts[1].templates

    def test_repeats_are_worth_it_only_while_sampling_rules(self):
        assert plan(prior_components(0.1), replace(DESIGN, repeats=1), tolerance=0.05).raise_repeats
        many = replace(DESIGN, repeats=50, reference_repeats=250)
        assert not plan(prior_components(0.1), many, tolerance=0.05).raise_repeats

    def test_one_more_of_each(self):
        gains = {gain.what: gain for gain in one_more(PARTS, DESIGN)}
        assert list(gains) == ["template", "term", "repeat", "filler"]
        assert gains["template"].calls == 325
        assert gains["term"].calls == 20 * 10 * 5
        assert gains["repeat"].calls == 20 * 10 * 5
        assert gains["filler"].calls == 20 * 25
        assert all(gain.standard_error < standard_error(PARTS, DESIGN) for gain in gains.values())
        exact = one_more(PARTS, replace(DESIGN, scheme="exact"))
        assert [gain.what for gain in exact] == ["template", "term", "filler"]

    def test_warnings(self):
        design = Design(templates=5, terms=3, repeats=5, fillers=1, reference_repeats=5, groups=10)
        found = plan(PARTS, design, tolerance=0.05, estimand="phrases").warnings
        assert [text.split()[0] for text in found] == ["Fewer", "Fewer", "Fewer", "The"]
        assert "asked 5 times per template; about 48 would" in found[3]

    @pytest.mark.parametrize("given", [{"tolerance": 0}, {"tolerance": 0.05, "gap": 0}])
    def test_bad_input(self, given):
        with pytest.raises(ValueError, match="tolerance and gap"):
            plan(PARTS, DESIGN, **given)
