"""Small enough to open, and in parts where it is not: the sizes that are promised."""

from __future__ import annotations

from audit.report import build_report, render_html, render_pages
from audit.report.html import LARGEST_PAGE
from benchmarks.report import FINDINGS, GROUPS, LARGEST, large_results
from tests.report.fixtures import evidence


def test_forty_groups_and_a_thousand_findings_stay_below_the_limit() -> None:
    results = large_results(GROUPS, FINDINGS)
    page = render_html(build_report(results, evidence()))
    assert page.count("who has condition number") > FINDINGS * 0.9
    assert len(page.encode()) <= LARGEST
    assert page == render_html(build_report(results, evidence()))


def test_beyond_a_megabyte_the_findings_move_to_siblings() -> None:
    report = build_report(large_results(GROUPS, 4_000), evidence())
    assert len(render_html(report).encode()) > LARGEST_PAGE
    pages = render_pages(report)
    assert len(pages) == GROUPS + 1
    assert max(len(page.encode()) for page in pages.values()) <= LARGEST_PAGE
    index = pages.pop("index.html")
    assert all(f'href="{name}"' in index for name in pages)
    terms = [row for block in report.groups.blocks for row in block.rows for row in row.terms]
    siblings = "".join(pages.values())
    assert all(term.label in siblings for term in terms)
    assert render_pages(report) == {"index.html": index, **pages}
