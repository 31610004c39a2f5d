"""Asking the classifier: every batch is logged as it comes, and the footer says how it ended."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from audit.errors import AuditError, RunInterruptedError
from audit.pipeline.folders import timestamp, utc_now
from audit.pipeline.redaction import Redactor
from audit.protocols import Classifier, Engine
from audit.records import Request, Variant
from audit.runlog import RunLogWriter, to_json

ProgressCallback = Callable[[int, int], None]


def ask(
    writer: RunLogWriter,
    classifier: Classifier,
    batches: Iterable[Sequence[Variant]],
    *,
    engine: Engine,
    places: Mapping[str, int],
    total: int,
    allow_partial: bool,
    redactor: Redactor | None,
    progress: ProgressCallback | None,
) -> None:
    """Ask for every waiting variant, log each batch as it comes, and seal the log.

    Parameters
    ----------
    writer : RunLogWriter
        The open log.
    batches : iterable of sequence of Variant
        What waits, round by round.
    places : mapping of str to int
        Place of every sentence of the whole run, by its id: what follows from the log does not
        depend on the order in which it was asked.
    total : int
        Sentences to answer in all: those of the run, or of its shard.
    allow_partial : bool
        A failure on the way ends the run as partial.
    redactor : Redactor or None
        Turns what is logged into hashes.
    progress : callable or None
        Called with (sentences answered, sentences in all).

    Raises
    ------
    AuditError
        Whatever stopped the run; the log says how it ended and can be resumed.
    """
    quote = redactor is None
    with _sealed(writer, classifier, total, allow_partial=allow_partial, quote=quote):
        if progress is not None:
            progress(writer.count, total)
        for batch in batches:
            # texts that begin alike lie together, as a model can compute what they share once
            waiting = sorted(batch, key=lambda variant: variant.text)
            remaining = iter(waiting)
            requests = (Request(id=variant.id, text=variant.text) for variant in waiting)
            for answers in engine.run(classifier, requests):
                asked = [next(remaining) for _ in answers]
                at = [places[variant.id] for variant in asked]
                if redactor is None:
                    writer.predictions(asked, answers, at)
                else:
                    shown = [redactor.shown(variant) for variant in asked]
                    writer.predictions(shown, redactor.answers(asked, answers), at)
                if progress is not None:
                    progress(writer.count, total)


@contextmanager
def _sealed(
    writer: RunLogWriter, classifier: Classifier, total: int, *, allow_partial: bool, quote: bool
) -> Iterator[None]:
    """Write a footer that says how the run ended; ``quote``: an error may quote a text."""

    def seal(status: str, **more: Any) -> None:
        notes = to_json(classifier.info.notes)
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
    except AuditError as error:
        status = "partial" if allow_partial and writer.count else "failed"
        seal(status, error=error.what if quote else type(error).__name__)
        if status == "failed":
            raise
    else:
        seal("complete")
