"""The monitoring report in a real browser: every state, every theme, wide and narrow, printed."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page
from pypdf import PdfReader

from audit.web.monitor import render_monitor_report
from tests.browser.test_accessibility import EVERYWHERE, violations
from tests.monitor.boards import STATES, board, empty

CONTRAST = """() => {
  const channels = c => c.match(/[\\d.]+/g).map(Number);
  const light = c => {
    const [r, g, b] = channels(c).slice(0, 3).map(v => {
      v /= 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const paper = light(getComputedStyle(document.body).backgroundColor);
  const ratio = c => { const [x, y] = [light(c), paper].sort((p, q) => q - p);
                       return (x + 0.05) / (y + 0.05); };
  const of = (selector, name) => [...document.querySelectorAll(selector)].map(
    el => ratio(getComputedStyle(el)[name]));
  return {
    texts: of('svg text', 'fill'),
    marks: [...of('.zero, .change, .apart, .around, .none', 'stroke'), ...of('.raised', 'fill'),
            ...of('.shape', 'color')],
  };
}"""


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("monitor") / "report.html"
    path.write_text(render_monitor_report(board()), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def page(browser: Browser, report: Path) -> Iterator[Page]:
    """One page that every theme and width is tried on."""
    context = browser.new_context()
    context.set_default_timeout(120_000)
    opened = context.new_page()
    opened.goto(report.as_uri())
    yield opened
    context.close()


def dress(page: Page, theme: str, width: int) -> None:
    page.emulate_media(
        color_scheme="dark" if theme == "dark" else "light",
        forced_colors="active" if theme == "forced" else "none",
    )
    page.set_viewport_size({"width": width, "height": 900})


def test_no_violation_in_any_theme_wide_or_narrow(page: Page) -> None:
    for theme, width in EVERYWHERE:
        dress(page, theme, width)
        found = violations(page)
        assert found["violations"] == [], (theme, width)
        assert found["rules"] > 60
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_every_text_and_mark_of_the_charts_stands_out(page: Page) -> None:
    for theme in ("light", "dark", "forced"):
        dress(page, theme, 1280)
        measured = page.evaluate(CONTRAST)
        assert len(measured["texts"]) > 20
        assert len(measured["marks"]) > 100
        assert min(measured["texts"]) >= 4.5, theme
        assert min(measured["marks"]) >= 3, theme


def test_nothing_is_asked_from_anywhere_and_no_script_runs(browser: Browser, report: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    opened = context.new_page()
    asked: list[str] = []
    opened.on("request", lambda request: asked.append(request.url))
    opened.goto(report.as_uri())
    shown = opened.inner_text("main")
    for state in STATES.values():
        assert state.words in shown
    assert asked == [report.as_uri()]
    assert "<script" not in opened.content()
    context.close()


def test_it_prints_with_the_finding_on_the_first_page(page: Page) -> None:
    printed = PdfReader(io.BytesIO(page.pdf(tagged=True)))
    first = printed.pages[0].extract_text()
    assert "Monitoring by affected group" in first
    assert "Alert" in first
    assert "Not enough data" in first
    assert len(printed.pages) < 40


def test_a_reader_finds_tables_behind_the_charts_by_keyboard(page: Page) -> None:
    dress(page, "light", 1280)
    summary = page.locator("summary").first
    summary.focus()
    page.keyboard.press("Enter")
    assert page.locator("details[open] table caption").first.is_visible()
    page.keyboard.press("Enter")


def test_before_any_data_the_page_is_whole_too(browser: Browser, tmp_path: Path) -> None:
    path = tmp_path / "empty.html"
    path.write_text(render_monitor_report(empty()), encoding="utf-8")
    opened = browser.new_page()
    opened.goto(path.as_uri())
    assert violations(opened)["violations"] == []
    assert "No group has enough data to say anything yet." in opened.inner_text("main")
    opened.close()
