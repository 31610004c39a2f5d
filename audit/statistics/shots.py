"""How the gaps move with the examples in the prompt: the same sentences under several prompts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from audit.records import Interval, Prediction
from audit.statistics.calibration import calibrated, leaning
from audit.statistics.cells import Answers
from audit.statistics.families import Family, Run, listed
from audit.statistics.pairs import number
from audit.statistics.units import Cells, cells_of
from audit.statistics.validation import Array
from audit.statistics.variance import PromptSensitivity, prompt_sensitivity

Predictions = Mapping[str, Prediction]
METHOD = "two-way t over templates and prompts, Satterthwaite"


@dataclass(frozen=True, kw_only=True)
class FewShot:
    """What was asked in prompts besides the run's first.

    Parameters
    ----------
    first : str
        Id of the first prompt.
    others : mapping of str to predictions by variant id
        Of every further prompt, by its id.
    content_free : mapping of str to sequence of Prediction
        Answers to texts without content by the prompt's id; empty without calibration.
    """

    first: str
    others: Mapping[str, Predictions] = field(default_factory=dict)
    content_free: Mapping[str, Sequence[Prediction]] = field(default_factory=dict)


@dataclass(frozen=True)
class ShotOrderGaps:
    """The gaps of a run under each of its prompts.

    Attributes
    ----------
    rows : list of dict
        One for each prompt, the run's own first: ``id``, ``unparsed_rate``, and ``groups`` with
        ``group``, ``estimate`` and ``interval`` over templates.
    groups : list of dict
        One for each group: ``group``, ``lowest`` and ``highest`` gap over the prompts, ``sd`` of
        the gap between prompts and its ``share`` in the variance of one prompt's template gaps,
        and ``estimate`` and ``interval`` over prompts like these. In the outcome's unit; ``None``
        where fewer than two prompts or templates say nothing.
    variance : float or None
        Variance of a gap between prompts, the mean over the groups, on the squared scale [0, 1].
    """

    rows: Sequence[Mapping[str, Any]]
    groups: Sequence[Mapping[str, Any]]
    variance: float | None


def shot_order_gaps(
    run: Run, family: Family, answers: Mapping[str, Answers], *, first: str
) -> ShotOrderGaps:
    """Compute every group's gap under every prompt.

    Parameters
    ----------
    run : Run
        The run under its first prompt.
    family : Family
        Its groups.
    answers : mapping of str to Answers
        Answers of every further prompt to the same variants, by the prompt's id.
    first : str
        Id of the first prompt.

    Returns
    -------
    ShotOrderGaps

    Notes
    -----
    Prompts stand in the role of terms, see `audit.statistics.variance.prompt_sensitivity`.
    """
    everyone = {first: run.answers, **answers}
    cells = {name: cells_of(run.table, own.value, own.value) for name, own in everyone.items()}
    rows = [
        {
            "id": name,
            "unparsed_rate": unparsed_rate(own),
            "groups": _gaps(run, family, cells[name]),
        }
        for name, own in everyone.items()
    ]
    if len(everyone) < 2:
        return ShotOrderGaps(rows, (), None)
    D = np.stack(
        [own.template_gaps(family.of_term, family.size) for own in cells.values()], axis=-1
    )
    floors = [own.floors(family.of_term, D[..., place]) for place, own in enumerate(cells.values())]
    level = run.limits.confidence_level
    found = prompt_sensitivity(D, np.mean(floors, axis=0), confidence_level=level)
    return ShotOrderGaps(rows, _sensitivity(run, family, found), _mean_variance(found.sd))


Reader = Callable[[Predictions], Answers]
"""Reads predictions into answers to the run's pairs."""


