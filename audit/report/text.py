"""The report on a terminal: verdict, sentences and a compact forest plot, or plain lines."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from audit.records import Verdict
from audit.report.language import Language, language
from audit.report.message import Amount, Share, Span, Value, fill
from audit.report.model import ReportModel
from audit.report.parts import Row
from audit.report.scale import Scale
from audit.report.wording.chrome import LABELS
from audit.report.wording.verdicts import SHORT, VERDICT

_SMALLEST_PLOT = 17
_LARGEST_PLOT = 41
_LABEL = 34
_COLOURS = {"worse": "\x1b[33m", "better": "\x1b[36m", "bold": "\x1b[1m"}
_RESET = "\x1b[0m"


@dataclass(frozen=True, slots=True)
class _Signs:
    """The characters of a plot."""

    marks: dict[Verdict, str]
    line: str
    zero: str
    limit: str
    cut: str


_UNICODE = _Signs(
    {"gap": "◆", "concern": "▲", "no_gap": "●", "not_enough_evidence": "□"}, "─", "│", "┊", "…"
)
_ASCII = _Signs(
    {"gap": "#", "concern": "^", "no_gap": "o", "not_enough_evidence": "?"}, "-", "|", ":", "~"
)


def render_text(
    report: ReportModel,
    *,
    width: int = 100,
    ascii: bool = False,
    colour: bool = False,
    plain: bool = False,
    lang: str = "en",
) -> str:
    """Render the finding and a row per group for a terminal.

    Parameters
    ----------
    report : ReportModel
        The model.
    width : int
        Columns of the terminal; below about 70 the plot is left out.
    ascii : bool
        Draw with ASCII characters only.
    colour : bool
        Colour the direction; a word always says the same.
    plain : bool
        One sentence per group and no plot, for screen readers and logs.
    lang : str
        Language of the words.

    Returns
    -------
    str
        Lines without a line break at the end. Text from outside carries no control characters.
    """
    tongue = language(lang)
    lines = [*_opening(report, tongue, colour=colour), ""]
    if plain:
        lines += _sentences(report, tongue)
    else:
        signs = _ASCII if ascii else _UNICODE
        lines += _Table(report, tongue, signs, width, colour=colour).lines()
    lines += ["", *_closing(report, tongue)]
    text = "\n".join(line.rstrip() for line in lines)
    return _to_ascii(text) if ascii else text


def _opening(report: ReportModel, tongue: Language, *, colour: bool) -> list[str]:
    """Return banners, the verdict and the sentences of section 1."""
    banners = [tongue.text(banner) for banner in report.banners]
    lead = tongue.text(report.finding.lead)
    return [
        *banners,
        f"{_COLOURS['bold']}{lead}{_RESET}" if colour else lead,
        *(tongue.text(sentence) for sentence in report.finding.sentences),
    ]


def _closing(report: ReportModel, tongue: Language) -> list[str]:
    counts = ", ".join(
        f"{tally.n} × {tongue.text(SHORT[tally.verdict])}"
        for tally in report.finding.tally
        if tally.n
    )
    return [*([counts] if counts else []), tongue.text(report.closing)]


def _sentences(report: ReportModel, tongue: Language) -> list[str]:
    """Return one sentence per group: everything the plot says, in words."""
    lines = []
    unit = report.scale.unit
    for block in report.groups.blocks:
        for row in block.rows:
            lines.append(
                tongue.text(
                    fill(
                        LABELS["plain_row"],
                        group=row.label,
                        gap=_gap(row, report),
                        interval=Span(row.low, row.high, unit),
                        verdict=VERDICT[block.verdict],
                    )
                )
            )
            lines += [f"  {tongue.text(remark)}" for remark in (*_style(row), *row.remarks)]
    return lines


def _style(row: Row) -> tuple[Value, ...]:
    return () if row.style is None else (row.style,)


def _gap(row: Row, report: ReportModel) -> Value:
    return Amount(row.estimate, report.scale.unit)


class _Table:
    """The table of groups with a plot; rows of two lines where one has no room for it."""

    def __init__(
        self,
        report: ReportModel,
        tongue: Language,
        signs: _Signs,
        width: int,
        *,
        colour: bool,
    ) -> None:
        self.report = report
        self.tongue = tongue
        self.signs = signs
        self.colour = colour
        self.rows = [row for block in report.groups.blocks for row in block.rows]
        unit = report.scale.unit
        level = Share(report.confidence_level)
        self.head = (
            tongue.text(LABELS["group"]),
            tongue.text(LABELS["gap_points" if unit == "points" else "gap_score"]),
            tongue.text(fill(LABELS["interval"], level=level)),
            tongue.text(LABELS["verdict"]),
        )
        self.cells = [self._cells(row) for row in self.rows]
        columns = list(zip(self.head, *self.cells, strict=True))
        name, self.gap, self.span, verdict = (max(map(_width, column)) for column in columns)
        self.name = min(_LABEL, name)
        room = width - self.name - self.gap - self.span - verdict - 8
        self.stacked = room < _SMALLEST_PLOT
        if self.stacked:
            room = width - self.gap - self.span - 6
        self.plot = min(_LARGEST_PLOT, room) if room >= _SMALLEST_PLOT else 0

    def lines(self) -> list[str]:
        """Return header and rows."""
        if not self.rows:
            return []
        axis = _axis(self.report.scale, self.plot, self.tongue)
        found = self._lines(self.head, axis, "")
        for row, cells in zip(self.rows, self.cells, strict=True):
            plot = _plot(row, self.report.scale, self.plot, self.signs)
            found += self._lines(cells, plot, row.tone)
        return found

    def _cells(self, row: Row) -> tuple[str, str, str, str]:
        """Return label, gap, interval and verdict as words."""
        unit = self.report.scale.unit
        estimate = (
            self.tongue.text(LABELS["not_available"])
            if row.estimate is None
            else self.tongue.signed(row.estimate, unit)
        )
        words = self.tongue.text(SHORT[row.verdict]) if row.verdict else ""
        if row.tone:
            words += f" ({self.tongue.text(LABELS[f'{row.tone}_end'])})"
        label = _to_ascii(row.label) if self.signs is _ASCII else row.label
        return label, estimate, self.tongue.span(Span(row.low, row.high, unit)), words

    def _lines(self, cells: tuple[str, str, str, str], plot: str, tone: str) -> list[str]:
        """Return one row on one line, or on two where the terminal is narrow."""
        name, gap, span, verdict = cells
        name = _pad(_cut(name, self.name, self.signs.cut), self.name)
        gap, span = _pad(gap, self.gap, right=True), _pad(span, self.span, right=True)
        if self.colour and tone in _COLOURS:
            gap = f"{_COLOURS[tone]}{gap}{_RESET}"
            plot = f"{_COLOURS[tone]}{plot}{_RESET}"
        figures = [gap, span, *([plot] if self.plot else [])]
        if self.stacked:
            return [f"{name}  {verdict}", "  ".join(["", *figures])]
        return ["  ".join([name, *figures, verdict])]


def _plot(row: Row, scale: Scale, width: int, signs: _Signs) -> str:
    """Draw one row: interval, then limits and zero, which are always seen, then the mark."""
    if not width:
        return ""
    cells = [" "] * width

    def place(value: float) -> int:
        return round((width - 1) * scale.percent(value) / 100)

    if row.low is not None and row.high is not None:
        for index in range(place(row.low), place(row.high) + 1):
            cells[index] = signs.line
    if scale.tolerance:
        cells[place(-scale.tolerance)] = cells[place(scale.tolerance)] = signs.limit
    cells[place(0.0)] = signs.zero
    if row.estimate is not None and row.verdict is not None:
        cells[place(row.estimate)] = signs.marks[row.verdict]
    return "".join(cells)


def _axis(scale: Scale, width: int, tongue: Language) -> str:
    """Write the labels of the ticks above the plot, those that have room."""
    cells = [" "] * width
    free = 0
    for tick in scale.ticks if width else ():
        text = tongue.brief(tongue.signed(tick, scale.unit))
        centre = round((width - 1) * scale.percent(tick) / 100)
        start = max(0, min(centre - len(text) // 2, width - len(text)))
        if start >= free:
            cells[start : start + len(text)] = text
            free = start + len(text) + 1
    return "".join(cells)


def _width(text: str) -> int:
    """Return how many columns a text takes: wide characters take two, combining ones none."""
    return sum(
        0
        if unicodedata.combining(sign) or unicodedata.category(sign) == "Cf"
        else 2
        if unicodedata.east_asian_width(sign) in "WF"
        else 1
        for sign in text
    )


def _cut(text: str, width: int, sign_of_cut: str) -> str:
    """Shorten a text to a number of columns."""
    if _width(text) <= width:
        return text
    kept = ""
    for sign in text:
        if _width(kept + sign) > width - 1:
            break
        kept += sign
    return kept + sign_of_cut


def _pad(text: str, width: int, *, right: bool = False) -> str:
    blanks = " " * max(0, width - _width(text))
    return blanks + text if right else text + blanks


_FALLBACK: Sequence[tuple[str, str]] = (
    ("−", "-"), ("×", "x"), ("…", "..."), ("“", '"'), ("”", '"'), ("’", "'"), ("⟨", "<"),
    ("⟩", ">"), ("\u00a0", " "), ("\u202f", " "),
)  # fmt: skip


def _to_ascii(text: str) -> str:
    """Replace typographic signs; anything else outside ASCII is written as its code."""
    for sign, plain in _FALLBACK:
        text = text.replace(sign, plain)
    return text.encode("ascii", "backslashreplace").decode("ascii")
