"""Asking the classifier: every batch is logged as it comes, and the footer says how it ended."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from contextlib import contextmanager
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import Any

from audit.errors import AuditError, RunInterruptedError
from audit.pipeline.folders import timestamp, utc_now
from audit.pipeline.redaction import Redactor
from audit.pipeline.resource_limits import Deadline
from audit.protocols import Classifier, Engine, LoadAgain
from audit.records import Prediction, Request, Variant
from audit.runlog import RunLogWriter

ProgressCallback = Callable[[int, int], None]
_WRITE_EVERY = 0.05
"""Seconds between two writes of the log, at least; a slower batch is never kept back."""
_WRITE_ROWS = 4096
"""Answers of one write, at most (but for a larger batch)."""


@dataclass(frozen=True, slots=True)
class OtherPrompt:
    """The target with another prompt, the sentences it is asked, and those that the log has.

    ``load`` loads it in another process.
    """

    id: str
    classifier: Classifier
    asked: Sequence[Variant]
    done: Set[str]
    load: LoadAgain


class Notices:
    """Sentences about what happened on the way: told at once, and kept for the log's footer."""

    def __init__(self, tell: Callable[[str], None] | None = None) -> None:
        self._tell = tell
        self.said: list[str] = []

    def say(self, sentence: str) -> None:
        """Take a sentence."""
        self.said.append(sentence)
        if self._tell is not None:
            self._tell(sentence)


def ask(
    writer: RunLogWriter,
    classifier: Classifier,
    batches: Iterable[Sequence[Variant]],
    *,
    others: Sequence[OtherPrompt] = (),
    engine: Engine,
    load: LoadAgain,
    whole: Sequence[Variant],
    total: int,
    done: Set[str],
    deadline: Deadline,
    allow_partial: bool,
    redactor: Redactor | None,
    progress: ProgressCallback | None,
    notices: Notices,
) -> None:
    """Ask for every waiting variant, log each batch as it comes, and seal the log.

    Parameters
    ----------
    writer : RunLogWriter
        The open log.
    batches : iterable of sequence of Variant
        What is asked, round by round.
    others : sequence of OtherPrompt
        What is asked after that, prompt by prompt.
    load : callable
        Loads the same classifier in another process.
    whole : sequence of Variant
        Every sentence of the run. The log says which place in it an answer has, so what follows
        from the log does not depend on the order in which it was asked.
    total : int
        Sentences to answer in all, over all prompts: those of the run, or of its shard.
    done : set of str
        Ids of the sentences that the log has. Only batches that lack some are asked, each as it
        would have been in a run that nothing stopped: a model's rounding depends on its batch.
    deadline : Deadline
        Past it the run stops after the batch that is being asked.
    allow_partial : bool
        A failure on the way ends the run as partial.
    redactor : Redactor or None
        Turns what is logged into hashes.
    progress : callable or None
        Called with (sentences answered, sentences in all).
    notices : Notices
        Takes what happens on the way.

    Raises
    ------
    AuditError
        Whatever stopped the run; the log says how it ended and can be resumed.
    """
    journal = _Journal(writer, whole, done, redactor)

    def ask_one(
        target: Classifier, batch: Sequence[Variant], own: _Journal, again: LoadAgain
    ) -> None:
        # texts that begin alike lie together, as a model can compute what they share once
        waiting = sorted(batch, key=attrgetter("text"))
        if own.done:
            waiting = _unanswered(waiting, own.done, target.batch_size)
        requests = (Request(id=own.mark + v.id, text=v.text) for v in waiting)
        for answers in engine.run(target, requests, notices.say, again):
            own.add(answers)
            deadline.check()
            if progress is not None:
                progress(own.count, total)
        own.flush()  # before anybody looks at a round

    sealed = _sealed(
        writer, classifier, total, notices, allow_partial=allow_partial, quote=redactor is None
    )
    with sealed:
        if progress is not None:
            progress(writer.count, total)
        try:
            for batch in batches:
                ask_one(classifier, batch, journal, load)
            for other in others:
                journal = _Journal(writer, whole, other.done, redactor, other.id)
                ask_one(other.classifier, other.asked, journal, other.load)
        finally:
            journal.flush()


def _unanswered(asked: list[Variant], done: Set[str], size: int) -> list[Variant]:
    """Return the batches of which some answer is missing."""
    starts = range(0, len(asked), size)
    batches = (asked[start : start + size] for start in starts)
    return [v for batch in batches if any(v.id not in done for v in batch) for v in batch]


class _Journal:
    """Logs answers of one prompt: each batch at once, or with those that come a moment later.

    The ids of another prompt's requests begin with its ``mark``, so that its draws are its own.
    """

    def __init__(
        self,
        writer: RunLogWriter,
        whole: Sequence[Variant],
        done: Set[str],
        redactor: Redactor | None,
        order: str | None = None,
    ) -> None:
        self._writer, self._whole, self.done, self._redactor = writer, whole, done, redactor
        self._order, self.mark = order, "" if order is None else f"{order}/"
        self._places = {variant.id: place for place, variant in enumerate(whole)}
        self._answers: list[Prediction] = []
        self._due = 0.0

    @property
    def count(self) -> int:
        """Sentences answered so far."""
        return self._writer.count + len(self._answers)

    def add(self, answers: Iterable[Prediction]) -> None:
        """Take a batch, and make it durable unless the last write was a moment ago."""
        if self.mark:
            answers = [replace(a, id=a.id.removeprefix(self.mark)) for a in answers]
        if self.done:
            answers = [answer for answer in answers if answer.id not in self.done]
        self._answers += answers
        if len(self._answers) >= _WRITE_ROWS or time.monotonic() >= self._due:
            self.flush()

    def flush(self) -> None:
        """Make everything durable that was taken."""
        answers, self._answers = self._answers, []
        if not answers:
            return
        at = [self._places[answer.id] for answer in answers]
        asked = [self._whole[place] for place in at]
        if self._redactor is not None:
            answers = self._redactor.answers(asked, answers)
            asked = [self._redactor.shown(variant) for variant in asked]
        self._writer.predictions(asked, answers, at, self._order)
        self._due = time.monotonic() + _WRITE_EVERY


@contextmanager
def _sealed(
    writer: RunLogWriter,
    classifier: Classifier,
    total: int,
    notices: Notices,
    *,
    allow_partial: bool,
    quote: bool,
) -> Iterator[None]:
    """Write a footer that says how the run ended; ``quote``: an error may quote a text."""

    def seal(status: str, **more: Any) -> None:
        notes = [*classifier.info.notes, *dict.fromkeys(notices.said)]
        asked = writer.count if status == "complete" else total  # fewer where rounds stopped early
        writer.footer(
            status=status, finished=timestamp(utc_now()), n_requests=asked, notes=notes, **more
        )

    try:
        yield
    except KeyboardInterrupt:
        seal("interrupted")
        raise RunInterruptedError(
            f"interrupted after {writer.count} of {total} sentences; nothing is lost",
            hint=f"repeat the command with --resume {writer.path.parent}",
        ) from None
    except MemoryError:
        seal("failed", error="memory ran out")
        raise
    except AuditError as error:
        status = "partial" if allow_partial and writer.count else "failed"
        seal(status, error=error.what if quote else type(error).__name__)
        if status == "failed":
            raise
    else:
        seal("complete")