def calibration_table(
    run: Run, family: Family, few_shot: FewShot, predictions: Predictions, read: Reader
) -> dict[str, Any] | None:
    """Compare every group's gap before and after contextual calibration of every prompt.

    Parameters
    ----------
    run : Run
        The run under its first prompt.
    family : Family
        Its groups.
    few_shot : FewShot
        With answers to texts without content.
    predictions : mapping of id to Prediction
        Of the first prompt.
    read : callable
        From predictions to answers to the run's pairs.

    Returns
    -------
    dict or None
        ``prompts``: ``id`` and ``leaning``, the share of each label before anything is read
        (``None``: a label has next to none, and the prompt is left out). ``groups``: ``group``,
        ``before`` and ``after``, each with ``estimate`` and ``interval`` under the first prompt
        and ``lowest`` and ``highest`` over the prompts. ``None`` without such answers.
    """
    if not few_shot.content_free:
        return None
    prompts = {few_shot.first: predictions, **few_shot.others}
    leans = {name: leaning(few_shot.content_free.get(name, ())) for name in prompts}
    kept = {name: lean for name, lean in leans.items() if lean is not None}
    before = {name: read(prompts[name]) for name in kept}
    after = {
        name: read({key: calibrated(answer, lean) for key, answer in prompts[name].items()})
        for name, lean in kept.items()
    }
    sides = {"before": _ranges(run, family, before), "after": _ranges(run, family, after)}
    return {
        "prompts": [{"id": name, "leaning": lean} for name, lean in leans.items()],
        "groups": [
            {"group": subject.id, **{side: rows[index] for side, rows in sides.items()}}
            for index, subject in enumerate(family.subjects)
        ],
    }


def _ranges(run: Run, family: Family, answers: Mapping[str, Answers]) -> list[dict[str, Any]]:
    """Return every group's gap under the first prompt and its range over all of them."""
    gaps = [
        _gaps(run, family, cells_of(run.table, own.value, own.value)) for own in answers.values()
    ]
    rows = []
    for index in range(family.size):
        known = [e for rows_of in gaps if (e := rows_of[index]["estimate"]) is not None]
        first = gaps[0][index] if gaps else {"estimate": None, "interval": None}
        rows.append(
            {
                "estimate": first["estimate"],
                "interval": first["interval"],
                "lowest": min(known, default=None),
                "highest": max(known, default=None),
            }
        )
    return rows


def unparsed_rate(answers: Answers) -> float | None:
    """Return the share of answers that are no label.

    Parameters
    ----------
    answers : Answers
        Of the sentences of a run; each counts by its repeats, or once where it has none.

    Returns
    -------
    float or None
        A fraction in [0, 1]; ``None`` where it is unknown for every sentence.
    """
    known = ~np.isnan(answers.unparsed)
    if not known.any():
        return None
    weights = np.where(np.isfinite(answers.repeats), answers.repeats, 1.0)[known]
    return float((answers.unparsed[known] * weights).sum() / weights.sum())


def _gaps(run: Run, family: Family, cells: Cells) -> list[dict[str, Any]]:
    """Return every group's gap over templates under one prompt."""
    found = listed(run, family.of_term, family.size, cells)
    return [
        {
            "group": subject.id,
            "estimate": run.scaled(found.estimate[index]),
            "interval": _published(run.interval(found, index, "listed")),
        }
        for index, subject in enumerate(family.subjects)
    ]


def _sensitivity(run: Run, family: Family, found: PromptSensitivity) -> list[dict[str, Any]]:
    """Return every group's range and spread over the prompts."""
    rows = []
    for index, subject in enumerate(family.subjects):
        low, high = run.scaled(found.low[index]), run.scaled(found.high[index])
        interval = None
        if low is not None and high is not None:
            level = run.limits.confidence_level
            interval = Interval(low=low, high=high, confidence_level=level, method=METHOD)
        rows.append(
            {
                "group": subject.id,
                "lowest": run.scaled(found.lowest[index]),
                "highest": run.scaled(found.highest[index]),
                "sd": run.scaled(found.sd[index]),
                "share": number(found.share[index]),
                "estimate": run.scaled(found.estimate[index]),
                "interval": _published(interval),
            }
        )
    return rows


def _published(interval: Interval | None) -> dict[str, Any] | None:
    """Write an interval as results hold it."""
    if interval is None:
        return None
    names = ("low", "high", "confidence_level", "method")
    return {name: getattr(interval, name) for name in names}


def _mean_variance(sd: Array) -> float | None:
    """Return the mean variance between prompts over the groups that have one."""
    known = sd[~np.isnan(sd)]
    return float((known**2).mean()) if known.size else None
