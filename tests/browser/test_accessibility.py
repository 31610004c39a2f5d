"""axe-core, every rule it has, on every page, in three themes, wide and narrow."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import OpenPage
from tests.browser.pages import MORE_REPORTS, NAMES

AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
RUN = """async () => {
  const rules = Object.fromEntries(axe.getRules().map(r => [r.ruleId, {enabled: true}]));
  const found = await axe.run(document, {rules, resultTypes: ['violations']});
  return {
    rules: found.violations.length + found.passes.length + found.inapplicable.length,
    violations: found.violations.flatMap(v => v.nodes.map(n => `${v.id}: ${n.target} ${n.html}`)),
  };
}"""


def violations(page: Page) -> dict[str, Any]:
    """Run axe in the page; its policy stays in force, the script comes from outside."""
    page.evaluate(AXE)
    found: dict[str, Any] = page.evaluate(RUN)
    return found


EVERYWHERE = [(theme, width) for theme in ("light", "dark", "forced") for width in (1280, 320)]
# Every kind of page in every theme and width; further reports, whose markup is the same, in two.
CASES = [
    (name, theme, width)
    for name in NAMES
    for theme, width in ([("light", 1280), ("dark", 320)] if name in MORE_REPORTS else EVERYWHERE)
]


@pytest.mark.parametrize(("name", "theme", "width"), CASES)
def test_no_violation(open_page: OpenPage, name: str, theme: str, width: int) -> None:
    found = violations(open_page(name, theme=theme, width=width))
    assert found["violations"] == []
    assert found["rules"] > 60


@pytest.mark.parametrize("theme", ["light", "dark", "forced"])
def test_no_violation_with_everything_open(open_page: OpenPage, theme: str) -> None:
    assert violations(open_page("gap.html", theme=theme, details=True))["violations"] == []


def test_axe_would_find_a_fault(open_page: OpenPage) -> None:
    page = open_page("gap.html")
    page.evaluate("document.querySelector('caption').parentElement.setAttribute('role', 'img')")
    page.evaluate("document.documentElement.removeAttribute('lang')")
    assert any("html-has-lang" in each for each in violations(page)["violations"])
