"""What the first and the last line of a log hold; whoever reads them relies on it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal, TypeVar

import msgspec
from msgspec import Meta

from audit.errors import RunLogError
from audit.records import Group, Limits, NotTested, RunSpec, RunWarning, Shot, Term

DEEPEST = 40
"""Levels of nesting; what the tool writes has fewer than ten."""
_YEARS = range(1970, 9000)
_Part = TypeVar("_Part", bound=msgspec.Struct)
_Words = Annotated[str, Meta(min_length=1)]
_Count = Annotated[int, Meta(ge=0, le=2**53)]


class ProbePart(msgspec.Struct):
    """What the probe set says of itself."""

    name: _Words
    version: _Words
    language: _Words
    attribute: _Words
    authors: list[str]
    reviewers: list[str]
    sources: list[dict[str, Any]]
    n_templates: _Count
    n_terms: _Count
    review_date: str | None = None
    licence: str | None = None
    consultation: str | None = None
    justification: str | None = None
    contains_personal_data: bool = False


class RoundsPart(msgspec.Struct):
    """In how many rounds the units are asked, and in which order."""

    looks: Annotated[int, Meta(ge=2)]
    order: list[str]

    def __post_init__(self) -> None:
        if not self.looks <= len(self.order) == len(set(self.order)):
            raise ValueError("every round needs units, each named once")


class PromptPart(msgspec.Struct):
    """One prompt: its id, its examples and its hash."""

    id: str
    shots: list[Shot]
    prompt_sha256: str | None


class TermEntries(msgspec.Struct):
    """A term and the words of it that a lexicon knows, with their values."""

    group: str
    term: str
    text: str
    entries: dict[str, float]


class VocabularyPart(msgspec.Struct):
    """What a lexicon knows of the terms."""

    lexicon: str
    known: list[TermEntries]
    unknown: list[TermEntries]
    reference: list[TermEntries] = []


class HeaderPart(msgspec.Struct, kw_only=True):
    """The first line; what has a default is not in the logs of earlier versions."""

    run_id: _Words
    started: str
    created_with: str
    spec: RunSpec
    spec_sha256: str
    limits: Limits
    limits_sha256: str
    probe: ProbePart
    groups: tuple[Group, ...]
    placebos: tuple[Term, ...]
    fillers: tuple[Term, ...]
    score_range: tuple[float, float] | None
    demonstration: bool
    prompt: str | None
    not_tested: tuple[NotTested, ...]
    warnings: tuple[RunWarning, ...]
    n_requests: _Count
    author: str | None = None
    rounds: RoundsPart | None = None
    shard: str | None = None
    shot_orders: list[PromptPart] = []
    vocabulary: VocabularyPart | None = None
    redacted: bool = False
    merged: list[str] = []

    def __post_init__(self) -> None:
        _check_moment(self.started)
        for name in ("model", "probe_set", "probe_sha256"):
            if not getattr(self.spec, name):
                raise ValueError(f"spec.{name} is empty")
        if self.spec.seed < 0:
            raise ValueError("spec.seed is negative")
        if not 0 < self.limits.confidence_level < 1:
            raise ValueError("limits.confidence_level must lie in (0, 1)")
        _check_unique(self.spec.task.labels if self.spec.task else (), "labels")
        _check_unique([prompt.id for prompt in self.shot_orders], "prompts")
        _check_unique([group.id for group in self.groups], "groups")
        if not all(form.strip() for group in self.groups for form in _mentions(group)):
            raise ValueError("a term of a group has no text")


class FooterPart(msgspec.Struct):
    """The last line: how the run ended."""

    sha256: str
    n_predictions: _Count
    status: Literal["complete", "partial", "interrupted", "failed"]
    finished: str
    n_requests: _Count
    notes: list[str]
    error: str | None = None

    def __post_init__(self) -> None:
        _check_moment(self.finished)


def read_header(record: Mapping[str, Any], where: str | None = None) -> HeaderPart:
    """Return the header of a log as records.

    Raises
    ------
    RunLogError
        If something is missing or is not what it should be, with its path in the header.
    """
    return _read(record, HeaderPart, "header", where)


def check_footer(record: Mapping[str, Any], where: str) -> None:
    """Check the footer of a log.

    Raises
    ------
    RunLogError
        If something is missing or is not what it should be.
    """
    _read(record, FooterPart, "footer", where)


def _read(record: Mapping[str, Any], kind: type[_Part], name: str, where: str | None) -> _Part:
    try:
        check_values(record)
        return msgspec.convert(record, kind)
    except (ValueError, OverflowError) as error:
        raise RunLogError(
            f"the log's {name} cannot be read: {error}",
            where=where,
            hint="restore the file from a backup, or run the audit again",
        ) from error


def check_values(value: Any, depth: int = 0) -> None:
    """Refuse what no file that follows from a log could hold.

    Raises
    ------
    ValueError
        If a text cannot be written as UTF-8, a whole number is beyond 64 bits, or nesting is
        deeper than `DEEPEST`.
    """
    if depth > DEEPEST:
        raise ValueError(f"something is nested deeper than {DEEPEST} levels")
    if isinstance(value, str):
        _check_text(value)
    elif isinstance(value, int) and abs(value) >= 2**64:
        raise ValueError("a number is too large")
    elif isinstance(value, Mapping):
        for key, item in value.items():
            _check_text(key)
            check_values(item, depth + 1)
    elif isinstance(value, list):
        for item in value:
            check_values(item, depth + 1)


def _check_text(text: str) -> None:
    """Refuse a lone surrogate, such as a byte of a command line that is no UTF-8."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError(f"{text[:60]!a} is no text in UTF-8") from None


def _check_moment(text: str) -> None:
    """Refuse what is no time in UTC, or one that no run could have."""
    if datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").year not in _YEARS:
        raise ValueError(f"{text} is no time of a run")


def _check_unique(names: Sequence[str], what: str) -> None:
    """Refuse names that are empty or are used twice."""
    if not all(names) or len(set(names)) < len(names):
        raise ValueError(f"the {what} need names of their own")


def _mentions(group: Group) -> Iterator[str]:
    """Yield every text by which a group is mentioned."""
    for term in group.terms:
        yield from (term.text, *term.mentions, *dict(term.forms).values())
        if term.plural is not None:
            yield term.plural
