"""A report model as indented text, for golden files that people can read."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Any

from audit.report import Report
from audit.report.language import language
from audit.report.message import (
    Amount,
    Day,
    Listing,
    Number,
    Sentence,
    Share,
    Span,
    Toned,
    Tongue,
)

_VALUES = (Amount, Day, Listing, Number, Sentence, Share, Span, Toned, Tongue)


def outline(report: Report) -> str:
    """Return every field that holds something, one a line; tones in square brackets."""
    return "\n".join(_lines(report, 0)) + "\n"


def _lines(value: Any, depth: int) -> list[str]:
    lines: list[str] = []
    for field in fields(value):
        lines += _entry(field.name, getattr(value, field.name), depth)
    return lines


def _entry(name: str, value: Any, depth: int) -> list[str]:
    space = "  " * depth
    if value is None or value is False or value in ((), ""):
        return []
    if isinstance(value, _VALUES):
        return [f"{space}{name}: {_spoken(value)}"]
    if is_dataclass(value):
        return [f"{space}{name}:", *_lines(value, depth + 1)]
    if isinstance(value, tuple):
        lines = [f"{space}{name}:"]
        for item in value:
            lines += _entry("-", item, depth + 1)
        return lines
    return [f"{space}{name}: {round(value, 6) if isinstance(value, float) else value}"]


def _spoken(value: Any) -> str:
    pieces = language("en").fragments(value)
    return "".join(f"[{p.tone} {p.text}]" if p.tone else p.text for p in pieces)
