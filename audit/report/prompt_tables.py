"""The tables of ``results.json`` about other prompts and calibration, typed."""

from __future__ import annotations

from pydantic import Field

from audit.report.tables import Finite, IntervalData, Part


class ShotGapData(Part):
    """One group's gap under one prompt, or over several."""

    group: str
    estimate: Finite | None = None
    interval: IntervalData | None = None
    lowest: Finite | None = None
    highest: Finite | None = None
    sd: Finite | None = None
    share: Finite | None = None


class ShotOrderData(Part):
    """One prompt: its examples, and the gaps under it."""

    id: str
    shots: list[dict[str, str]] = Field(default_factory=list)
    prompt_sha256: str | None = None
    unparsed_rate: Finite | None = None
    groups: list[ShotGapData] = Field(default_factory=list)


class CalibrationSide(Part):
    """A gap under the first prompt, and its range over all."""

    estimate: Finite | None = None
    interval: IntervalData | None = None
    lowest: Finite | None = None
    highest: Finite | None = None


class CalibratedData(Part):
    """One group's gap before and after contextual calibration."""

    group: str
    before: CalibrationSide
    after: CalibrationSide


class LeaningData(Part):
    """What a prompt gives each label before it has read anything."""

    id: str
    leaning: dict[str, Finite] | None = None


class CalibrationData(Part):
    """The gaps before and after contextual calibration."""

    prompts: list[LeaningData] = Field(default_factory=list)
    groups: list[CalibratedData] = Field(default_factory=list)
