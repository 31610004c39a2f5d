"""What section 7 says of other prompts, and of calibration."""

from __future__ import annotations

from audit.report.parts import CalibrationRow, PromptRow
from audit.report.sections.material import Material


def prompt_rows(material: Material) -> tuple[PromptRow, ...]:
    """Return every group's range and spread over the prompts; empty for one prompt."""
    return tuple(
        PromptRow(
            group=material.group_label(row.group),
            lowest=row.lowest,
            highest=row.highest,
            sd=row.sd,
            share=row.share,
        )
        for row in material.results.shot_sensitivity
    )


def calibration_rows(material: Material) -> tuple[CalibrationRow, ...]:
    """Return every group's gap before and after calibration; empty where none was asked for."""
    found = material.results.calibration
    return tuple(
        CalibrationRow(
            group=material.group_label(row.group),
            before=row.before.estimate,
            before_range=(row.before.lowest, row.before.highest),
            after=row.after.estimate,
            after_range=(row.after.lowest, row.after.highest),
        )
        for row in (found.groups if found is not None else ())
    )
