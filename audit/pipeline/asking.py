"""Asking the classifier: every batch is logged as it comes, and the footer says how it ended."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from contextlib import contextmanager
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
    load : callable
        Loads the same classifier in another process.
    whole : sequence of Variant
        Every sentence of the run. The log says which place in it an answer has, so what follows
        from the log does not depend on the order in which it was asked.
    total : int
        Sentences to answer in all: those of the run, or of its shard.
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
    sealed = _sealed(
        writer, classifier, total, notices, allow_partial=allow_partial, quote=redactor is None
    )
    with sealed:
        if progress is not None:
            progress(writer.count, total)
        try:
            for batch in batches:
                # texts that begin alike lie together, as a model can compute what they share once
                waiting = sorted(batch, key=attrgetter("text"))
                if done:
                    waiting = _unanswered(waiting, done, classifier.batch_size)
                requests = (Request(id=variant.id, text=variant.text) for variant in waiting)
                for answers in engine.run(classifier, requests, notices.say, load):
                    journal.add(answers)
                    deadline.check()
                    if progress is not None:
                        progress(journal.count, total)
                journal.flush()  # before anybody looks at a round
        finally:
            journal.flush()


def _unanswered(asked: list[Variant], done: Set[str], size: int) -> list[Variant]:
    """Return the batches of which some answer is missing."""
    starts = range(0, len(asked), size)
    batches = (asked[start : start + size] for start in starts)
    return [v for batch in batches if any(v.id not in done for v in batch) for v in batch]


class _Journal:
    """Logs answers: each batch at once, or with those that come within a twentieth of a second."""

    def __init__(
        self,
        writer: RunLogWriter,
        whole: Sequence[Variant],
        done: Set[str],
        redactor: Redactor | None,
    ) -> None:
        self._writer, self._whole, self._done, self._redactor = writer, whole, done, redactor
        self._places = {variant.id: place for place, variant in enumerate(whole)}
        self._answers: list[Prediction] = []
        self._due = 0.0

    @property
    def count(self) -> int:
        """Sentences answered so far."""
        return self._writer.count + len(self._answers)

    def add(self, answers: Iterable[Prediction]) -> None:
        """Take a batch, and make it durable unless the last write was a moment ago."""
        if self._done:
            answers = [answer for answer in answers if answer.id not in self._done]
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
        self._writer.predictions(asked, answers, at)
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
