"""The pieces sections are made of: facts, rows, cells, examples, without any markup.

Numbers are fractions or the score's own unit; ``None`` means not available. Text from outside is
already inert (see ``inert.py``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from audit.records import Direction, Reason, Verdict
from audit.report.message import Amount, Sentence, Share, Tone, Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """A section's anchor, its name in the contents, its heading and the line under it."""

    anchor: str
    name: Sentence
    heading: Sentence
    stand: tuple[Sentence, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One named value."""

    name: Sentence
    value: Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One estimate with everything printed beside it.

    ``verdict`` is ``None`` where none is given (strata). ``tone`` colours the mark: only gaps and
    concerns have one. ``style`` is the line under the label,
    ``summary`` the line that stands for the terms while they are closed.
    """

    anchor: str
    label: str
    style: Value | None = None
    n_pairs: int | None = None
    estimate: float | None
    low: float | None
    high: float | None
    verdict: Verdict | None
    reason: Reason | None = None
    direction: Direction = "none"
    tone: Tone = ""
    smallest_detectable: float | None = None
    remarks: tuple[Sentence, ...] = ()
    facts: tuple[Fact, ...] = ()
    terms: tuple[Row, ...] = ()
    summary: Sentence | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Rows that share a verdict."""

    verdict: Verdict
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How many groups got a verdict."""

    verdict: Verdict
    n: int
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """The groups one direction applies to, by name."""

    direction: Direction
    words: Sentence
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StrataTable:
    """Gaps kept apart by one property: a row per group, a column per value, never averaged."""

    by: str
    heading: Sentence
    caption: Sentence
    columns: tuple[Value, ...]
    rows: tuple[tuple[Value, tuple[Row | None, ...]], ...]
    note: Sentence | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FlipCell:
    """Pairs that went from one label to another; ``share`` is of the row."""

    n: float
    share: Share
    tone: Tone
    words: Sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptRow:
    """One group's gap over the prompts that were tried; ``share`` is theirs in the variance."""

    group: str
    lowest: float | None
    highest: float | None
    sd: float | None
    share: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationRow:
    """One group's gap before and after calibration, each with its range over the prompts."""

    group: str
    before: float | None
    before_range: tuple[float | None, float | None]
    after: float | None
    after_range: tuple[float | None, float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class FlipRow:
    """All pairs whose reference had one label."""

    label: str
    total: float
    cells: tuple[FlipCell, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupFlips:
    """One group's flips."""

    label: str
    placebo: bool
    n_pairs: int
    flips: float | None
    to_unfavourable: float | None
    to_favourable: float | None
    excess: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """A run of text of an example, and whether it differs from the other side."""

    text: str
    changed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One side of an example: its words and what the classifier said."""

    words: tuple[Word, ...]
    said: tuple[Sentence, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One pair, without and with the words."""

    group: str
    reference: Answer
    counterfactual: Answer
    change: Amount
    tone: Tone


@dataclass(frozen=True, slots=True, kw_only=True)
class ExampleSet:
    """Examples chosen by one stated rule."""

    name: Literal["worst", "typical", "random"]
    caption: Sentence
    examples: tuple[Example, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One point on the curve of review load against the gap left."""

    load: Sentence
    row: Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One recommended override, for a person to accept or refuse.

    ``rows`` are the gap without the rule and the gap left under each assumption; ``machine`` is
    the rule as the policy file has it, empty where no rule is recommended. ``curve`` holds the
    rules that no other beats in both load and gap, by rising load.
    """

    anchor: str
    group: str
    sentence: Value
    machine: str
    facts: tuple[Fact, ...]
    rows: tuple[Row, ...]
    remarks: tuple[Value, ...]
    curve: tuple[Candidate, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """The difference of a group, or of a term of ``group``, from an earlier run.

    ``before`` and ``after`` are the two gaps.
    """

    label: str
    words: Sentence
    difference: float | None
    low: float | None
    high: float | None
    tone: Tone
    why: str | None
    before: float | None = None
    after: float | None = None
    group: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedDecision:
    """What people decided: the decision in a sentence, and who signed it on which grounds."""

    lead: Sentence
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A named thing and what is said about it."""

    name: Value
    text: tuple[Value, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleReference:
    """One entry of the dated evidence map."""

    rule: str
    where: str
    may_help_show: str
    anchors: tuple[tuple[str, Sentence], ...]
    source: str
    url: str
    as_of: str
    out_of_date: bool
    remark: str | None
