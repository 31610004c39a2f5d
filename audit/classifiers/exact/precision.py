"""What a short number format does to the probabilities: measured on the model, then allowed for."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from audit.classifiers.exact.scorer import AnswerMasses
from audit.errors import ClassifierError

SAFETY = 2.0  # the sample's largest error is doubled, as other prompts may fare worse
LARGEST = 1.0  # one half could then be anything between 0.27 and 0.73
_LEAST = 1e-300
_LEAST_REST = 1e-9  # what is left for no label is a difference from 1, with its rounding


def measured_error(reference: AnswerMasses, own: AnswerMasses) -> float:
    """Return the largest difference of a log-probability, of a label or of the rest, in nats.

    Logarithms show an error on prompts whose answer is all but certain, too, so that it is known
    for those whose answer is not.

    Parameters
    ----------
    reference, own : AnswerMasses
        The same prompts in float32 and in the format of the run. Where one of them followed
        beginnings that the other left unresolved, the difference of that is not counted.
    """
    # a beginning that only one of them followed moves mass without any error
    slack = np.abs(reference.unresolved - own.unresolved)[..., None]
    labels = _apart(reference.labels, own.labels, slack)
    one, other = reference.unparsed[..., None], own.unparsed[..., None]
    rest = np.where(np.maximum(one, other) > _LEAST_REST, _apart(one, other, slack), 0.0)
    return float(max(labels.max(), rest.max()))


def _apart(
    one: NDArray[np.float64], other: NDArray[np.float64], slack: NDArray[np.float64]
) -> NDArray[np.float64]:
    """How many nats two masses are apart beyond the slack that one of them may be given."""
    one, other = np.clip(one, _LEAST, None), np.clip(other, _LEAST, None)
    logs: NDArray[np.float64] = np.log(np.maximum(one, other) / (np.minimum(one, other) + slack))
    return np.maximum(logs, 0.0)


def allowance(error: float, dtype: str, name: str) -> float:
    """Return by how many nats the odds of every probability are widened.

    Parameters
    ----------
    error : float
        Largest error measured on the sample, in nats.
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
            f"{dtype} moves this model's probabilities by up to a factor of {np.exp(error):.3g}",
            where=name,
            hint="use --dtype float32",
        )
    return widened


def widen(masses: AnswerMasses, by: float) -> AnswerMasses:
    """Let the odds of every mass be wrong by ``by`` nats either way, and call that unresolved.

    Each label's interval then holds the mass it would have without the error; near 0 and 1 it
    grows little, and most at one half.
    """
    if by == 0:
        return masses
    every = np.concatenate([masses.labels, masses.unparsed[..., None]], axis=-1)
    low = _with_odds(every, -by)
    high = _with_odds(every + masses.unresolved[..., None], by)
    # the largest interval, or what all masses give up, whichever needs more room
    room = np.maximum(1.0 - low.sum(axis=-1), (high - low).max(axis=-1))
    labels = low[..., :-1]
    return AnswerMasses(labels, np.clip(room, 0.0, np.clip(1.0 - labels.sum(axis=-1), 0.0, None)))


def _with_odds(masses: NDArray[np.float64], nats: float) -> NDArray[np.float64]:
    """Masses whose odds are multiplied by ``exp(nats)``."""
    p = np.clip(masses, 0.0, 1.0)
    found: NDArray[np.float64] = p * np.exp(nats) / (1.0 - p + p * np.exp(nats))
    return found
