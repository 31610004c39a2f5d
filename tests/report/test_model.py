"""The report model of three runs, held as text: what it says, section by section."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from audit.report import Evidence, Report, build_report, render_html
from tests.report.fixtures import (
    compared,
    evidence,
    results_gap,
    results_little,
    results_null,
    signoff,
)
from tests.report.outline import outline

GOLDEN = Path(__file__).parent / "golden"
RUNS: dict[str, tuple[Callable[[], dict[str, Any]], Callable[[], Evidence]]] = {
    "gap": (results_gap, evidence),
    "no_gap": (results_null, lambda: evidence(demonstration=True)),
    "not_enough_evidence": (results_little, lambda: evidence(prompt=None, pairs=[])),
}


def report_of(name: str) -> Report:
    """Build one of the three reports."""
    results, given = RUNS[name]
    return build_report(results(), given())


@pytest.mark.parametrize("name", RUNS)
def test_the_model_says_what_it_said(name: str) -> None:
    text = outline(report_of(name))
    path = GOLDEN / f"{name}.txt"
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


def test_equal_input_gives_equal_reports() -> None:
    assert report_of("gap") == report_of("gap")


def test_the_sections_stand_in_their_order() -> None:
    anchors = [head.anchor for head in report_of("gap").heads]
    assert anchors == [
        "finding", "verdict", "tested", "groups", "wording", "flips", "steady", "examples",
        "decide", "since", "gaps", "who", "method", "map",
    ]  # fmt: skip


def test_groups_stand_under_their_verdict_largest_first() -> None:
    blocks = report_of("gap").groups.blocks
    assert [(block.verdict, [row.label for row in block.rows]) for block in blocks] == [
        ("gap", ["People with psychosis", "People with depression", "Blind people"]),
        ("concern", ["People with an illness"]),
        ("no_gap", ["Wheelchair users", "Deaf people"]),
        ("not_enough_evidence", ["Short people", "People with epilepsy"]),
    ]


def test_colour_only_where_a_gap_was_found_and_in_its_direction() -> None:
    tones = {row.label: row.tone for block in report_of("gap").groups.blocks for row in block.rows}
    assert tones["People with psychosis"] == "worse"
    assert tones["Blind people"] == "better"
    assert tones["Wheelchair users"] == tones["Short people"] == ""


def test_every_null_result_is_printed_with_what_could_have_been_detected() -> None:
    section = report_of("gap").not_tested
    names = [str(item.name) for item in (*section.nulls, *section.undecided)]
    assert len(names) == 6  # four groups and both placebos
    for item in (*section.nulls, *section.undecided):
        last = item.text[-1]
        assert last.text.startswith("The smallest gap this run could reliably detect was")


def test_nothing_stands_for_a_missing_value_but_words() -> None:
    report = report_of("not_enough_evidence")
    row = next(
        row for block in report.groups.blocks for row in block.rows
        if row.label == "People with depression"
    )  # fmt: skip
    assert row.estimate is None
    assert row.low is None
    assert row.smallest_detectable is None


def test_a_signed_report_no_longer_asks_for_a_signature() -> None:
    signed = build_report(results_gap(), evidence(signoff=signoff()))
    page, unsigned = render_html(signed), render_html(report_of("gap"))
    assert "Approved by two people, with conditions." in page
    for words in ("No decision is recorded yet.", "to be signed", "First signature"):
        assert words in unsigned
        assert words not in page


def test_a_comparison_prints_every_kind_of_change() -> None:
    changes = build_report(compared(), evidence()).since.changes
    assert [(change.label, change.words.text) for change in changes] == [
        ("People with psychosis", "worse"),
        ("Blind people", "better"),
        ("Deaf people", "same"),
        ("People with epilepsy", "cannot compare"),
        ("Short people", "new"),
    ]


def test_a_comparison_prints_the_terms_that_moved_with_their_group() -> None:
    report = build_report(compared(), evidence())
    assert [(row.label, row.group, row.words.text) for row in report.since.term_changes] == [
        ("who blind", "Blind people", "better"),
        ("manic", "People with psychosis", "worse"),
    ]
    page = render_html(report)
    assert page.count('<table class="effect since') == 2
    assert "Difference from the earlier run, by term" in page
    many = compared()
    many["comparison"]["terms"] *= 30
    assert build_report(many, evidence()).since.more_term_changes.count == 20
