"""One acceptance check: a measured value and the range it must lie in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

SEED = 20_240_611
"""Every check draws from its own stream, seeded by this and its number."""


@dataclass(frozen=True, slots=True)
class Check:
    """A value of our functions (or of a naive method) on simulated data, and what is accepted.

    Attributes
    ----------
    number : str
        Number of the check, with a letter where one number covers several values.
    title : str
        What is measured, and on what.
    measure : callable
        Takes a `numpy.random.Generator` and returns the value.
    low, high : float
        Accepted range, both ends included.
    unit : str
        Unit of the value, for people.
    must_fail : bool
        The value belongs to a naive method, which the check must *see* fail.
    """

    number: str
    title: str
    measure: Callable[[np.random.Generator], float]
    low: float
    high: float
    unit: str = "%"
    must_fail: bool = False

    def value(self, seed: int = SEED) -> float:
        """Measure with the check's own stream of random numbers."""
        letters = [ord(letter) for letter in self.number]
        return float(self.measure(np.random.default_rng([seed, *letters])))

    def accepts(self, value: float) -> bool:
        """Tell whether a value lies in the accepted range; NaN does not."""
        return self.low <= value <= self.high
