"""Reading a log: every line is checked, and damage is never passed off as a shorter run."""

from __future__ import annotations

import hashlib
from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from operator import lt
from pathlib import Path
from typing import Any

import msgspec

from audit.errors import RunLogError
from audit.records import Prediction, Variant
from audit.records.making import make_records, without_collection
from audit.runlog import codec
from audit.runlog.codec import (
    BODY,
    FILE_NAME,
    PredictionLine,
    decode_prediction,
    decode_predictions,
    decode_record,
    read_predictions,
    sound,
)
from audit.runlog.contents import check_footer, read_header

_BUFFER = 2**20
_TOGETHER = 4096
"""Lines that are decoded and turned into records at once."""
_PREDICTION = b'"type":"prediction"'
_SHARED = ("role", "context", "unit", "term", "group", "valence", "use", "gold", "stratum")
"""Fields of a variant whose values many variants have."""


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
    places: Sequence[int]
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
        self.waiting: list[bytes] = []
        self.places = array("q")
        self.variants: list[Variant] = []
        self.predictions: dict[str, Prediction] = {}
        self.other_orders: dict[str, dict[str, Prediction]] = {}
        self.content_free: dict[str, tuple[Prediction, ...]] = {}
        self.answered = 0
        self.header: dict[str, Any] | None = None
        self.footer: dict[str, Any] | None = None
        self.digest = hashlib.sha256()
        self.size = 0
        self.torn = False
        self.shared: dict[Any, Any] = {}

    def read(self) -> RunLog:
        number = 0
        with self.path.open("rb", buffering=_BUFFER) as handle, without_collection():
            for number, line in enumerate(handle, start=1):
                if not line.endswith(b"\n"):
                    self.torn = True
                elif line.startswith(_PREDICTION, BODY) and number > 1 and self.footer is None:
                    if not sound(line):
                        raise _damaged(self._at(number))
                    self.waiting.append(line)
                    if len(self.waiting) == _TOGETHER:
                        self._take(number + 1)
                else:
                    self._take(number)
                    self._record(number, line)
            self._take(number + 1)
        if self.header is None:
            raise RunLogError(
                "the log holds no complete header", where=self.name, hint="start a new run"
            )
        places, variants = self.places, self.variants
        if not all(map(lt, places, islice(places, 1, None))):
            order = sorted(range(len(places)), key=places.__getitem__)
            places = array("q", [places[row] for row in order])
            variants = [variants[row] for row in order]
        return RunLog(
            self.path, self.header, tuple(variants), places, self.predictions,
            self.footer, self.torn, self.size, self.digest, self.other_orders, self.content_free,
        )  # fmt: skip

    def _at(self, number: int) -> str:
        return f"{self.name}:{number}"

    def _take(self, end: int) -> None:
        """Turn the answers that wait before line ``end`` into records."""
        lines, self.waiting = self.waiting, []
        if not lines:
            return
        found = self._decoded(lines, end - len(lines))
        data = b"".join(lines)
        self.digest.update(data)
        self.size += len(data)
        by_order: defaultdict[str | None, list[PredictionLine]] = defaultdict(list)
        for line in found:
            by_order[line.shot_order].append(line)
        for order, some in by_order.items():
            if order is None:
                self._first_prompt(some)
            else:
                answers = self._answers([line.variant.id for line in some], some)
                self.other_orders.setdefault(order, {}).update(answers)
        self.answered += len(lines)
        if len(self.predictions) + sum(map(len, self.other_orders.values())) < self.answered:
            raise RunLogError("a sentence is answered twice", where=self.name)

    def _decoded(self, lines: list[bytes], start: int) -> list[PredictionLine]:
        """Decode sound lines; what is wrong is found line by line, from line ``start``."""
        with suppress(ValueError, RecursionError):
            found = decode_predictions(lines)
            if all(line.variant.id == line.prediction.id for line in found):
                return found
        found = []
        for number, line in enumerate(lines, start):
            try:
                one = decode_prediction(line)
            except (ValueError, RecursionError) as error:
                where = self._at(number)
                raise RunLogError(f"not a prediction record: {error}", where=where) from error
            if one.variant.id != one.prediction.id:
                where = self._at(number)
                raise RunLogError("the answer is not to the sentence beside it", where=where)
            found.append(one)
        return found

    def _first_prompt(self, lines: list[PredictionLine]) -> None:
        """Take sentences, their places and their answers."""
        start, share = len(self.places), self.shared.setdefault
        columns = _columns(line.variant for line in lines)
        for name in _SHARED:
            columns[name] = map(share, columns[name], columns[name])
        self.variants += make_records(Variant, len(lines), columns)
        self.places.extend(
            start + row if line.at is None else line.at for row, line in enumerate(lines)
        )
        self.predictions.update(self._answers(columns["id"], lines))

    def _answers(
        self, ids: Sequence[str], lines: list[PredictionLine]
    ) -> Iterator[tuple[str, Prediction]]:
        """Return the answers by id."""
        columns = _columns(line.prediction for line in lines)
        samples = columns["samples"]
        columns |= {
            "id": ids,
            "samples": map(self.shared.setdefault, samples, samples),
            "probabilities": map(self._masses, columns["probabilities"]),
        }
        return zip(ids, make_records(Prediction, len(lines), columns), strict=True)

    def _masses(self, given: dict[str, float] | None) -> dict[str, float] | None:
        """Keep masses that are certain once: there are as many as labels."""
        if given is None or 1.0 not in given.values():
            return given
        kept: dict[str, float] = self.shared.setdefault(tuple(given.items()), given)
        return kept

    def _record(self, number: int, line: bytes) -> None:
        """Take a header or a footer."""
        record, where = decode_record(line), self._at(number)
        if record is None:
            raise _damaged(where)
        kind = record.get("type")
        if (
            kind not in ("header", "content_free", "footer")
            or (kind == "header") != (number == 1)
            or self.footer
        ):
            raise RunLogError(f"unexpected record of type {kind!r}", where=where)
        if kind == "footer":
            self._end(record, where)
            return  # resuming an interrupted run overwrites its footer, so it is not counted
        if kind == "header":
            self._check_schema(record, where)
            read_header(record, where)
            self.header = record
        else:
            self._content_free(record, where)
        self.digest.update(line)
        self.size += len(line)

    def _end(self, record: dict[str, Any], where: str) -> None:
        """Take the footer, which seals every line before it."""
        if record.get("sha256") != self.digest.hexdigest():
            raise RunLogError(
                "lines were added, removed or moved: the log does not match its footer",
                where=where,
                hint="restore the file from a backup, or run the audit again",
            )
        check_footer(record, where)
        if record["n_predictions"] != self.answered:
            raise RunLogError("the footer counts other predictions than there are", where=where)
        self.footer = record

    def _content_free(self, record: dict[str, Any], where: str) -> None:
        try:
            answers = read_predictions(record["predictions"])
            self.content_free[str(record["shot_order"])] = answers
        except (KeyError, ValueError) as error:
            message = f"not answers to texts without content: {error}"
            raise RunLogError(message, where=where) from error

    def _check_schema(self, record: dict[str, Any], where: str) -> None:
        version = record.get("schema_version")
        if version != codec.SCHEMA_VERSION:
            raise RunLogError(
                f"the log has schema version {version}; this version of audit reads "
                f"{codec.SCHEMA_VERSION}",
                where=where,
                hint="install a newer audit",
            )


def _columns(parts: Iterable[msgspec.Struct]) -> dict[str, Any]:
    """Return the fields of parts of one kind, at least one, by name."""
    rows = list(parts)
    names = rows[0].__struct_fields__
    return dict(zip(names, zip(*map(msgspec.structs.astuple, rows), strict=True), strict=True))


def _damaged(where: str) -> RunLogError:
    """Return the error for a line that is not what was written."""
    return RunLogError(
        "this line is damaged or was edited: its checksum does not match",
        where=where,
        hint="restore the file from a backup, or run the audit again",
    )
