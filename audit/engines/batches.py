"""Batches: cut, answered in halves where memory runs out, and checked."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from audit.errors import ClassifierError
from audit.protocols import Classifier, Say
from audit.records import Prediction, Request

_SIGNS = ("out of memory", "can't allocate memory", "cannot allocate memory", "not enough memory")


def cut(requests: Iterable[Request], size: int) -> Iterator[list[Request]]:
    """Yield the requests in batches of one size; every engine cuts alike.

    A model's rounding may depend on what else is in its batch, so equal batches give equal bits.
    """
    waiting = iter(requests)
    while batch := list(islice(waiting, size)):
        yield batch


class Answering:
    """Answers batches; where memory runs out it goes on with half as many texts at once.

    Parameters
    ----------
    classifier : Classifier
        Who answers.
    say : callable
        Told when a batch was halved.
    """

    def __init__(self, classifier: Classifier, say: Say) -> None:
        self._classifier, self._say = classifier, say
        self._most = classifier.batch_size

    def answer(self, batch: Sequence[Request]) -> list[Prediction]:
        """Answer a batch, in order.

        Raises
        ------
        ClassifierError
            If the classifier answers another number of requests, or in another order, than asked,
            or memory runs out with a single text.
        """
        answers: list[Prediction] = []
        while len(answers) < len(batch):
            part = batch[len(answers) : len(answers) + self._most]
            try:
                given = self._classifier.predict(part)
            except Exception as error:
                if not out_of_memory(error):
                    raise
                if len(part) == 1:
                    raise ClassifierError(
                        "memory ran out with a single text",
                        where=self._classifier.info.model,
                        hint="use a smaller model or number format (--dtype), or a larger machine; "
                        "--resume continues",
                    ) from error
                self._halve(len(part))
                continue
            self._check(part, given)
            answers += given
        return answers

    def _halve(self, tried: int) -> None:
        """Ask for half as many texts from now on, and say so."""
        self._most = tried // 2
        self._say(f"Memory ran out with {tried} texts at once; going on with {self._most}.")
        gc.collect()

    def _check(self, asked: Sequence[Request], given: Sequence[Prediction]) -> None:
        if [answer.id for answer in given] != [request.id for request in asked]:
            raise ClassifierError(
                f"{len(asked)} texts were sent and {len(given)} answers came back, "
                "or not in the order asked",
                where=self._classifier.info.model,
                hint="a classifier must answer every request, in order",
            )


def out_of_memory(error: BaseException | None) -> bool:
    """Whether an error, or what it came from, is that memory ran out."""
    while error is not None:
        said = str(error).lower()
        if isinstance(error, MemoryError) or any(sign in said for sign in _SIGNS):
            return True
        error = error.__cause__ or error.__context__
    return False
