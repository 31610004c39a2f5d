"""Checks on numbers that come from outside: a score, and the masses of the labels."""

from __future__ import annotations

import math
from collections.abc import Mapping

from audit.errors import ClassifierError

TOLERANCE = 1e-6


def check_score(value: float, low: float, high: float, where: str) -> float:
    """Return ``value`` if it is a number in [``low``, ``high``].

    Raises
    ------
    ClassifierError
        If it is NaN, infinite, or outside.
    """
    if not math.isfinite(value):
        raise ClassifierError(
            f"the score is {value}, which is no number",
            where=where,
            hint="a score must be finite; leave no text without one",
        )
    if not low <= value <= high:
        raise ClassifierError(
            f"the score {value:g} is outside the declared range {low:g} to {high:g}",
            where=where,
            hint="correct the score, or declare the range with --score-range LOW HIGH",
        )
    return value


def check_masses(masses: Mapping[str, float], where: str) -> tuple[dict[str, float], float]:
    """Return the masses and what is left of 1, which is on no label.

    Parameters
    ----------
    masses : mapping of str to float
        Mass of each label.
    where : str
        Where they came from, for the message.

    Returns
    -------
    tuple of (dict of str to float, float)
        The masses, in [0, 1], and the unparsed mass, in [0, 1].

    Raises
    ------
    ClassifierError
        If one is NaN or negative, or their sum passes 1 by more than 1e-6.
    """
    for label, mass in masses.items():
        if not math.isfinite(mass) or mass < 0:
            raise ClassifierError(
                f"the probability of {label!r} is {mass:g}",
                where=where,
                hint="probabilities are numbers from 0 to 1",
            )
    total = math.fsum(masses.values())
    if total > 1 + TOLERANCE:
        raise ClassifierError(
            f"the probabilities sum to {total:.8g}, which is more than 1",
            where=where,
            hint="give probabilities, not percentages or logits",
        )
    rest = 1.0 - total
    return dict(masses), rest if rest > TOLERANCE else 0.0
