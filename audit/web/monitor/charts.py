"""A gap over time as numbers for an SVG: per cent across, pixels down, so it fits any width."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from audit.monitor.view import Alarm, Measure, Window

HEIGHT = 220
_TOP, _BOTTOM = 22, 24
_LEFT, _RIGHT = 7.0, 99.0
_STEPS = (0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
_DATES = 4

Shape = Literal["apart", "around", "hidden"]
"""The week's interval leaves zero out; it holds zero; nothing may be shown."""


@dataclass(frozen=True, slots=True)
class Point:
    """One week: ``x`` in per cent; ``y``, ``high`` and ``low`` in pixels from the top."""

    x: float
    y: float
    high: float
    low: float
    shape: Shape


@dataclass(frozen=True, slots=True)
class Line:
    """A stretch between two weeks that are both shown."""

    x1: float
    y1: float
    x2: float
    y2: float


@dataclass(frozen=True, slots=True)
class Tick:
    """A value on one axis and where it stands."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Chart:
    """Everything that a chart draws.

    Parameters
    ----------
    points, lines : tuple
        Weeks that are over, oldest first, and what joins them.
    down, across : tuple of Tick
        Values of the gap, zero among them, and dates.
    zero : float
        Where no gap is.
    change, alarm : float or None
        Where the change is estimated to have begun, and the week that raised the alarm.
    text : str
        The same in words.
    height : int
        Pixels.
    """

    points: tuple[Point, ...]
    lines: tuple[Line, ...]
    down: tuple[Tick, ...]
    across: tuple[Tick, ...]
    zero: float
    change: float | None
    alarm: float | None
    text: str
    height: int = HEIGHT


def gap_chart(
    windows: Sequence[Window], measure: Measure, label: str, alarm: Alarm | None = None
) -> Chart | None:
    """Return the chart of one measure of one group.

    Parameters
    ----------
    windows : sequence of Window
        Weeks, oldest first.
    measure : Measure
        Its unit decides the scale.
    label : str
        Name of the group, for the words.
    alarm : Alarm, optional
        A gap alarm of this group and measure.

    Returns
    -------
    Chart or None
        ``None`` where no week may be shown.
    """
    weeks = [window for window in windows if window.hidden != "not_over"]
    shown = [window for window in weeks if window.gap is not None]
    if not shown:
        return None
    bound, step = _scale(shown)
    zero = _TOP + (HEIGHT - _TOP - _BOTTOM) / 2
    half = zero - _TOP

    def down(value: float) -> float:
        return round(zero - half * max(-1.0, min(1.0, value / bound)), 2)

    wide = max(1, len(weeks) - 1)
    xs = [round(_LEFT + (_RIGHT - _LEFT) * i / wide, 3) for i in range(len(weeks))]
    points = tuple(_point(x, week, down, zero) for x, week in zip(xs, weeks, strict=True))
    lines = tuple(
        Line(a.x, a.y, b.x, b.y)
        for a, b in itertools.pairwise(points)
        if "hidden" not in {a.shape, b.shape}
    )
    values = [-bound + step * i for i in range(round(2 * bound / step) + 1)]
    every = max(1, math.ceil(len(weeks) / _DATES))
    return Chart(
        points=points, lines=lines, zero=zero,
        down=tuple(Tick(down(value), signed(value, measure)) for value in values),
        across=tuple(Tick(xs[i], day(weeks[i].start)) for i in range(0, len(weeks), every)),
        change=_where(xs, weeks, alarm.change_week if alarm else None),
        alarm=_where(xs, weeks, alarm.week if alarm else None),
        text=_words(weeks, shown, measure, label, alarm),
    )  # fmt: skip


def signed(value: float, measure: Measure) -> str:
    """Write a gap: points for shares, hours for delays.

    Examples
    --------
    >>> signed(-0.05, Measure("a", "A", "b", "share"))
    '−5'
    >>> signed(0.0, Measure("a", "A", "b", "share"))
    '0'
    """
    number = value * 100 if measure.unit == "share" else value
    text = f"{abs(number):.1f}".removesuffix(".0") if measure.unit == "hours" else f"{number:+.0f}"
    if measure.unit == "hours":
        sign = "" if float(text) == 0 else "−" if number < 0 else "+"
        return sign + text
    return "0" if text in {"+0", "-0"} else text.replace("-", "−")


def unit_words(measure: Measure) -> str:
    """Return what a gap of a measure is counted in."""
    return "points" if measure.unit == "share" else "hours"


def day(moment: date) -> str:
    """Write a day.

    Examples
    --------
    >>> day(date(2026, 9, 7))
    '7 Sep 2026'
    """
    return f"{moment.day} {moment:%b %Y}"


def _scale(shown: Sequence[Window]) -> tuple[float, float]:
    """Return half the height in the measure's unit, and the step between lines."""
    largest = max(max(abs(w.gap or 0), abs(w.low or 0), abs(w.high or 0)) for w in shown)
    step = next((s for s in _STEPS if largest <= 3 * s), largest / 3)
    return step * max(1, math.ceil(largest / step - 1e-9)), step


def _shape(week: Window) -> Shape:
    """Tell how one week's interval lies to zero."""
    if week.gap is None:
        return "hidden"
    low = week.gap if week.low is None else week.low
    high = week.gap if week.high is None else week.high
    return "apart" if low > 0 or high < 0 else "around"


def _point(x: float, week: Window, down: Callable[[float], float], zero: float) -> Point:
    """Place one week; a hidden one lies on the line of no gap and has no height."""
    if week.gap is None:
        return Point(x, zero, zero, zero, "hidden")
    low = week.gap if week.low is None else week.low
    high = week.gap if week.high is None else week.high
    return Point(x, down(week.gap), down(high), down(low), _shape(week))


def _where(xs: Sequence[float], weeks: Sequence[Window], wanted: date | None) -> float | None:
    """Return where a week stands."""
    for x, week in zip(xs, weeks, strict=True):
        if week.start == wanted:
            return x
    return None


def _words(
    weeks: Sequence[Window],
    shown: Sequence[Window],
    measure: Measure,
    label: str,
    alarm: Alarm | None,
) -> str:
    """Say in words what the chart draws."""
    last, unit = shown[-1], unit_words(measure)
    gap = f"{signed(last.gap or 0, measure)} {unit}"
    if last.low is not None and last.high is not None:
        gap += f" ({signed(last.low, measure)} to {signed(last.high, measure)})"
    parts = [
        f"{measure.label}, {label} minus everyone else, in {unit} by week, {len(weeks)} weeks "
        f"from {day(weeks[0].start)}.",
        f"Newest week shown, from {day(last.start)}: {gap}.",
    ]
    apart = sum(_shape(week) == "apart" for week in shown)
    parts.append(f"In {apart} of {len(shown)} weeks shown the interval leaves zero out.")
    if len(shown) < len(weeks):
        parts.append(f"{len(weeks) - len(shown)} weeks are not shown: too few people.")
    if alarm is not None and alarm.change_week is not None:
        parts.append(f"The change is estimated to have begun in the week of "
                     f"{day(alarm.change_week)}.")  # fmt: skip
    return " ".join(parts)
