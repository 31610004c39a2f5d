"""Disclosure control: which cells may be shown, and how they are rounded."""

from __future__ import annotations

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
        The number that mentions none of the groups; it is never shown.
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
    if not (codes == SMALL).any():
        return codes
    # What is not shown, taken together, must be two cells at least and itself no small one.
    for group in np.argsort(n, kind="stable"):
        away = np.append(n[codes != SHOWN], nobody)
        if (away > 0).sum() >= 2 and away.sum() >= SMALLEST:
            break
        if codes[group] == SHOWN:
            codes[group] = COMPLEMENT
    return codes


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
