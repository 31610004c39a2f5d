"""The pages under test: every kind of page the report room makes, from small runs."""

from __future__ import annotations

from pathlib import Path

from audit.pipeline import conclude
from audit.report import (
    IndexEntry,
    build_report,
    render_html,
    render_index,
    render_pages,
    render_sweep,
)
from audit.runlog import read_run
from tests.report.fixtures import (
    compared,
    evidence,
    results_gap,
    results_little,
    results_null,
    results_score,
    results_wide,
    signoff,
    swept,
    with_prompts,
)
from tests.report.test_hostile import ATTACKS, attacked

EXAMPLE = Path(__file__).parents[2] / "reports" / "example"
NAMES = (
    "example.html",
    "gap.html",
    "null.html",
    "little.html",
    "score.html",
    "wide.html",
    "hostile.html",
    "gap.ja.html",
    "signed.html",
    "index.html",
    "sweep.html",
    "sharded/index.html",
    "sharded/terms-1-1.html",
)
MORE_REPORTS = (
    "example.html",
    "null.html",
    "wide.html",
    "little.html",
    "hostile.html",
    "gap.ja.html",
    "signed.html",
)


def all_pages() -> dict[str, str]:
    """Return the pages by file name."""
    reports = {
        "gap": build_report(compared(), evidence()),
        "null": build_report(with_prompts(results_null()), evidence(demonstration=True)),
        "little": build_report(results_little(), evidence(prompt=None, pairs=[])),
        "wide": build_report(results_wide(), evidence()),
        "score": build_report(results_score(), evidence(prompt=None)),
        "signed": build_report(results_gap(), evidence(signoff=signoff())),
        "hostile": build_report(*attacked(ATTACKS["image"] + ATTACKS["override"] * 20)),
    }
    pages = {f"{name}.html": render_html(report) for name, report in reports.items()}
    pages["example.html"] = conclude(read_run(EXAMPLE)).html
    pages["gap.ja.html"] = render_html(reports["gap"], lang="ja")
    entries = [IndexEntry(href=f"{name}.html", report=report) for name, report in reports.items()]
    pages["index.html"] = render_index(entries)
    pages["sweep.html"] = render_sweep(swept())
    shards = render_pages(reports["gap"], limit=50_000)
    return pages | {f"sharded/{name}": text for name, text in shards.items()}
