"""The two protocols: what a classifier and an engine must offer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Protocol

from audit.records import (
    ClassifierInfo,
    ClassifierOptions,
    Decision,
    Prediction,
    Request,
    Shot,
    Task,
)


class Classifier(Protocol):
    """Something that labels or scores texts.

    A classifier's answers depend on the request's id and text and the options' seed only: not on
    batch size, order, or what was asked before.
    """

    @property
    def info(self) -> ClassifierInfo:
        """Identity and settings, known once the classifier is loaded."""
        ...

    @property
    def batch_size(self) -> int:
        """How many requests it likes to get at once."""
        ...

    def predict(self, requests: Sequence[Request]) -> list[Prediction]:
        """Answer every request, in order.

        Raises
        ------
        ClassifierError
            If the answers are not predictions (wrong length, NaN, out of range, unknown labels).
        """
        ...


class PromptShowing(Protocol):
    """A classifier that builds prompts can show the exact text it sends."""

    def prompt(self, text: str) -> str:
        """Return the prompt for ``text``, exactly as sent."""
        ...


class ShotShowing(Protocol):
    """A classifier that is shown examples can be shown others, without being loaded again."""

    def with_shots(self, shots: Sequence[Shot]) -> Classifier:
        """Return the same model with other examples in its prompt."""
        ...


class VocabularyKnowing(Protocol):
    """A lexicon can say which words of a term it has an entry for."""

    def knows(self, terms: Sequence[str]) -> dict[str, dict[str, float]]:
        """Return the entries of each term's words."""
        ...


ClassifierFactory = Callable[[str, Task | None, ClassifierOptions], Classifier]
"""``factory(locator, task, options)``; registered under the entry point ``audit.classifiers``."""


Say = Callable[[str], None]
"""Takes one sentence about what happened on the way, for the person and for the log."""

LoadAgain = Callable[[], Classifier]
"""Loads the same classifier in another process; can be pickled."""


class Engine(Protocol):
    """Runs requests through a classifier and yields predictions as they come.

    Requests are cut into batches of the classifier's size, in their order. Batches may be answered
    in any order; within one the predictions keep the order of its requests.
    """

    def run(
        self, classifier: Classifier, requests: Iterable[Request], say: Say, load: LoadAgain
    ) -> Iterator[list[Prediction]]:
        """Yield batches of predictions as they come; ``load`` makes the classifier elsewhere."""
        ...


class DecisionSink(Protocol):
    """Where a guard writes its decisions before it answers."""

    def record(
        self,
        decisions: Sequence[Decision],
        subjects: Sequence[str | None],
        texts: Sequence[str | None] | None = None,
    ) -> None:
        """Write the decisions durably; return only when a crash can no longer lose them.

        Parameters
        ----------
        decisions : sequence of Decision
            Each with a new id.
        subjects : sequence of str or None
            Whom each is about, in the caller's own words; what is personal in a decision can be
            erased by subject.
        texts : sequence of (str or None), optional
            Texts to keep, sealed; none where not given.

        Raises
        ------
        StoreError
            If they could not be written; then they are not acknowledged.
        """
        ...

    def latest(self) -> datetime | None:
        """Return the time of the latest decision, so that a clock set back is seen."""
        ...
