"""Contextual calibration: what a prompt leans to before it has read anything is divided out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from audit.records import Prediction

LEAST_SHARE = 1e-6
"""A label that a prompt gives less than this to a text without content cannot be divided by."""

_SLACK = 1e-3
"""Rounding that masses may sum to more than one by."""


def leaning(content_free: Sequence[Prediction]) -> dict[str, float] | None:
    """Return what a prompt answers to texts without content, among the labels.

    Parameters
    ----------
    content_free : sequence of Prediction
        Exact answers to texts such as "N/A".

    Returns
    -------
    dict of str to float or None
        Mean share of each label, summing to 1; ``None`` where there is no answer, or a label has
        next to no share.

    Raises
    ------
    ValueError
        If masses are negative or more than one, or two answers are about different labels.
    """
    shares: list[dict[str, float]] = []
    for answer in content_free:
        masses = answer.probabilities or {}
        total = sum(masses.values())
        if min(masses.values(), default=0.0) < 0 or total > 1 + _SLACK:
            raise ValueError(f"content_free: the masses of {answer.id!r} are no shares")
        if shares and total > 0 and masses.keys() != shares[0].keys():
            raise ValueError(f"content_free: {answer.id!r} is about other labels than the first")
        if total <= 0:
            return None
        shares.append({label: mass / total for label, mass in masses.items()})
    if not shares:
        return None
    mean = {label: sum(row[label] for row in shares) / len(shares) for label in shares[0]}
    return mean if min(mean.values()) >= LEAST_SHARE else None


def calibrated(answer: Prediction, lean: Mapping[str, float]) -> Prediction:
    """Divide an exact answer by what its prompt leans to.

    Parameters
    ----------
    answer : Prediction
        With the mass of each label.
    lean : mapping of str to float
        From `leaning`, each above 0.

    Returns
    -------
    Prediction
        The labels' masses in proportion to mass / lean; their sum, and what is on no label, stay.
        Nothing is drawn from them.

    Raises
    ------
    ValueError
        If the answer has a label that the prompt was not seen to lean to.

    References
    ----------
    Zhao, Wallace, Feng, Klein & Singh (2021), Calibrate Before Use: Improving Few-Shot Performance
    of Language Models, section 5, with shares divided and summed to one.

    Examples
    --------
    >>> said = Prediction(id="x", probabilities={"Good": 0.6, "Bad": 0.2}, unparsed=0.2)
    >>> after = calibrated(said, {"Good": 0.75, "Bad": 0.25}).probabilities
    >>> {label: round(mass, 3) for label, mass in after.items()}
    {'Good': 0.4, 'Bad': 0.4}
    """
    masses = answer.probabilities or {}
    if not masses.keys() <= lean.keys():
        raise ValueError(f"predictions: {answer.id!r} has a label that content_free has not")
    weighted = {label: mass / lean[label] for label, mass in masses.items()}
    total = sum(weighted.values())
    scale = sum(masses.values()) / total if total > 0 else 0.0
    return replace(
        answer,
        probabilities={label: mass * scale for label, mass in weighted.items()},
        samples=(),
    )
