"""Reading without a mouse, without JavaScript, at 400%, on paper, without a network."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page
from pypdf import PdfReader

from tests.browser.conftest import OpenPage
from tests.browser.pages import NAMES

FOCUSABLE = "a[href], summary, button, input, select, textarea, [tabindex]"


@pytest.mark.parametrize("name", NAMES)
def test_no_sideways_scrolling_at_four_hundred_percent(open_page: OpenPage, name: str) -> None:
    page = open_page(name, width=320, details=True)
    wide = page.evaluate(
        """() => [...document.querySelectorAll('body *')]
            .filter(e => !e.closest('.vh, svg') && e.getBoundingClientRect().right > 321)
            .map(e => e.outerHTML.slice(0, 120))"""
    )
    assert page.evaluate("document.documentElement.scrollWidth") <= 320, wide
    assert wide == []


@pytest.mark.parametrize("width", [700, 1000, 1280])
@pytest.mark.parametrize("name", NAMES)
def test_no_sideways_scrolling_on_larger_screens(
    open_page: OpenPage, name: str, width: int
) -> None:
    page = open_page(name, width=width, details=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("name", NAMES)
def test_the_page_asks_for_nothing(open_page: OpenPage, name: str) -> None:
    page = open_page("index.html")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    faults: list[str] = []
    page.on("console", lambda message: faults.append(message.text))
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto(page.url.replace("index.html", name))
    page.wait_for_load_state("networkidle")
    assert len(asked) == 1
    assert asked[0].startswith("file:")
    assert faults == []


def test_everything_is_there_without_javascript(open_page: OpenPage) -> None:
    with_it = open_page("gap.html").inner_text("body")
    without = open_page("gap.html", javascript=False)
    assert without.inner_text("body") == with_it
    without.locator("summary").nth(1).click()
    assert without.get_by_text("who depression").is_visible()


def test_the_keyboard_reaches_everything_in_reading_order(open_page: OpenPage) -> None:
    page = open_page("gap.html")
    reached = _tab_through(page)
    assert reached[0]["text"] == "Skip to the finding"
    assert [stop["place"] for stop in reached] == sorted(stop["place"] for stop in reached)
    assert len(reached) == page.evaluate(
        f"""() => [...document.querySelectorAll('{FOCUSABLE}')]
            .filter(e => e.checkVisibility()).length"""
    )
    assert all(stop["outline"] >= 2 for stop in reached)
    assert [stop["text"] for stop in reached if not stop["visible"]] == []


def _tab_through(page: Page) -> list[dict[str, Any]]:
    """Press Tab until the focus leaves the page; return what was focused."""
    stops: list[dict[str, Any]] = []
    for _ in range(400):
        page.keyboard.press("Tab")
        stop = page.evaluate(
            f"""() => {{
              const e = document.activeElement;
              if (e === document.body) return null;
              const box = e.getBoundingClientRect();
              return {{
                place: [...document.querySelectorAll('{FOCUSABLE}')].indexOf(e),
                text: e.innerText, outline: parseFloat(getComputedStyle(e).outlineWidth),
                visible: box.top >= 0 && box.bottom < innerHeight + 1 && box.width > 1,
              }};
            }}"""
        )
        if stop is None or (stops and stop["place"] == stops[0]["place"]):
            return stops
        stops.append(stop)
    return stops


def test_the_skip_link_leads_to_the_finding(open_page: OpenPage) -> None:
    page = open_page("gap.html")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.url.endswith("#finding")


def test_terms_open_with_the_keyboard(open_page: OpenPage) -> None:
    page = open_page("gap.html")
    summary = page.locator("summary").nth(1)
    summary.focus()
    assert not page.get_by_text("who depression").is_visible()
    page.keyboard.press("Enter")
    assert page.get_by_text("who depression").is_visible()


def test_it_prints_as_a_tagged_document_with_the_sign_off_up_front(
    open_page: OpenPage, tmp_path: Path
) -> None:
    target = tmp_path / "report.pdf"
    page = open_page("gap.html")
    page.pdf(path=target, tagged=True, outline=True, prefer_css_page_size=True)
    reader = PdfReader(target)
    catalogue = reader.trailer["/Root"]
    assert catalogue["/MarkInfo"]["/Marked"]
    assert "/StructTreeRoot" in catalogue
    assert str(catalogue["/Lang"]).startswith("en")
    texts = [re.sub(r"\s+", " ", page.extract_text()) for page in reader.pages]
    front = " ".join(texts[:8])
    for words in ("A gap beyond the agreed limit was found.", "First signature", "Expires on"):
        assert words in front
    whole = " ".join(texts)
    assert "who depression" in whole  # closed on the screen, open on paper
    assert "does not establish that a system is lawful" in whole


def test_it_prints_dark_on_light_from_a_dark_screen(open_page: OpenPage) -> None:
    page = open_page("gap.html", theme="dark")
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(22, 24, 27)"
