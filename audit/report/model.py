"""The report as data: fifteen sections of sentences, facts and rows, without any markup.

Tests assert on this model; renderers only lay it out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from audit.records import Group, PairGap, Task, Verdict
from audit.report.message import Sentence, Value
from audit.report.parts import (
    Block,
    CalibrationRow,
    Change,
    ExampleSet,
    Fact,
    FlipRow,
    GroupFlips,
    Head,
    Item,
    Named,
    PromptRow,
    Row,
    Rule,
    RuleReference,
    SignedDecision,
    StrataTable,
    Tally,
)
from audit.report.scale import Scale

SLOT = "{text}"
"""What marks the place of the tested sentence in ``Evidence.prompt``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What the run log adds to ``results.json``.

    Parameters
    ----------
    pairs : sequence of PairGap
        Every pair with its texts and answers, for examples; may be empty.
    prompt : str, optional
        The prompt as sent, with ``{text}`` where the tested sentence goes (the last one counts).
    demonstration : bool
        True for the bundled reference model: the report says that it demonstrates the instrument.
    notes : tuple of str
        The classifier's own sentences for the report.
    groups : sequence of Group
        The probe set's groups and terms, for wording and sources.
    task : Task, optional
        What the classifier was asked.
    signoff : mapping, optional
        The sign-off of the run, as its file has it.
    """

    pairs: Sequence[PairGap] = ()
    prompt: str | None = None
    demonstration: bool = False
    notes: tuple[str, ...] = ()
    groups: Sequence[Group] = ()
    task: Task | None = None
    signoff: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Section 0: what was audited, by which run, and what this report is not."""

    kicker: Sentence
    title: Sentence
    heading: Sentence
    facts: tuple[Fact, ...]
    is_not: Sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingSection:
    """Section 1: at most three plain sentences, the lead among them."""

    head: Head
    notice: Sentence | None
    lead: Sentence
    sentences: tuple[Sentence, ...]
    named: tuple[Named, ...]
    tally: tuple[Tally, ...]

    @property
    def plain(self) -> tuple[Sentence, ...]:
        """Everything section 1 says in prose, in reading order."""
        first = (self.notice,) if self.notice else ()
        return (*first, self.lead, *self.sentences)


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionSection:
    """Section 2: the machine's verdict and, apart from it, room for the human decision."""

    head: Head
    lead: Sentence
    facts: tuple[Fact, ...]
    signed: SignedDecision | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TestedSection:
    """Section 3: what was tested. ``prompt`` is the text before and after the slot."""

    head: Head
    facts: tuple[Fact, ...]
    prompt: tuple[str, str] | None
    no_prompt: Sentence | None


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupsSection:
    """Section 4: gaps by group, in blocks of one verdict."""

    head: Head
    blocks: tuple[Block, ...]
    notes: tuple[Sentence, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WordingSection:
    """Section 5: by wording style, kind of sentence, template; placebo terms beside them."""

    head: Head
    placebo_stand: tuple[Sentence, ...]
    placebos: tuple[Row, ...]
    strata: tuple[StrataTable, ...]
    templates: tuple[Row, ...]
    template_note: Sentence | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FlipsSection:
    """Section 6: what flips to what."""

    head: Head
    labels: tuple[str, ...]
    matrix: tuple[FlipRow, ...]
    groups: tuple[GroupFlips, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SteadinessSection:
    """Section 7: what the gap's variation comes from, and what another reference would give."""

    head: Head
    shares: tuple[tuple[Sentence, float | None], ...]
    facts: tuple[Fact, ...]
    fillers: tuple[str, ...]
    sensitivity: tuple[tuple[str, tuple[float | None, ...]], ...]
    prompts: tuple[PromptRow, ...] = ()
    calibration: tuple[CalibrationRow, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ExamplesSection:
    """Section 8: worst, typical and random pairs."""

    head: Head
    sets: tuple[ExampleSet, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OverridesSection:
    """Section 9: for a person to decide."""

    head: Head
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SinceSection:
    """Section 10: since last time."""

    head: Head
    changes: tuple[Change, ...]
    term_changes: tuple[Change, ...] = ()
    more_term_changes: Sentence | None = None
    terms: tuple[Item, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NotTestedSection:
    """Section 11: not tested, not enough data, and every null result."""

    head: Head
    undecided: tuple[Item, ...]
    not_tested: tuple[Item, ...]
    nulls: tuple[Item, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsultedSection:
    """Section 12: who was consulted, who wrote and reviewed the probe set, and its sources."""

    head: Head
    facts: tuple[Fact, ...]
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodSection:
    """Section 13: the method, the command that repeats the run, and its caveats."""

    head: Head
    command: str
    facts: tuple[Fact, ...]
    literature: tuple[Item, ...]
    notes: tuple[Value, ...]
    warnings: tuple[Item, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceMapSection:
    """Section 14: rule -> section, dated, never a claim that a rule is met."""

    head: Head
    entries: tuple[RuleReference, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportModel:
    """A whole report: sections 0 to 14 in order, the shared axis and the closing sentence.

    ``probe_language`` is the language of labels, terms and examples. ``banners`` stand above
    everything (demonstration, partial run, quick run). ``ends`` name better and worse treatment.
    """

    run_id: str
    day: str
    model: str
    probe_set: str
    verdict: Verdict | None
    confidence_level: float
    probe_language: str
    scale: Scale
    outcome_name: Value
    ends: tuple[Sentence, Sentence]
    banners: tuple[Sentence, ...]
    identity: Identity
    finding: FindingSection
    decision: DecisionSection
    tested: TestedSection
    groups: GroupsSection
    wording: WordingSection
    flips: FlipsSection
    steadiness: SteadinessSection
    examples: ExamplesSection
    overrides: OverridesSection
    since: SinceSection
    not_tested: NotTestedSection
    consulted: ConsultedSection
    method: MethodSection
    evidence_map: EvidenceMapSection
    closing: Sentence

    @property
    def heads(self) -> tuple[Head, ...]:
        """The heads of sections 1 to 14, in the order of the page."""
        return tuple(
            section.head
            for section in (
                self.finding, self.decision, self.tested, self.groups, self.wording, self.flips,
                self.steadiness, self.examples, self.overrides, self.since, self.not_tested,
                self.consulted, self.method, self.evidence_map,
            )
        )  # fmt: skip
