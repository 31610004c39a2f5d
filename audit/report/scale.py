"""One axis for every chart of a report: where it begins and ends, and where the ticks stand."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from audit.report.message import Unit

_STEPS = (1.0, 2.0, 5.0, 10.0)
_MOST_TICKS: dict[Unit, int] = {"points": 7, "score": 5}  # "+0.05" is wider than "+20"
_LABEL_ROOM = 0.09  # of the axis, beyond the outermost tick: half a label


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """The axis shared by all forest rows, in the estimate's unit.

    ``worse_end`` is the end towards which people are treated worse; ``tolerance`` is drawn as a
    band around zero (``None``: no band).
    """

    low: float
    high: float
    ticks: tuple[float, ...]
    tolerance: float | None
    unit: Unit
    worse_end: Literal["left", "right"]

    @property
    def outer_ticks(self) -> tuple[float, ...]:
        """Return zero and the outermost ticks that leave room for labels in a narrow chart."""
        zero = self.percent(0.0)
        ends = {self.ticks[0], self.ticks[-1]} if self.ticks else set()
        return tuple(sorted({0.0, *(t for t in ends if abs(self.percent(t) - zero) >= 20)}))

    def percent(self, value: float) -> float:
        """Return the place of ``value`` on the axis, 0 to 100, rounded to a tenth."""
        share = (value - self.low) / (self.high - self.low)
        return round(100 * min(1.0, max(0.0, share)), 1)


def scale_over(
    values: Iterable[float],
    *,
    tolerance: float | None,
    unit: Unit,
    worse_end: Literal["left", "right"],
    at_most_wider: Iterable[float] = (),
) -> Scale:
    """Return a scale that holds ``values``, zero and the limits, with round ticks.

    Parameters
    ----------
    values : iterable of float
        What must lie within: estimates and the groups' interval ends, in the estimate's unit.
    at_most_wider : iterable of float
        Interval ends of smaller rows (terms, strata): they widen the scale by a quarter at most on
        each side; what lies beyond is cut off visibly.
    """
    margin = tolerance if tolerance else 0.05
    shown = [0.0, -1.6 * margin, 1.6 * margin, *values]
    low, high = min(shown), max(shown)
    room = (high - low) / 4
    extra = tuple(at_most_wider)
    low, high = max(min((low, *extra)), low - room), min(max((high, *extra)), high + room)
    pad = 0.04 * (high - low)
    low, high = low - pad, high + pad
    step = _step(high - low, _MOST_TICKS[unit])
    first = math.ceil(low / step)
    last = math.floor(high / step)
    ticks = tuple(round(step * number, 12) for number in range(first, last + 1))
    room = _LABEL_ROOM * (high - low)
    low, high = min(low, ticks[0] - room), max(high, ticks[-1] + room)
    return Scale(
        low=low, high=high, ticks=ticks, tolerance=tolerance, unit=unit, worse_end=worse_end
    )


def _step(width: float, most: int) -> float:
    """Return the smallest round step that leaves at most ``most`` ticks."""
    power = math.floor(math.log10(width / most))
    for factor in _STEPS:
        step: float = factor * 10.0**power
        if width / step <= most:
            return step
    return 10.0 ** (power + 1)
