"""Sentences as data: a message, its values, and the pieces they render to.

A report model holds :class:`Sentence` objects, never finished strings, so that one model renders in
every language. Values are typed: a language decides how a number, a date or a list is written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

Unit = Literal["points", "score"]
Tone = Literal["", "strong", "worse", "better", "code", "probe", "english"]
"""Emphasis, or origin: ``probe`` is text of the probe set, ``english`` is never translated."""


@dataclass(frozen=True, slots=True)
class Amount:
    """A gap or a limit: a fraction (printed x 100 as points) or a value in the score's own unit.

    ``value=None`` prints "not available". ``signed`` prints the sign of positive values too;
    ``bare`` leaves the unit out where a column head already names it; ``brief`` drops zeros at
    the end (for limits and ticks, which are round).
    """

    value: float | None
    unit: Unit = "points"
    signed: bool = True
    bare: bool = False
    brief: bool = False


@dataclass(frozen=True, slots=True)
class Span:
    """An interval as two signed numbers, in the unit of its column."""

    low: float | None
    high: float | None
    unit: Unit = "points"
    signed: bool = True


@dataclass(frozen=True, slots=True)
class Share:
    """A fraction printed as a percentage; ``None`` prints "not available"."""

    value: float | None
    digits: int = 0


@dataclass(frozen=True, slots=True)
class Number:
    """A plain number with a fixed number of decimals; ``None`` prints "not available"."""

    value: float | None
    digits: int = 0


@dataclass(frozen=True, slots=True)
class Day:
    """A date, from the start of an ISO 8601 time."""

    iso: str


@dataclass(frozen=True, slots=True)
class Moment:
    """A time of day with its date, in UTC, from ISO 8601."""

    iso: str


@dataclass(frozen=True, slots=True)
class Tongue:
    """The name of a language, from its tag."""

    tag: str


@dataclass(frozen=True, slots=True)
class Listing:
    """Values joined as a language joins them: "A, B, and C"."""

    items: tuple[Value, ...]
    style: Literal["standard", "or"] = "standard"


@dataclass(frozen=True, slots=True)
class Toned:
    """A value with emphasis; a renderer may show the tone, a word always says the same."""

    value: Value
    tone: Tone


@dataclass(frozen=True, slots=True)
class Sentence:
    """A message in English, which is also its catalogue key, with named values.

    With ``plural``, ``count`` chooses the form and is available as ``{n}``.
    """

    text: str
    values: Mapping[str, Value]
    plural: str | None = None
    count: float | None = None


Value: TypeAlias = (
    str | int | Amount | Span | Share | Number | Day | Moment | Tongue | Listing | Toned | Sentence
)


@dataclass(frozen=True, slots=True)
class Fragment:
    """A piece of a rendered sentence and its tone."""

    text: str
    tone: Tone = ""


def say(text: str, /, **values: Value) -> Sentence:
    """Return the message ``text`` with its values (a catalogue keyword)."""
    return Sentence(text, values)


def say_n(one: str, many: str, count: float, /, **values: Value) -> Sentence:
    """Return a message with a plural form, chosen by ``count`` (a catalogue keyword)."""
    number: Value = int(count) if float(count).is_integer() else Number(count, 1)
    return Sentence(one, {"n": number, **values}, many, count)


def fill(sentence: Sentence, /, **values: Value) -> Sentence:
    """Return a message that stands in a table, with its values."""
    return Sentence(sentence.text, values, sentence.plural, sentence.count)


def probe(text: str) -> Toned:
    """Return text of the probe set, which may be in another language than the report."""
    return Toned(text, "probe")


def code(text: str) -> Toned:
    """Return text set as code."""
    return Toned(text, "code")
