"""The report as a short Markdown summary, for a pull request or a ticket."""

from __future__ import annotations

import re

from audit.report.language import Language, language
from audit.report.message import Share, Span, fill
from audit.report.model import ReportModel
from audit.report.parts import Row
from audit.report.wording.chrome import LABELS
from audit.report.wording.verdicts import SHORT

_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+!|<>~@&])")


def render_markdown(report: ReportModel, *, lang: str = "en") -> str:
    """Render title, finding, a table of groups, what was not tested and the closing sentence.

    Text from outside is escaped, so that it can neither format the page nor mention anybody.
    """
    tongue = language(lang)
    lines = [f"## {_safe(tongue.text(report.identity.heading))}", ""]
    lines += [f"> {_safe(tongue.text(banner))}" for banner in report.banners]
    lines += ["", f"**{_safe(tongue.text(report.finding.lead))}**", ""]
    if report.finding.sentences:
        prose = " ".join(tongue.text(sentence) for sentence in report.finding.sentences)
        lines += [_safe(prose), ""]
    lines += [*_table(report, tongue), ""]
    left_out = report.not_tested.not_tested
    if left_out:
        lines += [f"**{tongue.text(LABELS['not_tested'])}**", ""]
        lines += [
            f"- {_safe(tongue.text(item.name))}: "
            + _safe(" ".join(tongue.text(part) for part in item.text))
            for item in left_out
        ]
        lines.append("")
    run = tongue.text(fill(LABELS["run_footer"], run=report.run_id))
    lines += [f"{_safe(run)}. {_safe(tongue.text(report.closing))}"]
    return "\n".join(lines)


def _table(report: ReportModel, tongue: Language) -> list[str]:
    """Return the groups as a Markdown table."""
    unit = report.scale.unit
    head = [
        tongue.text(LABELS["group"]),
        tongue.text(LABELS["gap_points" if unit == "points" else "gap_score"]),
        tongue.text(fill(LABELS["interval"], level=Share(report.confidence_level))),
        tongue.text(LABELS["verdict"]),
        tongue.text(LABELS["smallest"]),
    ]
    lines = [_line(head), "| --- | ---: | ---: | --- | ---: |"]
    missing = tongue.text(LABELS["not_available"])
    for block in report.groups.blocks:
        for row in block.rows:
            detectable = row.smallest_detectable
            lines.append(
                _line(
                    [
                        row.label,
                        missing if row.estimate is None else tongue.signed(row.estimate, unit),
                        tongue.span(Span(row.low, row.high, unit)),
                        _verdict(row, tongue),
                        missing
                        if detectable is None
                        else tongue.signed(detectable, unit, plus=False),
                    ]
                )
            )
    return lines


def _verdict(row: Row, tongue: Language) -> str:
    words = tongue.text(SHORT[row.verdict]) if row.verdict else ""
    return words if row.style is None else f"{words}; {tongue.text(row.style)}"


def _line(cells: list[str]) -> str:
    return "| " + " | ".join(_safe(cell) for cell in cells) + " |"


def _safe(text: str) -> str:
    """Escape what Markdown or HTML would read as markup."""
    return _SPECIAL.sub(r"\\\1", text).replace("\n", " ")
