"""The five measures, and the columns of the counts that each is made of."""

from __future__ import annotations

from dataclasses import dataclass

from audit.monitor.view import Measure


@dataclass(frozen=True, slots=True)
class Columns:
    """Where a measure's cases and totals are counted; ``weight`` is its part of the 5%."""

    measure: Measure
    cases: str
    totals: tuple[str, ...]
    weight: float = 0.0


SHARES = (
    Columns(
        Measure("unfavourable", "Unfavourable answers", "answered decisions", "share"),
        "unfavourable", ("answered",), 1 / 2,
    ),
    Columns(
        Measure("override", "Answers that a person replaced", "reviews", "share"),
        "overrides", ("reviews",), 1 / 6,
    ),
    Columns(
        Measure("upheld", "Appeals upheld", "decided appeals", "share"),
        "upheld", ("appeals_decided",), 1 / 6,
    ),
    Columns(
        Measure("unparsed", "Answers that are no label", "decisions of the classifier", "share"),
        "unparsed", ("answered", "unparsed"), 1 / 6,
    ),
)  # fmt: skip
"""Shares, tested every week; the first has half of the false alarms, the others a sixth each."""
DELAY = Measure("delay", "Hours until a person reviewed", "reviews", "hours")
MEASURES = (*(columns.measure for columns in SHARES), DELAY)
