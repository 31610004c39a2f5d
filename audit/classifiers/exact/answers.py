"""From answer masses to the predictions of a run."""

from __future__ import annotations

from collections.abc import Sequence

from audit.classifiers.draws import draw_labels
from audit.classifiers.exact.scorer import AnswerMasses
from audit.records import Prediction, Request, Sampling


def exact_predictions(
    found: AnswerMasses, requests: Sequence[Request], labels: Sequence[str], sampling: Sampling
) -> list[Prediction]:
    """Write masses at the first temperature as predictions, and draw the repeats people read.

    Parameters
    ----------
    found : AnswerMasses
        One row for each request.
    requests : sequence of Request
        What was asked.
    labels : sequence of str
        The task's labels, in the order of the masses.
    sampling : Sampling
        ``repeats`` and ``seed`` of the draws.

    Returns
    -------
    list of Prediction
        In the order of ``requests``.
    """
    columns = found.labels[:, 0], found.unparsed[:, 0], found.unresolved[:, 0]
    answers = []
    for request, row, unparsed, unresolved in zip(requests, *columns, strict=True):
        probabilities = dict(zip(labels, row.tolist(), strict=True))
        samples = draw_labels(
            probabilities, sampling.repeats, seed=sampling.seed, request_id=request.id
        )
        answers.append(
            Prediction(
                id=request.id,
                probabilities=probabilities,
                unparsed=float(unparsed),
                unresolved=float(unresolved),
                samples=samples,
            )
        )
    return answers
