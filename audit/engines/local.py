"""The default engine: one process, one classifier, batches in order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from audit.engines.batches import Answering, cut
from audit.protocols import Classifier, LoadAgain, Say
from audit.records import Prediction, Request


class LocalEngine:
    """Runs every request in this process, one batch of the classifier's size after the other."""

    def run(
        self,
        classifier: Classifier,
        requests: Iterable[Request],
        say: Say | None = None,
        load: LoadAgain | None = None,
    ) -> Iterator[list[Prediction]]:
        """Yield one list of predictions per batch, in the order of ``requests``.

        Raises
        ------
        ClassifierError
            If the classifier answers another number of requests, or in another order, than asked,
            or memory runs out with a single text.
        """
        answering = Answering(classifier, say or _silent)
        for batch in cut(requests, classifier.batch_size):
            yield answering.answer(batch)


def _silent(_sentence: str) -> None:
    """Say nothing."""
