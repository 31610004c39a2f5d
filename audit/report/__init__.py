"""The report: from results to a model of sentences and rows, and from it to pages and text."""

from audit.report.build import build_report
from audit.report.html import IndexEntry, render_html, render_index, render_pages, render_sweep
from audit.report.language import available_languages
from audit.report.markdown import render_markdown
from audit.report.model import SLOT, Evidence
from audit.report.report import Report
from audit.report.text import render_text

__all__ = [
    "SLOT",
    "Evidence",
    "IndexEntry",
    "Report",
    "available_languages",
    "build_report",
    "render_html",
    "render_index",
    "render_markdown",
    "render_pages",
    "render_sweep",
    "render_text",
]
