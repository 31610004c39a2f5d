"""What a short number format does to the probabilities: measured on the model, then allowed for."""

from __future__ import annotations

import numpy as np

from audit.classifiers.exact.scorer import AnswerMasses
from audit.errors import ClassifierError

SAFETY = 2.0  # the sample's largest error is doubled, as other prompts may fare worse
LARGEST = 0.05


def measured_error(reference: AnswerMasses, own: AnswerMasses) -> float:
    """Return the largest difference of a label's or the remaining mass, in [0, 1].

    Parameters
    ----------
    reference, own : AnswerMasses
        The same prompts in float32 and in the format of the run.
    """
    return float(
        max(
            np.abs(reference.labels - own.labels).max(),
            np.abs(reference.unparsed - own.unparsed).max(),
        )
    )


def allowance(error: float, dtype: str, name: str) -> float:
    """Return the mass by which every probability is widened.

    Parameters
    ----------
    error : float
        Largest error measured on the sample.
    dtype : str
        Name of the format.
    name : str
        Name of the model, for the message.

    Raises
    ------
    ClassifierError
        If the widened probabilities would say too little.
    """
    widened = SAFETY * error
    if not widened <= LARGEST:
        raise ClassifierError(
            f"{dtype} moves this model's probabilities by up to {error:.2g}",
            where=name,
            hint="use --dtype float32",
        )
    return widened


def widen(masses: AnswerMasses, by: float) -> AnswerMasses:
    """Take ``by`` from every mass and call it unresolved.

    Each label's interval then holds the mass it would have with an error of ``by`` either way, as
    what all labels and the rest give up stands in ``unresolved``.
    """
    if by == 0:
        return masses
    labels = np.clip(masses.labels - by, 0.0, 1.0)
    unparsed = np.clip(masses.unparsed - by, 0.0, 1.0)
    taken = masses.labels.sum(axis=-1) - labels.sum(axis=-1) + masses.unparsed - unparsed
    # a mass near 0 gives up less than ``by``, and may still be too low by that much
    room = np.maximum(taken, 2 * by)
    unresolved = np.minimum(masses.unresolved + room, 1.0 - labels.sum(axis=-1))
    return AnswerMasses(labels, unresolved)
