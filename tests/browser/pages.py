"""The pages under test: every kind of page the report room makes, from small runs."""

from __future__ import annotations

from audit.report import IndexEntry, build_report, render_html, render_index, render_pages
from tests.report.fixtures import (
    evidence,
    results_gap,
    results_little,
    results_null,
    results_score,
)
from tests.report.test_hostile import ATTACKS, attacked

NAMES = (
    "gap.html",
    "null.html",
    "little.html",
    "score.html",
    "hostile.html",
    "index.html",
    "sharded/index.html",
    "sharded/terms-1-1.html",
)
MORE_REPORTS = ("null.html", "little.html", "hostile.html")


def compared() -> dict[str, object]:
    """Return a run with an earlier one to compare with, and old map entries left to the date."""
    results = results_gap()
    results["comparison"] = {
        "baseline_run_id": "20260801T000000Z-aa11",
        "groups": [
            {"group": "psychosis", "change": "worse", "difference": 0.06,
             "interval": {"low": 0.02, "high": 0.1, "confidence_level": 0.95, "method": "listed"}},
            {"group": "blind", "change": "better", "difference": -0.05, "interval": None},
            {"group": "deaf", "change": "same", "difference": 0.001, "interval": None},
            {"group": "epilepsy", "change": "cannot_compare", "why": "Other templates."},
        ],
    }  # fmt: skip
    return results


def all_pages() -> dict[str, str]:
    """Return the pages by file name."""
    reports = {
        "gap": build_report(compared(), evidence()),
        "null": build_report(results_null(), evidence(demonstration=True)),
        "little": build_report(results_little(), evidence(prompt=None, pairs=[])),
        "score": build_report(results_score(), evidence(prompt=None)),
        "hostile": build_report(*attacked(ATTACKS["image"] + ATTACKS["override"] * 20)),
    }
    pages = {f"{name}.html": render_html(report) for name, report in reports.items()}
    entries = [IndexEntry(href=f"{name}.html", report=report) for name, report in reports.items()]
    pages["index.html"] = render_index(entries)
    shards = render_pages(reports["gap"], limit=50_000)
    return pages | {f"sharded/{name}": text for name, text in shards.items()}
