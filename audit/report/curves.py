"""The curves of a sweep: one small chart for each measure and group, and the numbers beside."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from audit.report.inert import inert
from audit.report.message import Sentence
from audit.report.wording.sweep import AXES, FIT, UNREAD, gap_of, line_name

WIDTH, HEIGHT = 320, 180
LEFT, RIGHT, TOP, BOTTOM = 44, 12, 10, 30
DASHES = ("", "7 4", "2 4", "10 4 2 4", "4 2")
"""Lines are told apart by their dashes; a further line begins again."""
_DIMENSIONS = ("shots", "temperature", "separator")
_STEPS = (1, 2, 5, 10, 20, 25, 50, 100)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """One value of a line in the chart's units; ``low`` and ``high`` are ends of its whisker."""

    x: float
    y: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line: its dashes, its marks, and the points of its stroke."""

    dashes: str
    marks: tuple[Mark, ...]

    @property
    def points(self) -> str:
        """Coordinates of the stroke, as SVG writes them."""
        return " ".join(f"{mark.x:g},{mark.y:g}" for mark in self.marks)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A small chart: a title, lines, ticks of both axes, and lines across at some values."""

    title: Sentence
    lines: tuple[Line, ...]
    x_ticks: tuple[tuple[float, str], ...]
    y_ticks: tuple[tuple[float, int], ...]
    across: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One group's numbers at one point, as fractions or in the score's unit."""

    label: str
    estimate: float | None
    low: float | None
    high: float | None
    lowest: float | None
    highest: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One run of the sweep, for the tables."""

    href: str
    shots: int
    temperature: float | None
    separator: str
    prompts: int
    unparsed: float | None
    fit: float | None
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """A whole sweep, as its page shows it."""

    model: str
    probe_set: str
    unit: str
    axis: Sentence
    keys: tuple[tuple[str, Sentence], ...]
    charts: tuple[Chart, ...]
    points: tuple[Point, ...]
    ranges: bool


def build_sweep(found: Mapping[str, Any]) -> Sweep:
    """Lay out the curves of a sweep.

    Parameters
    ----------
    found : mapping
        What ``sweep.json`` holds: at least one point.

    Returns
    -------
    Sweep
        The first dimension that varies is the axis; every combination of the others is a line.
    """
    points: Sequence[Mapping[str, Any]] = found["points"]
    varied = [name for name in _DIMENSIONS if len({point[name] for point in points}) > 1]
    axis, others = (varied or ["shots"])[0], varied[1:]
    unit = "points" if points[0]["unit"] == "probability" else "score"
    series: dict[tuple[Any, ...], list[Mapping[str, Any]]] = {}
    for point in points:
        series.setdefault(tuple(point[name] for name in others), []).append(point)
    places = _places([point[axis] for point in points])
    lines = list(series.values())

    def chart(title: Sentence, read: Callable[[Mapping[str, Any]], _Value | None]) -> Chart:
        return _chart(title, [[(places[p[axis]], read(p)) for p in line] for line in lines], places)

    charts = [chart(UNREAD, lambda point: _share(point["unparsed_rate"]))]
    if any(point["fit"] is not None for point in points):
        charts.append(chart(FIT, lambda point: _share(point["fit"])))
    for number, group in enumerate(points[0]["groups"]):
        title = gap_of(inert(group["label"]), points=unit == "points")
        charts.append(chart(title, partial(_gap, number)))
    return Sweep(
        model=inert(found["model"]),
        probe_set=inert(found["probe_set"]),
        unit=unit,
        axis=AXES[axis],
        keys=tuple(
            (DASHES[number % len(DASHES)], _line_name(others, key))
            for number, key in enumerate(series)
            if others
        ),
        charts=tuple(charts),
        points=tuple(map(_point, points)),
        ranges=any(point["prompts"] > 1 for point in points),
    )


_Value = tuple[float, float | None, float | None]
"""A value in percent, with the ends of its whisker."""


def _share(share: float | None) -> _Value | None:
    return None if share is None else (100 * share, None, None)


def _gap(number: int, point: Mapping[str, Any]) -> _Value | None:
    """Return one group's gap in points, with its range where there are several prompts."""
    group = point["groups"][number]
    if group["estimate"] is None:
        return None
    ends = (group["lowest"], group["highest"]) if point["prompts"] > 1 else (None, None)
    low, high = (None if end is None else 100 * end for end in ends)
    return 100 * group["estimate"], low, high


def _line_name(names: Sequence[str], key: Sequence[Any]) -> Sentence:
    return line_name(**{n: inert(_shown(value)) for n, value in zip(names, key, strict=True)})


def _places(values: Sequence[Any]) -> dict[Any, float]:
    """Spread the values of the axis over the chart, in order."""
    ordered = sorted(set(values), key=lambda value: (isinstance(value, str), value or 0, value))
    inner = WIDTH - LEFT - RIGHT
    step = inner / max(len(ordered), 1)
    return {value: round(LEFT + step * (n + 0.5), 1) for n, value in enumerate(ordered)}


def _chart(
    title: Sentence,
    lines: Sequence[Sequence[tuple[float, _Value | None]]],
    places: Mapping[Any, float],
) -> Chart:
    """Scale the values of all lines to the chart."""
    known = [value for line in lines for _, value in line if value is not None]
    edges = [edge for value in known for edge in value if edge is not None]
    low, high = min([0.0, *edges]), max([0.0, *edges])
    step = next((s for s in _STEPS if (high - low) / s <= 5), _STEPS[-1])
    bottom = step * int(low // step)
    top = max(step * -int(-high // step), bottom + step)

    def y(value: float) -> float:
        return round(TOP + (HEIGHT - TOP - BOTTOM) * (top - value) / (top - bottom), 1)

    return Chart(
        title=title,
        lines=tuple(
            Line(
                dashes=DASHES[number % len(DASHES)],
                marks=tuple(
                    Mark(
                        x=x,
                        y=y(value[0]),
                        low=None if value[1] is None else y(value[1]),
                        high=None if value[2] is None else y(value[2]),
                    )
                    for x, value in line
                    if value is not None
                ),
            )
            for number, line in enumerate(lines)
        ),
        x_ticks=tuple((x, inert(_shown(value))) for value, x in places.items()),
        y_ticks=tuple((y(tick), tick) for tick in range(bottom, top + 1, step)),
        across=(y(0.0),),
    )


def _point(point: Mapping[str, Any]) -> Point:
    return Point(
        href=f"{point['folder']}/index.html",
        shots=point["shots"],
        temperature=point["temperature"],
        separator=inert(point["separator"]),
        prompts=point["prompts"],
        unparsed=point["unparsed_rate"],
        fit=point["fit"],
        cells=tuple(
            Cell(
                label=inert(group["label"]),
                **{name: group[name] for name in ("estimate", "low", "high", "lowest", "highest")},
            )
            for group in point["groups"]
        ),
    )


def _shown(value: Any) -> str:
    """Write a value of the axis."""
    return f"{value:g}" if isinstance(value, int | float) else str(value)
