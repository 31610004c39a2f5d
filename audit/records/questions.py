"""What is asked: the task, the probe set, and the texts that come of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Form = Literal["pre", "post", "noun"]
Valence = Literal["positive", "neutral", "negative"]
Role = Literal["reference", "group", "placebo"]
Gender = Literal["masculine", "feminine"]
REDACTED = "[sha256:"
"""How the text of a redacted variant begins."""
LITERAL = "literal"
"""``use`` of a template in which the words of a term mention nobody ("I feel depressed today")."""
Correction = Literal["max_t", "holm", "bh", "none"]
Estimand = Literal["listed", "phrases", "census"]
"""These terms and templates like these; other phrases too; exactly these prompts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """One few-shot example: a text and the label it is shown with."""

    text: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShotOrder:
    """The examples of one prompt, in their order."""

    id: str
    shots: tuple[Shot, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What the classifier is asked to do and which answers are good or bad for a person.

    ``kind='labels'`` needs ``labels``, ``favourable`` and ``unfavourable``; ``kind='score'`` needs
    ``range`` and ``favourable_end``. ``label_rule`` says what counts as an answer of a generating
    model: text that *starts with* a label, or is *exactly* a label until the stop.
    """

    kind: Literal["labels", "score"] = "labels"
    labels: tuple[str, ...] = ()
    favourable: str | None = None
    unfavourable: tuple[str, ...] = ()
    description: str = ""
    input: str = "Text"
    output: str = "Label"
    separator: str = "###"
    shots: tuple[Shot, ...] = ()
    label_rule: Literal["starts_with", "exact"] = "starts_with"
    range: tuple[float, float] | None = None
    favourable_end: Literal["high", "low"] | None = None
    review_below: float | None = None
    review_above: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """How a generating classifier is sampled. ``top_k=0`` and ``top_p=1`` mean no truncation."""

    repeats: int = 5
    temperature: float = 0.1
    top_k: int = 0
    top_p: float = 1.0
    max_new_tokens: int = 6
    seed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A phrase put into a template: a group's term, a placebo, or a reference filler.

    ``form`` is the slot it fills (``None`` only for the empty filler); ``plural`` its form in
    templates about several people; ``mentions`` further inflected forms a text may carry.
    ``forms`` are further forms by name, where no rule of the language gives them; ``gender`` is the
    grammatical gender of a noun that has only one. ``use`` limits a term to templates of that use.
    ``stratum='slur'`` marks what is left out unless asked for, and masked where people read.
    """

    id: str
    text: str
    form: Form | None = None
    plural: str | None = None
    wording: str | None = None
    preference: str | None = None
    source: tuple[str, ...] = ()
    mentions: tuple[str, ...] = ()
    forms: tuple[tuple[str, str], ...] = ()
    gender: Gender | None = None
    use: str | None = None
    stratum: Literal["slur"] | None = None
    justification: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """People an attribute names, and the terms that mention them.

    ``parts`` are the ids of the groups that an intersectional group belongs to.
    """

    id: str
    label: str
    terms: tuple[Term, ...]
    parts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A sentence with slots. ``carrier`` is the unit of every interval (default: its own id).

    ``gender`` is the grammatical gender of its noun, in languages where words agree with it.
    A template of ``use='literal'`` names the ``words`` that fill its slot ``{word}`` by the id of
    the term they belong to, and the neutral ``reference`` words they are compared with.
    """

    id: str
    text: str
    carrier: str
    valence: Valence | None = None
    use: str | None = None
    noun: str | None = None
    number: Literal["singular", "plural"] = "singular"
    gold: str | None = None
    gender: Gender | None = None
    words: tuple[tuple[str, str], ...] = ()
    reference: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Limits fixed before the run. ``tolerance`` has the estimate's unit; ``None`` = default."""

    tolerance: float | None = None
    confidence_level: float = 0.95
    correction: Correction = "max_t"
    strict_pass: bool = False
    estimand: Estimand = "listed"


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseSource:
    """The tabular form: where the rendered texts lie and which column means what."""

    file: str
    text: str
    group: str
    term: str
    context: tuple[str, ...]
    template: str | None = None
    reference: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    label: str | None = None
    encoding: str = "utf-8"
    escaped: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeSet:
    """A probe set as loaded: templates x groups x terms, or ``cases`` of a table.

    ``sha256`` is the hash of the probe file's bytes (with the case file's, where there is one);
    ``meta`` holds what only people read: authors, reviewers, review date, licence, sources,
    consultation. ``directory`` is where a case file is looked up and is never written to files.
    """

    name: str
    version: str
    language: str
    attribute: str
    sha256: str
    task: Task | None = None
    sampling: Sampling = field(default_factory=Sampling)
    reference: tuple[Term, ...] = ()
    placebos: tuple[Term, ...] = ()
    groups: tuple[Group, ...] = ()
    templates: tuple[Template, ...] = ()
    limits: Limits = field(default_factory=Limits)
    cases: CaseSource | None = None
    meta: Mapping[str, Any] = field(default_factory=dict)
    directory: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """One rendered text and where it came from.

    Variants with the same ``context`` are compared with one another; ``unit`` is the carrier the
    context belongs to. ``term`` is a term id, or a filler id for ``role='reference'``; ``group`` is
    ``None`` for reference and placebo variants.
    """

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

    @property
    def apart(self) -> bool:
        """Whether the variant is no part of any verdict: a literal sentence, or one with a slur."""
        return self.literal or self.stratum is not None

    @property
    def literal(self) -> bool:
        """Whether the words mention nobody here."""
        return self.use == LITERAL


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """One present (context, term) cell and its reference: ids of the variants on each side."""

    unit: str
    context: str
    role: Role
    group: str | None
    term: str
    counterfactual: tuple[str, ...]
    reference: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NotTested:
    """Something left out, and why. It is printed, never dropped."""

    what: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunWarning:
    """A caveat a reader must see: a stable code, a sentence, and where it arose."""

    code: str
    message: str
    where: str | None = None
