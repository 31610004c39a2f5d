"""Tables of ``results.json`` beside the gaps themselves, as the report reads them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Finite = Annotated[float, Field(allow_inf_nan=False)]


class Part(BaseModel):
    """A part of the file: unknown fields are left out, values are not converted."""

    model_config = ConfigDict(extra="ignore", frozen=True, strict=True)


class IntervalData(Part):
    """An interval in the estimate's unit."""

    low: Finite
    high: Finite
    confidence_level: Finite = 0.95
    method: str = ""

    @model_validator(mode="after")
    def _ordered(self) -> IntervalData:
        if self.low > self.high:
            raise ValueError("the interval's low end lies above its high end")
        return self


class ExplanationData(Part):
    """A term or word, and a group's gap without it."""

    kind: Literal["term", "word"]
    id: str
    text: str
    terms: list[str] = Field(default_factory=list)
    estimate_without: Finite | None = None
    interval_without: IntervalData | None = None


class DriverData(Part):
    """What one group's gap hangs on."""

    group: str
    estimate: Finite | None = None
    terms: list[ExplanationData] = Field(default_factory=list)
    words: list[ExplanationData] = Field(default_factory=list)
    explained_by: ExplanationData | None = None


class VocabularyTermData(Part):
    """A term, and the entries that a lexicon has for its words."""

    group: str
    term: str
    text: str
    entries: dict[str, Finite] = Field(default_factory=dict)


class VocabularyData(Part):
    """Which terms a lexicon knows."""

    lexicon: str
    known: list[VocabularyTermData] = Field(default_factory=list)
    unknown: list[VocabularyTermData] = Field(default_factory=list)
    reference: list[VocabularyTermData] = Field(default_factory=list)


class DriversData(Part):
    """What the gaps hang on."""

    groups: list[DriverData] = Field(default_factory=list)
    vocabulary: VocabularyData | None = None


class AccuracyData(Part):
    """A share of right answers with its interval over templates."""

    estimate: Finite | None = None
    low: Finite | None = None
    high: Finite | None = None


class GoldGroupData(Part):
    """One group's mistakes against gold labels."""

    group: str
    n_texts: int = 0
    false_positive_rate: Finite | None = None
    false_negative_rate: Finite | None = None
    accuracy: AccuracyData | None = None
    subgroup_auc: Finite | None = None
    bpsn_auc: Finite | None = None
    bnsp_auc: Finite | None = None


class GoldData(Part):
    """Mistakes against gold labels."""

    positive: list[str]
    n_texts: int
    fped: Finite | None = None
    fned: Finite | None = None
    groups: list[GoldGroupData] = Field(default_factory=list)


class DispersionData(Part):
    """How much the terms of a group differ from one another."""

    group: str
    sd: Finite | None = None
    p_value: Finite | None = None


class SecondaryData(Part):
    """A group's gap of another outcome, a fraction."""

    outcome: str
    group: str
    estimate: Finite | None = None
    interval: IntervalData | None = None


class IntersectionData(Part):
    """A group beyond what its parts add up to."""

    group: str
    parts: list[str]
    excess: Finite | None = None
    interval: IntervalData | None = None
    p_adjusted: Finite | None = None


class LiteratureData(Part):
    """A figure by the name of published work."""

    name: str
    label: str | None = None
    estimate: Finite | None = None
    source: str
    warning: str | None = None


class GroupRoundData(Part):
    """Round that ended a group."""

    group: str
    round: int
    stopped_early: bool


class RoundsData(Part):
    """Rounds of a sequential run."""

    looks: int
    templates: list[int]
    groups: list[GroupRoundData]


class WorstGroupData(Part):
    """The group whose gap points furthest in the unfavourable direction."""

    group: str
    estimate: Finite
