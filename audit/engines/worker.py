"""What runs on a Ray worker: one loaded classifier that answers batches."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress

from audit.engines.batches import Answering
from audit.errors import ClassifierError
from audit.protocols import LoadAgain
from audit.records import Prediction, Request


class Worker:
    """Holds a classifier.

    Parameters
    ----------
    folder : str
        The driver's working folder, which relative paths of a target start from where it exists.
    """

    def __init__(self, folder: str) -> None:
        with suppress(OSError):
            os.chdir(folder)
        self._said: list[str] = []
        self._answering: Answering | None = None

    def load(self, load: LoadAgain, model: str, fingerprint: str | None) -> None:
        """Load the classifier.

        Raises
        ------
        ClassifierError
            If it is another one than the driver's.
        """
        classifier = load()
        info = classifier.info
        if (info.model, info.fingerprint) != (model, fingerprint):
            raise ClassifierError(
                "a worker loaded another model than the driver",
                where=f"{model} on {os.uname().nodename}",
                hint="give every machine the same files, or a revision of the model",
            )
        self._answering = Answering(classifier, self._said.append)

    def answer(self, batch: Sequence[Request]) -> tuple[list[Prediction], list[str]]:
        """Answer a batch; also return what was said on the way."""
        if self._answering is None:
            raise ClassifierError("a worker was asked before it was ready", where="--engine ray")
        self._said.clear()
        return self._answering.answer(batch), list(self._said)
