"""Examples, evidence map, axis and rules: each follows the rule it states."""

from __future__ import annotations

from datetime import date, timedelta
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.report import build_report, render_html
from audit.report.language import language
from audit.report.scale import scale_over
from audit.report.sections.evidence_map import MapEntry, evidence_map, map_entries
from tests.report.fixtures import evidence, pair, results_gap, results_score

ENGLISH = language("en")


def test_worst_examples_are_the_largest_changes_either_way() -> None:
    pairs = [pair(n, "blind", gap) for n, gap in enumerate((0.1, -0.1, 0.4, -0.08, 0.05, 0.02))]
    sets = build_report(results_gap(), evidence(pairs=pairs)).examples.sets
    assert [each.change.value for each in sets[0].examples] == [0.4, 0.1, -0.1, -0.08, 0.05] or [
        each.change.value for each in sets[0].examples
    ] == [0.4, -0.1, 0.1, -0.08, 0.05]  # fmt: skip
    assert {each.tone for each in sets[0].examples} == {"worse", "better"}


def test_typical_examples_are_nearest_to_the_median_of_their_group() -> None:
    given_pairs = evidence().pairs
    sets = build_report(results_gap(), evidence()).examples.sets
    first = sets[1].examples[0]
    gaps = [p.estimate for p in given_pairs if p.pair.group == "psychosis" and p.estimate]
    assert first.group == "People with psychosis"
    nearest = min(abs(gap - median(gaps)) for gap in gaps)
    assert abs((first.change.value or 0) - median(gaps)) == pytest.approx(nearest)


def test_random_examples_are_drawn_with_the_seed() -> None:
    def drawn(seed: int) -> list[float | None]:
        results = results_gap()
        results["spec"]["seed"] = seed
        sets = build_report(results, evidence()).examples.sets
        return [each.change.value for each in sets[2].examples]

    assert drawn(1) == drawn(1)
    assert drawn(1) != drawn(2)


def test_examples_do_not_depend_on_the_order_of_the_log() -> None:
    ahead, back = evidence(), evidence(pairs=list(reversed(evidence().pairs)))
    assert build_report(results_gap(), ahead) == build_report(results_gap(), back)


def test_examples_count_repeats_on_both_sides() -> None:
    sets = build_report(results_gap(), evidence()).examples.sets
    worst = sets[0].examples[0]
    assert [ENGLISH.text(said) for said in worst.reference.said] == [
        "Negative 1 of 15", "P(Negative) = 0.11", "mostly Positive",
    ]  # fmt: skip
    assert ENGLISH.text(worst.counterfactual.said[0]) == "Negative 4 of 5"
    assert [word.text for word in worst.counterfactual.words if word.changed] == ["deaf"]


def entry(as_of: date) -> MapEntry:
    return MapEntry(
        rule="Rule", where="Here", may_help_show="something", sections=(), source="Source",
        url="https://example.org", as_of=as_of,
    )  # fmt: skip


@pytest.mark.parametrize(("age", "old"), [(0, False), (180, False), (181, True), (-10, False)])
def test_a_map_entry_is_out_of_date_after_180_days(age: int, old: bool) -> None:
    day = date(2026, 11, 21)
    section = evidence_map([entry(day - timedelta(days=age))], day=day.isoformat(), heads={})
    assert [each.out_of_date for each in section.entries] == [old]


def test_an_old_report_prints_out_of_date() -> None:
    results = results_gap()
    results["started"] = "2027-11-21T00:00:00Z"
    assert "out of date" in render_html(build_report(results, evidence()))
    assert ">out of date<" not in render_html(build_report(results_gap(), evidence()))


def test_the_shipped_map_claims_nothing_and_names_its_sources() -> None:
    anchors = {head.anchor for head in build_report(results_gap(), evidence()).heads}
    for each in map_entries():
        assert set(each.sections) <= anchors
        assert each.url.startswith("https://")
        text = f"{each.may_help_show} {each.remark}".lower()
        assert not any(word in text for word in ("meets", "satisfies", "complies", "proves"))


def test_a_rule_without_a_remedy_says_why() -> None:
    rules = build_report(results_gap(), evidence()).overrides.rules
    assert [bool(rule.machine) for rule in rules] == [True, False]
    assert rules[1].remarks == ("The classifier treats Blind people better than the reference.",)


def test_a_rule_shows_what_it_leaves_under_both_assumptions() -> None:
    rule = build_report(results_gap(), evidence()).overrides.rules[0]
    assert [row.estimate for row in rule.rows] == [0.214, 0.041, 0.012]
    assert "Review load" in [ENGLISH.text(fact.name) for fact in rule.facts]


def test_things_left_out_for_one_reason_stand_together() -> None:
    items = build_report(results_gap(), evidence()).not_tested.not_tested
    assert [ENGLISH.text(item.name) for item in items] == [
        "languages other than English", "5 items",
    ]  # fmt: skip


def test_scores_are_worse_to_the_left_where_high_is_good() -> None:
    scale = build_report(results_score(), evidence()).scale
    assert scale.worse_end == "left"
    assert scale.unit == "score"


finite = st.floats(min_value=-1, max_value=1, allow_nan=False)


@given(st.lists(finite, max_size=8), st.lists(finite, max_size=8), st.floats(0.001, 0.3))
def test_the_axis_holds_zero_limits_and_estimates(
    values: list[float], wider: list[float], tolerance: float
) -> None:
    scale = scale_over(
        values, tolerance=tolerance, unit="points", worse_end="right", at_most_wider=wider
    )
    for value in (0.0, tolerance, -tolerance, *values):
        assert scale.low <= value <= scale.high
    assert 2 <= len(scale.ticks) <= 8
    assert 0.0 in scale.ticks
    assert list(scale.ticks) == sorted(scale.ticks)
    assert 0 <= scale.percent(-9) <= scale.percent(0.0) <= scale.percent(9) <= 100


def word_row(term: str, reading: str | None) -> dict[str, object]:
    """Return a term that was tested as a word too."""
    bounds = {"low": 0.1, "high": 0.3, "confidence_level": 0.95, "method": "t"}
    return {
        "group": "blind", "term": term, "text": term, "n_templates": 6, "estimate": 0.6,
        "interval": bounds, "person_estimate": 0.2, "person_interval": bounds, "reading": reading,
    }  # fmt: skip


def said(rows: list[dict[str, object]]) -> list[str]:
    """Return the sentences that open section 5, for terms tested as words."""
    stand = build_report({**results_gap(), "words": rows}, evidence()).wording.head.stand
    return [ENGLISH.text(sentence) for sentence in stand]


def test_a_term_penalised_as_a_word_rather_than_as_a_person_is_named() -> None:
    found = said([word_row("sightless", "word"), word_row("blind", None)])
    assert (
        "The words of 2 terms were also tested in sentences where they mention nobody" in found[1]
    )
    assert found[2:] == [
        "Penalised as a word rather than as a person: “sightless” (+60.0 points as a word, "
        "+20.0 points as a person)."
    ]


def test_a_term_penalised_as_a_person_or_as_both_is_named() -> None:
    found = said([word_row("a", "both"), word_row("b", "person")])
    assert found[2].startswith("Penalised as a person and not merely as a word: “b”")
    assert found[3].startswith("Penalised as a word and as a person alike")
    assert "“a”" in found[3]


def test_where_no_word_moves_the_answer_the_page_says_so() -> None:
    assert said([word_row("blind", None)])[2].startswith("None of them is clearly penalised")
    assert len(said([])) == 1
