"""The schema of a probe file: the two forms of the user guide, as pydantic models.

Models say what a field is; what fields mean together is checked in `audit.probes.checks`.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from audit.records import Correction, Estimand, Form, Gender, Valence


def _as_list(value: Any) -> Any:
    """Read one text as a list of one."""
    return [value] if isinstance(value, str) else value


_ONE_OR_MANY = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}
Texts = Annotated[list[str], BeforeValidator(_as_list), WithJsonSchema(_ONE_OR_MANY)]


class _Part(BaseModel):
    """Strict: no key that we do not know, no text read as a number."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False, frozen=True)


class ShotPart(_Part):
    """One few-shot example."""

    text: str
    label: str


class TaskPart(_Part):
    """What the classifier is asked to do."""

    kind: Literal["labels", "score"] = "labels"
    labels: list[str] = []
    favourable: str | None = Field(
        default=None, description="The good label; for kind score: high or low."
    )
    unfavourable: Texts = Field(
        default=[],
        description="The bad labels; required with three or more labels. For kind score: gold "
        "labels that mean the bad end.",
    )
    description: str = ""
    input: str = "Text"
    output: str = "Label"
    separator: str = "###"
    shots: list[ShotPart] = []
    label_rule: Literal["starts_with", "exact"] = "starts_with"
    range: list[float] | None = Field(default=None, description="Lowest and highest score.")
    review_below: float | None = None
    review_above: float | None = None


class SamplingPart(_Part):
    """How a generating classifier is sampled."""

    repeats: int = Field(default=5, ge=1, le=10_000)
    temperature: float = Field(default=0.1, ge=0, le=100)
    top_k: int = Field(default=0, ge=0)
    top_p: float = Field(default=1.0, gt=0, le=1)
    max_new_tokens: int = Field(default=6, ge=1, le=1_000)
    seed: int = Field(default=0, ge=0, lt=2**63)


class LimitsPart(_Part):
    """Limits fixed before the run."""

    tolerance: float | None = Field(default=None, gt=0)
    confidence_level: float = Field(default=0.95, gt=0.5, lt=1)
    correction: Correction = "max_t"
    strict_pass: bool = False
    estimand: Estimand = "listed"


class TermPart(_Part):
    """A phrase put into a template."""

    id: str
    text: str
    form: Form = Field(description="The slot it fills.")
    plural: str | None = Field(
        default=None, description="Its form in templates about several people."
    )
    wording: str | None = Field(
        default=None, description="person-first, identity-first, community, ..."
    )
    preference: Literal["recommended", "neutral", "dispreferred"] | None = None
    source: Texts = Field(default=[], description="Ids of `sources`, or free text.")
    mentions: list[str] = Field(
        default=[], description="Further inflected forms that a text may carry."
    )
    forms: dict[str, str] = Field(
        default={},
        description="Forms that no rule of the language gives, by name: feminine, "
        "feminine-plural (Spanish); accusative, dative, ... (Turkish); attributive (Japanese).",
    )
    gender: Gender | None = Field(
        default=None, description="Of a noun that has only one: persona is feminine."
    )
    use: str | None = Field(
        default=None, description="Fills only templates of this `use`; default: all."
    )
    stratum: Literal["slur"] | None = Field(
        default=None, description="A slur is left out unless asked for, and masked in reports."
    )
    justification: str | None = Field(
        default=None, description="Why a wording that people advise against is tested."
    )


class FillerPart(TermPart):
    """A reference filler: like a term, but it may be empty and then fills no slot."""

    text: str = ""
    form: Form | None = None  # type: ignore[assignment]


class GroupPart(_Part):
    """People an attribute names."""

    id: str
    label: str | None = None
    terms: list[TermPart]
    parts: list[str] = Field(
        default=[], description="Ids of the groups that an intersectional group belongs to."
    )


class TemplatePart(_Part):
    """A sentence with slots."""

    id: str
    text: str
    carrier: str | None = Field(
        default=None, description="The unit of every interval; default: the id."
    )
    valence: Valence | None = None
    use: str | None = Field(
        default=None,
        description="identity: about people; literal: the words mention nobody, and their gap is "
        "printed beside the verdicts.",
    )
    noun: str | None = Field(default=None, description="Fills {noun} when no term does.")
    number: Literal["singular", "plural"] = "singular"
    gold: str | None = Field(default=None, description="The correct label, where there is one.")
    gender: Gender | None = Field(
        default=None, description="Grammatical gender of the noun, where words agree with it."
    )
    justification: str | None = Field(
        default=None, description="Why a wording that people advise against stands in it."
    )
    words: dict[str, str] = Field(
        default={},
        description="For `use: literal`: what fills {word}, by the id of the term it belongs to.",
    )
    reference: Texts = Field(
        default=[], description="For `use: literal`: neutral words to compare with, three or more."
    )


class SourcePart(_Part):
    """Where terms come from."""

    id: str
    title: str
    publisher: str | None = None
    url: str | None = None
    accessed: str | None = None
    licence: str | None = None


class CasesPart(_Part):
    """The tabular form: a file in which every row is a rendered text."""

    file: str
    text: str
    group: str
    term: str
    context: Texts
    template: str | None = None
    reference: dict[str, Texts]
    label: str | None = None
    encoding: str = "utf-8"
    escaped: bool = Field(
        default=False,
        description="Cells that a spreadsheet would run as a formula have an apostrophe before "
        "them, which is taken off.",
    )


class ProbeFile(_Part):
    """A probe set for bias audits of text classifiers."""

    model_config = ConfigDict(
        title="Probe set",
        json_schema_extra={
            "anyOf": [{"required": ["reference", "groups", "templates"]}, {"required": ["cases"]}]
        },
    )

    schema_version: Literal[1] = Field(alias="schema")
    name: str
    version: str
    language: str
    attribute: str
    authors: Texts = []
    reviewers: Texts = []
    review_date: str | None = None
    licence: str | None = None
    consultation: str | None = None
    justification: str | None = Field(
        default=None, description="Why the set tests wordings that people advise against."
    )
    contains_personal_data: bool = Field(
        default=False,
        description="Logs and reports then hold hashes of the texts, unless told otherwise.",
    )
    sources: list[SourcePart] = []
    task: TaskPart | None = None
    sampling: SamplingPart = SamplingPart()
    limits: LimitsPart = LimitsPart()
    reference: list[FillerPart] = []
    placebos: list[TermPart] = []
    groups: list[GroupPart] = []
    templates: list[TemplatePart] = []
    cases: CasesPart | None = None


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of a probe file, for editors and other tools.

    Examples
    --------
    >>> sorted(json_schema()["required"])
    ['attribute', 'language', 'name', 'schema', 'version']
    """
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **ProbeFile.model_json_schema(by_alias=True),
    }
