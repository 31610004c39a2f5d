"""What the array functions ask of their inputs."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


def alpha_of(confidence_level: float) -> float:
    """Return 1 - level.

    Parameters
    ----------
    confidence_level : float
        In (0, 1).

    Returns
    -------
    float
        In (0, 1); never missing. The definition of a two-sided level.

    Raises
    ------
    ValueError
        If the level is not in (0, 1).
    """
    if not 0 < confidence_level < 1:
        raise ValueError(f"confidence_level: must lie in (0, 1), got {confidence_level}")
    return 1 - confidence_level


def checked(values: ArrayLike, name: str, *, low: float, high: float) -> Array:
    """Return ``values`` as floats; NaN may stand for missing, anything beyond the limits may not.

    Parameters
    ----------
    values : array_like, shape (...)
        What a caller gave.
    name : str
        The argument's name, for the error.
    low, high : float
        Limits, in the values' unit; a rounding error of 1e-9 beyond them passes.

    Returns
    -------
    ndarray, shape (...)
        The same values, in their unit; NaN = missing stays. See the functions that call this.

    Raises
    ------
    ValueError
        Naming the argument, if a value is infinite or outside [low, high].

    Notes
    -----
    `audit.statistics.intervals` says what the limits of each argument mean.
    """
    array = np.asarray(values, dtype=float)
    slack = 1e-9
    if np.any(array < low - slack) or np.any(array > high + slack):
        raise ValueError(f"{name}: values must be missing or lie in [{low:g}, {high:g}]")
    return array
