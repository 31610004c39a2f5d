"""What the array functions ask of their inputs."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


def alpha_of(confidence_level: float) -> float:
    """Return 1 - level.

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

    Raises
    ------
    ValueError
        Naming the argument, if a value is infinite or outside [low, high].
    """
    array = np.asarray(values, dtype=float)
    slack = 1e-9
    if np.any(array < low - slack) or np.any(array > high + slack):
        raise ValueError(f"{name}: values must be missing or lie in [{low:g}, {high:g}]")
    return array
