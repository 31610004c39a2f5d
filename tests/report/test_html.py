"""The page: one file, no script, no request, the same bytes twice."""

from __future__ import annotations

import base64
import hashlib
import os
import re
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from audit.errors import ConfigError
from audit.report import (
    IndexEntry,
    build_report,
    render_html,
    render_index,
    render_pages,
)
from tests.report.fixtures import (
    evidence,
    results_gap,
    results_little,
    results_null,
    results_score,
)

GOLDEN = Path(__file__).parent / "golden" / "gap.html"
RUNS = {
    "gap": results_gap,
    "null": results_null,
    "little": results_little,
    "score": results_score,
}


def page(name: str = "gap", **changes: Any) -> str:
    return render_html(build_report(RUNS[name](), evidence(**changes)))


class _Outline(HTMLParser):
    """Collects ids, links, headings and resources of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.references: list[str] = []
        self.headings: list[int] = []
        self.tags: set[str] = set()
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.add(tag)
        self.attributes |= given.keys()
        if given.get("id"):
            self.ids.append(str(given["id"]))
        if tag in {"a", "use"}:
            self.links.append(str(given.get("href")))
        for name in ("aria-labelledby", "aria-describedby"):
            self.references += (given.get(name) or "").split()
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))


def outline(text: str) -> _Outline:
    parser = _Outline()
    parser.feed(text)
    return parser


def test_the_page_is_the_golden_page() -> None:
    text = page()
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.write_text(text, encoding="utf-8")
    assert text == GOLDEN.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", RUNS)
def test_the_page_loads_and_runs_nothing(name: str) -> None:
    found = outline(page(name))
    assert not found.tags & {"script", "link", "img", "iframe", "object", "embed", "base", "form"}
    assert not {name for name in found.attributes if name.startswith("on") or name == "style"}
    assert not found.attributes & {"src", "srcset", "background", "action"}
    assert "@import" not in page(name)
    assert "url(" not in page(name)


def test_the_policy_allows_this_style_only() -> None:
    text = page()
    style = re.search(r"<style>(.*?)</style>", text, re.DOTALL)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)
    assert policy is not None
    assert policy[1] == (
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    )


@pytest.mark.parametrize("name", RUNS)
def test_ids_are_unique_and_every_link_arrives(name: str) -> None:
    found = outline(page(name))
    assert len(found.ids) == len(set(found.ids))
    inner = {link[1:] for link in found.links if link.startswith("#")}
    assert inner | set(found.references) <= set(found.ids)
    assert all(link.startswith(("#", "https://")) for link in found.links)


@pytest.mark.parametrize("name", RUNS)
def test_one_first_level_heading_and_no_level_skipped(name: str) -> None:
    levels = outline(page(name)).headings
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_group_ids_of_any_kind_become_addresses() -> None:
    results = results_gap()
    results["groups"][0]["id"] = 'a b"><#'
    found = outline(render_html(build_report(results, evidence())))
    assert all(re.fullmatch(r"[\w-]+", each) for each in found.ids)


def test_an_unknown_language_is_a_clear_error() -> None:
    with pytest.raises(ConfigError, match="no report in the language 'xx'"):
        render_html(build_report(results_gap(), evidence()), lang="xx")


def test_the_zero_line_is_drawn_in_every_chart() -> None:
    text = page()
    charts = re.findall(r"<svg aria-hidden=true>(.*?)</svg>", text)
    assert len(charts) > 40
    assert all("<use href=#f />" in chart for chart in charts)
    assert re.search(r'<g id="f">.*<line class="zero"', text)


def test_every_interval_is_printed_as_numbers() -> None:
    text = page()
    rows = re.findall(r"<line x1=[\d.]+% x2=[\d.]+% />", text)
    assert len(rows) > 40
    assert len(rows) <= len(re.findall(r"[+−]?\d+\.\d to [+−]?\d+\.\d", text))


def test_an_index_lists_reports_with_their_verdicts() -> None:
    entries = [
        IndexEntry(href=f"{name}/index.html", report=build_report(RUNS[name](), evidence()))
        for name in ("gap", "null")
    ]
    text = render_index(entries)
    assert [link for link in outline(text).links if link.endswith("html")] == [
        "gap/index.html", "null/index.html",
    ]  # fmt: skip
    assert "A gap beyond the agreed limit was found." in text
    assert "No gap beyond the limit was found in what was tested." in text
    assert text == render_index(entries)


def test_a_large_report_leaves_its_terms_to_siblings() -> None:
    report = build_report(results_gap(), evidence())
    assert list(render_pages(report)) == ["index.html"]
    pages = render_pages(report, limit=50_000)
    siblings = [name for name in pages if name != "index.html"]
    assert len(siblings) == 8
    links = outline(pages["index.html"]).links
    assert set(siblings) <= set(links)
    for name in siblings:
        back = [link for link in outline(pages[name]).links if link.startswith("index.html#")]
        assert back[0].removeprefix("index.html#") in outline(pages["index.html"]).ids
    for row in (row for block in report.groups.blocks for row in block.rows):
        assert sum(row.terms[0].label in pages[name] for name in siblings) >= 1


def test_a_report_shows_itself_in_a_notebook_in_a_frame_of_its_own() -> None:
    shown = build_report(results_gap(), evidence())._repr_html_()
    assert shown.startswith('<iframe sandbox=""')
    assert "<section" not in shown  # escaped inside srcdoc
    assert "&lt;section" in shown
