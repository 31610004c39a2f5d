"""Lines of a log: a checksum and one JSON object, whole records at the speed of a C library."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
import zlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, Literal

import msgspec

from audit.records import Prediction, Role, Valence, Variant

SCHEMA_VERSION = 1
FILE_NAME = "run.jsonl"
_PREFIX = b'{"crc":"'
BODY = len(_PREFIX) + 8 + 2
"""Where a line holds its own object: after the prefix, eight hex digits, a quote and a comma."""


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


def encode_record(record: Mapping[str, Any]) -> bytes:
    """Encode one line. ASCII escapes keep lone surrogates and line separators harmless."""
    body = json.dumps(record, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return _line(body.encode("ascii"))


def decode_record(line: bytes) -> dict[str, Any] | None:
    """Decode one line, or ``None`` if its checksum or shape is wrong."""
    if not sound(line):
        return None
    try:
        record = json.loads(line, parse_constant=_no_number, parse_float=_finite)
    except (ValueError, RecursionError):
        return None
    return record if isinstance(record, dict) else None


def sound(line: bytes) -> bool:
    """Whether a line, with its end, has the checksum that it opens with."""
    return line.startswith(b'%s%08x",' % (_PREFIX, zlib.crc32(line[BODY:-1])))


def _line(body: bytes) -> bytes:
    """Return a line from its JSON object."""
    rest = body[1:]
    return b'%s%08x",%s\n' % (_PREFIX, zlib.crc32(rest), rest)


def _no_number(name: str) -> float:
    """Refuse NaN and infinities, which are no JSON."""
    raise ValueError(f"{name} is no number")


def _finite(text: str) -> float:
    """Read a number, and refuse one that is too large for a float."""
    if not math.isfinite(number := float(text)):
        raise ValueError(f"{text} is too large")
    return number


class _Asked(msgspec.Struct, omit_defaults=True, gc=False):
    """A variant as it is written: without what holds its default."""

    id: str
    text: str
    role: Role
    context: str
    unit: str
    term: str
    group: str | None = None
    valence: Valence | None = None
    use: str | None = None
    gold: str | None = None
    stratum: Literal["slur"] | None = None


class _Answered(msgspec.Struct, omit_defaults=True, gc=False):
    """A prediction as it is written: without what holds its default."""

    id: str
    probabilities: dict[str, float] | None = None
    unparsed: float | None = None
    unresolved: float = 0.0
    samples: tuple[str | None, ...] = ()
    score: float | None = None
    raw: tuple[str, ...] = ()


class PredictionLine(msgspec.Struct, omit_defaults=True, gc=False, kw_only=True):
    """One line about a prediction; ``at`` is its place in the run.

    ``shot_order`` is the id of the prompt, where it is not the run's first.
    """

    type: Literal["prediction"]
    shot_order: str | None = None
    at: Annotated[int, msgspec.Meta(ge=0, le=2**53)] | None = None
    variant: _Asked
    prediction: _Answered


_ENCODER = msgspec.json.Encoder()
_DECODER = msgspec.json.Decoder(PredictionLine)


def encode_predictions(
    places: Iterable[int],
    variants: Iterable[Variant],
    answers: Iterable[Prediction],
    shot_order: str | None = None,
) -> list[bytes]:
    """Encode one line for each answer.

    Raises
    ------
    ValueError
        If a number of an answer is none.
    """
    lines = []
    for at, v, a in zip(places, variants, answers, strict=True):
        asked = _Asked(
            v.id, v.text, v.role, v.context, v.unit, v.term,
            v.group, v.valence, v.use, v.gold, v.stratum,
        )  # fmt: skip
        line = PredictionLine(
            type="prediction", shot_order=shot_order, at=at, variant=asked, prediction=_answered(a)
        )
        try:
            body = _ENCODER.encode(line)
        except (TypeError, UnicodeEncodeError):  # a lone surrogate, or a number of some library
            body = b"\xff"
        lines.append(_line(body) if body.isascii() else encode_record(_plain(line)))
    return lines


def plain_prediction(answer: Prediction) -> dict[str, Any]:
    """Return a prediction as plain values, without what holds its default.

    Raises
    ------
    ValueError
        If a number of it is none.
    """
    return _slim(_answered(answer))


def read_predictions(records: Any) -> tuple[Prediction, ...]:
    """Read what `plain_prediction` wrote.

    Raises
    ------
    ValueError
        If a field is missing or is not what it should be.
    """
    found = msgspec.convert(records, list[_Answered])
    names = _Answered.__struct_fields__
    return tuple(Prediction(**{name: getattr(one, name) for name in names}) for one in found)


def decode_predictions(lines: Sequence[bytes]) -> list[PredictionLine]:
    """Decode sound lines about predictions at once.

    Raises
    ------
    ValueError
        If any of them is about something else, or has to be read by itself.
    """
    found: list[PredictionLine] = _DECODER.decode_lines(b"".join(lines))
    if len(found) != len(lines):
        raise ValueError("a line holds more than one record")
    return found


def decode_prediction(line: bytes) -> PredictionLine:
    """Decode a sound line about a prediction.

    Raises
    ------
    ValueError
        If it is about something else, or a field is missing or is not what it should be.
    """
    try:
        return _DECODER.decode(line)
    except ValueError:  # also a lone surrogate, which the library does not read
        return msgspec.convert(json.loads(line, parse_constant=_no_number), PredictionLine)


def _answered(answer: Prediction) -> _Answered:
    """Return a prediction as it is written."""
    _check_finite(answer)
    given = None if answer.probabilities is None else dict(answer.probabilities)
    return _Answered(
        answer.id, given, answer.unparsed, answer.unresolved, answer.samples, answer.score,
        answer.raw,
    )  # fmt: skip


def _check_finite(answer: Prediction) -> None:
    """Refuse what JSON has no number for."""
    total = answer.unresolved + (answer.unparsed or 0.0) + (answer.score or 0.0)
    if answer.probabilities:
        total += sum(answer.probabilities.values())
    if not math.isfinite(total):
        raise ValueError(f"the answer to {answer.id!r} holds a number that is not finite")


def _plain(line: PredictionLine) -> dict[str, Any]:
    """Return a line as plain values, for text that is not ASCII."""
    parts = {"variant": _slim(line.variant), "prediction": _slim(line.prediction)}
    return {**_slim(line, but=tuple(parts)), **parts}


def _slim(part: msgspec.Struct, but: Sequence[str] = ()) -> dict[str, Any]:
    """Return the fields that do not hold their default."""
    defaults = {field.name: field.default for field in msgspec.structs.fields(part)}
    values = {name: getattr(part, name) for name in part.__struct_fields__ if name not in but}
    return {name: to_json(value) for name, value in values.items() if value != defaults[name]}
