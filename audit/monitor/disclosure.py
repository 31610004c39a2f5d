"""Disclosure control: which cells may be shown, and how they are rounded."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

SMALLEST = 20
"""Cells under this are hidden."""
BASE = 10
"""Counts are shown as multiples of this."""
SHOWN, SMALL, COMPLEMENT = 0, 1, 2


def hidden_cells(own: ArrayLike, nobody: float, everyone: float) -> NDArray[np.int8]:
    """Say which cells of one window are hidden.

    Parameters
    ----------
    own : array_like, shape (G,)
        The number behind each group's cell.
    nobody : float
        The number that mentions none of the groups; it is never shown, and is a cell all the same.
    everyone : float
        The number of all together.

    Returns
    -------
    ndarray of int, shape (G,)
        `SHOWN`, `SMALL` (it, or everyone else, is under 20) or `COMPLEMENT` (hidden because the
        other cells and the total would give a small one away).
    """
    n = np.asarray(own, float)
    codes = np.where((n < SMALLEST) | (everyone - n < SMALLEST), SMALL, SHOWN).astype(np.int8)
    if not (codes == SMALL).any() and not 0 < nobody < SMALLEST:
        return codes
    # What is not shown, taken together, must be two cells at least and itself no small one.
    for group in np.argsort(n, kind="stable"):
        away = np.append(n[codes != SHOWN], nobody)
        if (away > 0).sum() >= 2 and away.sum() >= SMALLEST:
            break
        if codes[group] == SHOWN:
            codes[group] = COMPLEMENT
    return codes


@dataclass(frozen=True, slots=True)
class Behind:
    """The numbers behind one measure's cells of some windows.

    Attributes
    ----------
    own : ndarray, shape (G, windows)
        Of every group.
    nobody, everyone : ndarray, shape (windows,)
        Of those who mention none of the groups, and of all together.
    """

    own: NDArray[np.float64]
    nobody: NDArray[np.float64]
    everyone: NDArray[np.float64]

    def hidden(self) -> NDArray[np.int8]:
        """Return `hidden_cells` of every window, shape (G, windows)."""
        columns = zip(self.own.T, self.nobody, self.everyone, strict=True)
        found = [hidden_cells(own, nobody, everyone) for own, nobody, everyone in columns]
        return np.array(found, np.int8).reshape(len(found), len(self.own)).T


def hidden_week(week: Behind, days: Behind) -> tuple[NDArray[np.int8], NDArray[np.int8]]:
    """Say which cells of a week and of its seven days are hidden, when both are shown together.

    Parameters
    ----------
    week, days : Behind
        One window, and seven.

    Returns
    -------
    ndarray of int, shape (G,) and (G, 7)
        As `hidden_cells`, and such that no group's days and week give one another away.
    """
    whole, parts = week.hidden()[:, 0], days.hidden()
    for group, own in enumerate(days.own):
        if whole[group] != SHOWN:  # all its days together would give the week away
            parts[group] = np.where(parts[group] == SHOWN, COMPLEMENT, parts[group])
            continue
        for day in np.argsort(own, kind="stable"):
            away = own[parts[group] != SHOWN]
            if not len(away) or ((away > 0).sum() >= 2 and away.sum() >= SMALLEST):
                break
            if parts[group, day] == SHOWN:
                parts[group, day] = COMPLEMENT
    return whole, parts


def rounded_count(count: float) -> int:
    """Return a count as it is shown.

    Examples
    --------
    >>> rounded_count(137)
    140
    """
    return int(BASE * np.floor(count / BASE + 0.5))


def rounded_share(value: float) -> float | None:
    """Return a share or gap in whole hundredths; ``None`` where there is none.

    Examples
    --------
    >>> rounded_share(0.1274)
    0.13
    """
    return None if not np.isfinite(value) else float(np.round(value, 2) + 0.0)
