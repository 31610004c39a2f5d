"""The terminal: a plot where there is room, ASCII on request, words for a screen reader."""

from __future__ import annotations

import pytest

from audit.report import build_report, render_markdown, render_text
from tests.report.fixtures import evidence, results_gap, results_null, results_score

MARKS = "◆▲●□│┊─"


def lines(width: int = 100, **options: bool) -> list[str]:
    return render_text(build_report(results_gap(), evidence()), width=width, **options).split("\n")


def test_the_plot_shows_gap_limits_and_zero() -> None:
    row = next(line for line in lines(110) if line.startswith("People with psychosis"))
    assert row.count("◆") == row.count("│") == 1
    assert row.count("┊") == 2
    assert row.index("│") < row.index("◆")
    assert "+21.4" in row
    assert "+16.9 to +25.9" in row
    assert row.endswith("Gap beyond the limit (worse)")


def test_a_gap_the_other_way_lies_on_the_other_side() -> None:
    row = next(line for line in lines(110) if line.startswith("Blind people"))
    assert row.index("◆") < row.index("│")
    assert row.endswith("(better)")


def test_a_narrow_terminal_gets_two_lines_and_still_the_plot() -> None:
    found = lines(80)
    at = next(i for i, line in enumerate(found) if line.startswith("People with psychosis"))
    assert "◆" in found[at + 1]
    assert "+21.4" in found[at + 1]


@pytest.mark.parametrize("width", [60, 72, 80, 100, 120, 200])
def test_the_table_keeps_to_the_width(width: int) -> None:
    table = lines(width)[4:-3]
    assert max(map(len, table)) <= width


def test_ascii_is_ascii() -> None:
    text = render_text(build_report(results_gap(), evidence()), ascii=True, width=110)
    assert text.isascii()
    row = next(line for line in text.split("\n") if line.startswith("People with psychosis"))
    assert "#" in row
    assert "|" in row


def test_a_screen_reader_hears_sentences_and_no_drawing() -> None:
    text = render_text(build_report(results_gap(), evidence()), plain=True)
    assert not set(text) & set(MARKS)
    assert (
        "People with psychosis: gap +21.4 points, interval +16.9 to +25.9. "
        "A gap beyond the agreed limit was found.\n  Worse: Negative more often"
    ) in text
    assert "About 62 templates would settle it." in text


def test_colour_only_on_request_and_never_alone() -> None:
    assert "\x1b" not in "\n".join(lines())
    coloured = lines(110, colour=True)
    for line in coloured:
        if "\x1b[33m" in line:
            assert "(worse)" in line
        if "\x1b[36m" in line:
            assert "(better)" in line


@pytest.mark.parametrize("results", [results_gap, results_null, results_score])
def test_every_text_ends_with_the_closing_sentence(results: object) -> None:
    built = build_report(results(), evidence(demonstration=True))  # type: ignore[operator]
    for text in (render_text(built), render_text(built, plain=True), render_markdown(built)):
        assert text.endswith("it does not establish that a system is lawful, fair or safe.")
    assert render_text(built).startswith("This run demonstrates the instrument")


def test_markdown_has_a_row_per_group() -> None:
    text = render_markdown(build_report(results_gap(), evidence()))
    rows = [line for line in text.split("\n") if line.startswith("| ")]
    assert len(rows) == 2 + 8
    assert "Gap beyond the limit; Worse: Negative more often" in text
