"""Writing a log: a batch is on the disk before the next one starts, or it is not in the log."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from io import FileIO
from pathlib import Path
from types import TracebackType
from typing import Any

from audit.errors import RunLogError
from audit.records import Prediction, Variant
from audit.runlog import codec
from audit.runlog.codec import encode_predictions, encode_record, plain_prediction
from audit.runlog.contents import check_values
from audit.runlog.reading import RunLog


class RunLogWriter:
    """Appends to a run log; use it as a context manager.

    Parameters
    ----------
    path : Path
        ``run.jsonl`` of a run folder that exists.
    header : mapping
        The header record; written by :meth:`create` only.
    """

    def __init__(self, path: Path, handle: FileIO, digest: Any, count: int) -> None:
        self.path = path
        self._handle = handle
        self._digest = digest
        self._size = handle.tell()
        self.count = count

    @classmethod
    def create(cls, path: Path, header: Mapping[str, Any]) -> RunLogWriter:
        """Start a new log with its header; the file must not exist yet."""
        try:
            check_values(header)
            handle = FileIO(path, "xb")
        except (OSError, ValueError) as error:
            why = error.strerror if isinstance(error, OSError) else error
            raise RunLogError(f"the run log cannot be created: {why}") from error
        writer = cls(path, handle, hashlib.sha256(), 0)
        first = {"type": "header", "schema_version": codec.SCHEMA_VERSION, **header}
        try:
            writer._append([encode_record(first)])
        except RunLogError as error:
            handle.close()
            with suppress(OSError):  # a log without a header cannot be resumed
                path.unlink()
            error.hint = "free some space or choose another folder with --output"
            raise
        return writer

    @classmethod
    def reopen(cls, log: RunLog) -> RunLogWriter:
        """Continue a log that has no footer; a torn last line is cut off."""
        if log.footer is not None and log.footer.get("status") == "complete":
            raise RunLogError(
                "the run is already complete", where=log.path.name, hint="start a new run"
            )
        handle = FileIO(log.path, "rb+")
        handle.truncate(log.size)
        handle.seek(log.size)
        return cls(log.path, handle, log.digest.copy(), log.n_answers)

    def predictions(
        self,
        variants: Sequence[Variant],
        answers: Sequence[Prediction],
        places: Sequence[int] | None = None,
        shot_order: str | None = None,
    ) -> None:
        """Append one batch and make it durable before returning.

        Parameters
        ----------
        variants, answers : sequence
            What was asked and what was answered.
        places : sequence of int, optional
            Place of each variant in the run; without it, they follow those before.
        shot_order : str, optional
            Id of the prompt, where it is not the run's first.
        """
        if places is None:
            places = range(self.count, self.count + len(variants))
        self._append(encode_predictions(places, variants, answers, shot_order), len(answers))

    def content_free(self, shot_order: str, answers: Sequence[Prediction]) -> None:
        """Append what one prompt answers to texts without content."""
        said = [plain_prediction(answer) for answer in answers]
        record = {"type": "content_free", "shot_order": shot_order, "predictions": said}
        self._append([encode_record(record)])

    def footer(self, **fields: Any) -> None:
        """Append the footer, which seals every line before it."""
        digest = self._digest.hexdigest()
        last = {"type": "footer", "sha256": digest, "n_predictions": self.count, **fields}
        self._append([encode_record(last)])

    def _append(self, lines: Iterable[bytes], count: int = 0) -> None:
        """Write lines and count them as predictions, all or none, whatever interrupts it."""
        data = b"".join(lines)
        digest = self._digest.copy()
        digest.update(data)
        try:
            written = 0
            while written < len(data):
                written += self._handle.write(data[written:])
            os.fsync(self._handle.fileno())
            self._digest, self._size, self.count = (
                digest, self._size + len(data), self.count + count,
            )  # fmt: skip
        except BaseException as error:
            with suppress(OSError):  # half a batch must not stand before a later footer
                self._handle.truncate(self._size)
                self._handle.seek(self._size)
            if not isinstance(error, OSError):
                raise
            raise RunLogError(
                f"the run log cannot be written: {error.strerror}",
                where=self.path.name,
                hint="free some space and continue with --resume; what was logged is kept",
            ) from error

    def __enter__(self) -> RunLogWriter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._handle.close()
