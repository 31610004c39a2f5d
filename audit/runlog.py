"""The run log: an append-only journal from which everything to its right is computed.

One JSON object a line. Every line opens with the CRC-32 of the rest of the line, a batch is
fsynced before the next one starts, and the footer holds a SHA-256 over all lines before it. A line
torn by a crash can only be the last one; it is cut off when the run resumes. Damage anywhere else
is an error, never a shorter result.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from io import FileIO
from operator import itemgetter
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

from audit.errors import RunLogError
from audit.records import Prediction, Variant

SCHEMA_VERSION = 1
FILE_NAME = "run.jsonl"
_PREFIX = b'{"crc":"'
_BODY = len(_PREFIX) + 8 + 2  # the prefix, eight hex digits, and the characters ",


def to_json(value: Any) -> Any:
    """Turn records into plain JSON values; ``None`` and empty fields stay."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: to_json(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): to_json(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [to_json(item) for item in value]
    return value


def spec_hash(spec: Any) -> str:
    """Hash a record canonically (sorted keys, no spaces), for resume and comparison."""
    text = json.dumps(to_json(spec), sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _encode(record: Mapping[str, Any]) -> bytes:
    """Encode one line. ASCII escapes keep lone surrogates and line separators harmless."""
    body = json.dumps(record, separators=(",", ":"), ensure_ascii=True, allow_nan=False)[1:]
    rest = body.encode("ascii")
    return b'%s%08x",%s\n' % (_PREFIX, zlib.crc32(rest), rest)


def _decode(line: bytes) -> dict[str, Any] | None:
    """Decode one line, or ``None`` if its checksum or shape is wrong."""
    rest = line[_BODY:]
    if not line.startswith(_PREFIX) or line[_BODY - 2 : _BODY] != b'",':
        return None
    try:
        if line[len(_PREFIX) : _BODY - 2] != b"%08x" % zlib.crc32(rest):
            return None
        record = json.loads(b"{" + rest)
    except ValueError:
        return None
    return record if isinstance(record, dict) else None


@dataclass(frozen=True, slots=True)
class RunLog:
    """A run as read from disk.

    ``variants`` are in the order of the run and ``places`` are their places in it; a log of a part
    has gaps there. ``footer`` is ``None`` for a run that has not ended; ``torn`` says that an
    incomplete last line was left out; ``size`` is the number of sound bytes and ``digest`` their
    running SHA-256. ``predictions`` are those of the first prompt; ``other_orders`` those of every
    further shot order, by its id; ``content_free`` the answers to texts without content, by prompt.
    """

    path: Path
    header: Mapping[str, Any]
    variants: tuple[Variant, ...]
    places: tuple[int, ...]
    predictions: Mapping[str, Prediction]
    footer: Mapping[str, Any] | None
    torn: bool
    size: int
    digest: Any = field(repr=False)
    other_orders: Mapping[str, Mapping[str, Prediction]] = field(default_factory=dict)
    content_free: Mapping[str, tuple[Prediction, ...]] = field(default_factory=dict)

    @property
    def n_answers(self) -> int:
        """Answers to sentences, over all prompts."""
        return len(self.predictions) + sum(map(len, self.other_orders.values()))


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
            handle = FileIO(path, "xb")
        except OSError as error:
            raise RunLogError(f"the run log cannot be created: {error.strerror}") from error
        writer = cls(path, handle, hashlib.sha256(), 0)
        writer._append([{"type": "header", "schema_version": SCHEMA_VERSION, **header}])
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
        of_order = {} if shot_order is None else {"shot_order": shot_order}
        records = (
            {
                "type": "prediction",
                **of_order,
                "at": place,
                "variant": _slim(variant),
                "prediction": _slim(answer),
            }
            for place, variant, answer in zip(places, variants, answers, strict=True)
        )
        self._append(records, len(answers))

    def content_free(self, shot_order: str, answers: Sequence[Prediction]) -> None:
        """Append what one prompt answers to texts without content."""
        self._append(
            [
                {
                    "type": "content_free",
                    "shot_order": shot_order,
                    "predictions": [_slim(answer) for answer in answers],
                }
            ]
        )

    def footer(self, **fields: Any) -> None:
        """Append the footer, which seals every line before it."""
        digest = self._digest.hexdigest()
        self._append([{"type": "footer", "sha256": digest, "n_predictions": self.count, **fields}])

    def _append(self, records: Iterable[Mapping[str, Any]], count: int = 0) -> None:
        """Write records and count them as predictions, all or none, whatever interrupts it."""
        data = b"".join(map(_encode, records))
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


def _slim(record: Variant | Prediction) -> dict[str, Any]:
    """Write a record without the fields that hold their default."""
    out = {}
    for f in dataclasses.fields(record):
        value = getattr(record, f.name)
        if f.default is dataclasses.MISSING or value != f.default:
            out[f.name] = to_json(value)
    return out


def read_run(source: str | Path) -> RunLog:
    """Read a run log and check every line of it.

    Parameters
    ----------
    source : str or Path
        A run folder, or its ``run.jsonl``.

    Returns
    -------
    RunLog
        Header, variants in the order of the run (not of arrival), predictions by variant id,
        footer if there is one.

    Raises
    ------
    RunLogError
        If the log is missing, of a newer schema, damaged before its last line, or does not match
        the hash in its footer (somebody edited it).
    """
    path = Path(source)
    path = path / FILE_NAME if path.is_dir() else path
    name = f"{path.parent.name}/{path.name}"
    if not path.is_file():
        raise RunLogError(
            "there is no run log here", where=name, hint="name a run folder made by `audit run`"
        )
    return _Reader(path, name).read()


class _Reader:
    """Collects the records of one log."""

    def __init__(self, path: Path, name: str) -> None:
        self.path, self.name = path, name
        self.variants: list[tuple[int, Variant]] = []
        self.predictions: dict[str, Prediction] = {}
        self.other_orders: dict[str, dict[str, Prediction]] = {}
        self.content_free: dict[str, tuple[Prediction, ...]] = {}
        self.header: dict[str, Any] | None = None
        self.footer: dict[str, Any] | None = None
        self.digest = hashlib.sha256()
        self.size = 0
        self.torn = False

    def read(self) -> RunLog:
        with self.path.open("rb") as handle:
            for number, line in enumerate(self._sound(handle), start=1):
                self._take(number, line)
        if self.header is None:
            raise RunLogError(
                "the log holds no complete header", where=self.name, hint="start a new run"
            )
        self.variants.sort(key=itemgetter(0))
        return RunLog(
            self.path, self.header, tuple(variant for _, variant in self.variants),
            tuple(place for place, _ in self.variants), self.predictions,
            self.footer, self.torn, self.size, self.digest, self.other_orders, self.content_free,
        )  # fmt: skip

    def _sound(self, handle: BinaryIO) -> Iterator[bytes]:
        """Yield lines; a last line without its newline is torn and left out."""
        for line in handle:
            if not line.endswith(b"\n"):
                self.torn = True
                return
            yield line

    def _take(self, number: int, line: bytes) -> None:
        record = _decode(line[:-1])
        where = f"{self.name}:{number}"
        if record is None:
            raise RunLogError(
                "this line is damaged or was edited: its checksum does not match",
                where=where,
                hint="restore the file from a backup, or run the audit again",
            )
        kind = record.get("type")
        if (kind == "header") != (number == 1) or self.footer is not None:
            raise RunLogError(f"unexpected record of type {kind!r}", where=where)
        if kind == "footer":
            if record.get("sha256") != self.digest.hexdigest():
                raise RunLogError(
                    "lines were added, removed or moved: the log does not match its footer",
                    where=where,
                    hint="restore the file from a backup, or run the audit again",
                )
            others = sum(map(len, self.other_orders.values()))
            if record.get("n_predictions") != len(self.predictions) + others:
                raise RunLogError("the footer counts other predictions than there are", where=where)
            self.footer = record
            return  # resuming an interrupted run overwrites its footer, so it is not counted
        self._store(kind, record, where)
        self.digest.update(line)
        self.size += len(line)

    def _store(self, kind: Any, record: dict[str, Any], where: str) -> None:
        if kind == "header":
            self._check_schema(record, where)
            self.header = record
        elif kind == "prediction":
            self._prediction(record, where)
        elif kind == "content_free":
            self._content_free(record, where)
        else:
            raise RunLogError(f"unexpected record of type {kind!r}", where=where)

    def _check_schema(self, record: dict[str, Any], where: str) -> None:
        version = record.get("schema_version")
        if version != SCHEMA_VERSION:
            raise RunLogError(
                f"the log has schema version {version}; this version of audit reads "
                f"{SCHEMA_VERSION}",
                where=where,
                hint="install a newer audit",
            )

    def _prediction(self, record: dict[str, Any], where: str) -> None:
        try:
            variant, answer = Variant(**record["variant"]), _answer(record["prediction"])
            order = record.get("shot_order")
            if order is not None:
                self.other_orders.setdefault(str(order), {})[variant.id] = answer
                return
            self.variants.append((int(record.get("at", len(self.variants))), variant))
            self.predictions[variant.id] = answer
        except (KeyError, TypeError, ValueError) as error:
            raise RunLogError(f"not a prediction record: {error}", where=where) from error

    def _content_free(self, record: dict[str, Any], where: str) -> None:
        try:
            self.content_free[str(record["shot_order"])] = tuple(
                map(_answer, record["predictions"])
            )
        except (KeyError, TypeError, ValueError) as error:
            raise RunLogError(f"not answers to texts without content: {error}", where=where) from (
                error
            )


def _answer(record: dict[str, Any]) -> Prediction:
    """Read a prediction that was written without the fields that hold their default."""
    for name in ("samples", "raw"):
        record[name] = tuple(record.get(name, ()))
    return Prediction(**record)
