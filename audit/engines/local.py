"""The default engine: one process, one classifier, batches in order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

from audit.errors import ClassifierError
from audit.protocols import Classifier, Say
from audit.records import Prediction, Request


class LocalEngine:
    """Runs every request in this process, one batch of the classifier's size after the other."""

    def run(
        self, classifier: Classifier, requests: Iterable[Request], say: Say | None = None
    ) -> Iterator[list[Prediction]]:
        """Yield one list of predictions per batch, in the order of ``requests``.

        Raises
        ------
        ClassifierError
            If the classifier answers another number of requests, or in another order, than asked.
        """
        waiting = iter(requests)
        while batch := list(islice(waiting, classifier.batch_size)):
            answers = classifier.predict(batch)
            if [answer.id for answer in answers] != [request.id for request in batch]:
                raise ClassifierError(
                    f"{len(batch)} texts were sent and {len(answers)} answers came back, "
                    "or not in the order asked",
                    where=classifier.info.model,
                    hint="a classifier must answer every request, in order",
                )
            yield answers
