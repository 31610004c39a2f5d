"""Asking a classifier from a running service: with a time limit, and read as one answer."""

from __future__ import annotations

import hashlib
import math
import queue
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from audit.errors import AuditError, ClassifierError
from audit.protocols import Classifier
from audit.records import Prediction, Request

_HALF = 0.5


class ClassifierTimeoutError(ClassifierError):
    """The classifier did not answer in time."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a classifier said about one text.

    Parameters
    ----------
    label : str or None
        The likeliest label; ``None`` where there is none, or no unique one.
    confidence : float or None
        Its share among the labels, in [0, 1].
    score : float or None
        The score of a score target.
    steady : bool or None
        Whether repeats agree; ``None`` with fewer than two.
    """

    label: str | None
    confidence: float | None
    score: float | None
    steady: bool | None


class TimedClassifier:
    """Asks one classifier, one question at a time, and waits no longer than ``timeout`` seconds.

    A call that hangs cannot be ended from outside: it keeps its thread, and until it returns every
    further question times out as well.

    Parameters
    ----------
    classifier : Classifier or callable
        A callable takes a list of texts and gives a list of labels, scores or
        ``{label: probability}``.
    timeout : float
        Seconds for one call, with its wait for earlier ones.
    """

    def __init__(self, classifier: Classifier | Callable[..., Any], timeout: float) -> None:
        self._classifier = classifier
        self._timeout = timeout
        self._turn = threading.Lock()

    @property
    def fingerprint(self) -> str | None:
        """Hash of what was loaded, where the classifier knows it."""
        info = getattr(self._classifier, "info", None)
        return getattr(info, "fingerprint", None)

    def ask(self, texts: Sequence[str]) -> list[Answer]:
        """Return one answer for each text.

        Raises
        ------
        ClassifierTimeoutError
            If there is no answer in time.
        ClassifierError
            If the classifier fails, or gives something that is no answer.
        """
        if not self._turn.acquire(timeout=self._timeout):
            raise ClassifierTimeoutError(f"no answer within {self._timeout:g} seconds")
        box: queue.SimpleQueue[list[Answer] | BaseException] = queue.SimpleQueue()
        worker = threading.Thread(target=self._work, args=(texts, box), daemon=True)
        try:
            worker.start()
        except RuntimeError as error:
            self._turn.release()
            raise ClassifierError("no thread could be started for the classifier") from error
        try:
            found = box.get(timeout=self._timeout)
        except queue.Empty:
            raise ClassifierTimeoutError(f"no answer within {self._timeout:g} seconds") from None
        if isinstance(found, AuditError):
            raise found
        if isinstance(found, BaseException):
            raise ClassifierError(f"the classifier failed: {type(found).__name__}") from found
        return found

    def _work(
        self, texts: Sequence[str], box: queue.SimpleQueue[list[Answer] | BaseException]
    ) -> None:
        """Ask in a thread of its own, and give the turn back however it ends."""
        try:
            box.put(self._ask(texts))
        except BaseException as error:  # whatever a classifier throws ends in a review, not here
            box.put(error)
        finally:
            self._turn.release()

    def _ask(self, texts: Sequence[str]) -> list[Answer]:
        predict = getattr(self._classifier, "predict", None)
        if predict is not None:
            # The same text gets the same draws: an answer does not change by asking again.
            requests = [Request(id=_identity(text), text=text) for text in texts]
            answers = [_answer(prediction) for prediction in predict(requests)]
        elif callable(self._classifier):
            answers = [_given(each) for each in self._classifier(list(texts))]
        else:
            raise ClassifierError("the classifier has no predict and cannot be called")
        if len(answers) != len(texts):
            raise ClassifierError(f"{len(answers)} answers to {len(texts)} texts")
        return answers


def _identity(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _answer(prediction: Prediction) -> Answer:
    """Read a prediction as a run does: shares among what was parsed."""
    steady = len(set(prediction.samples)) == 1 if len(prediction.samples) > 1 else None
    if prediction.probabilities is not None:
        lost = (prediction.unparsed or 0.0) + prediction.unresolved
        label, confidence = _likeliest(prediction.probabilities) if lost < _HALF else (None, None)
    else:
        counts = Counter(sample for sample in prediction.samples if sample is not None)
        enough = 2 * sum(counts.values()) > len(prediction.samples)
        label, confidence = _likeliest(counts) if enough else (None, None)
    return Answer(label, confidence, prediction.score, steady)


def _likeliest(masses: Mapping[str, float]) -> tuple[str | None, float | None]:
    """Return the label with the largest mass and its share; nothing for a tie or no mass."""
    total = float(sum(masses.values()))
    if not total > 0:
        return None, None
    top = max(masses.values())
    names = [name for name, mass in masses.items() if mass == top]
    # Rounded as in the audit, so that three of four repeats are 0.75 on both sides.
    return (names[0], round(top / total, 9)) if len(names) == 1 else (None, None)


def _given(value: Any) -> Answer:
    """Read what a plain function returned for one text."""
    if isinstance(value, str):
        return Answer(value, 1.0, None, None)
    if isinstance(value, Mapping):
        masses = {str(name): float(mass) for name, mass in value.items()}
        if not all(0 <= mass <= 1 for mass in masses.values()):
            raise ClassifierError("a probability lies outside [0, 1]")
        return Answer(*_likeliest(masses), None, None)
    if value is None:
        return Answer(None, None, None, None)
    score = float(value)
    if not math.isfinite(score):
        raise ClassifierError("a score is not a number")
    return Answer(None, None, score, None)
