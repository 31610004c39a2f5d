"""What predictions say, in columns: mass by label, repeats and scores, before any outcome."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from audit.records import Prediction, Variant
from audit.statistics.validation import Array

LEAST_LABEL_MASS = 0.01
"""An exact cell with less mass than this on its labels is missing."""
_SUM_SLACK = 1e-3
_TOGETHER = 4096
"""Answers whose numbers go into the columns at once."""

Row = tuple[list[float], list[float], float, float]
"""Mass by label, times each label (and none) was drawn, mass without one (NaN unknown), repeats."""


@dataclass(frozen=True, slots=True)
class Said:
    """What was said, by variant: mass by label (n, L), mass without one, repeats, scores."""

    masses: Array
    counts: Array
    unparsed: Array
    unresolved: Array
    repeats: Array
    scores: Array
    answered: NDArray[np.bool_]
    labelled: NDArray[np.bool_]

    def check(self, variants: Sequence[Variant], rows: NDArray[np.bool_]) -> None:
        """Refuse masses that are no distribution."""
        rest = np.nan_to_num(self.unparsed) + self.unresolved
        lowest = np.minimum(self.masses.min(axis=1, initial=0.0), self.unresolved)
        lowest = np.minimum(lowest, np.nan_to_num(self.unparsed))
        one = np.abs(self.masses.sum(axis=1) + rest - 1) <= _SUM_SLACK
        off = rows & ~(one & (lowest >= 0))
        if off.any():
            where = variants[int(np.argmax(off))].id
            raise ValueError(
                f"predictions: the label shares of {where!r} must be at least 0 and sum to 1 "
                "with the unparsed and unresolved mass"
            )

    def fill(
        self,
        rows: NDArray[np.int64],
        answers: Sequence[Prediction],
        labels: tuple[str, ...],
        drawn: dict[tuple[str | None, ...], Row],
    ) -> None:
        """Take the answers of some rows; ``drawn`` keeps what equal samples come to."""
        index = {label: column for column, label in enumerate(labels)}
        said = []
        for answer in answers:
            samples = answer.samples
            try:
                if answer.probabilities is not None or not samples:
                    row = _exact(answer, index)
                elif (row := drawn.get(samples)) is None:  # type: ignore[assignment]
                    row = drawn[samples] = _sampled(samples, index)
            except KeyError as error:
                raise ValueError(
                    f"predictions: {answer.id!r} has the label {error.args[0]!r}, "
                    f"which is none of {', '.join(labels)}"
                ) from None
            said.append(row)
        masses, counts, unparsed, repeats = zip(*said, strict=True)
        scores = [_score(answer) for answer in answers]
        self.masses[rows], self.counts[rows] = masses, counts
        self.unparsed[rows], self.repeats[rows], self.scores[rows] = unparsed, repeats, scores
        self.unresolved[rows] = [answer.unresolved for answer in answers]
        self.answered[rows] = True
        self.labelled[rows] = [
            answer.probabilities is not None or bool(answer.samples) for answer in answers
        ]

    def shares(self) -> tuple[Array, Array]:
        """Return the distribution among parsed answers and its sampling bias."""
        total = self.masses.sum(axis=1, keepdims=True)
        enough = total >= LEAST_LABEL_MASS
        shares = np.where(enough, self.masses / np.where(enough, total, 1.0), np.nan)
        return shares, over_one_less(1 - (shares**2).sum(axis=1), self.parsed())

    def parsed(self) -> Array:
        """Return the repeats that gave a label; infinite where nothing was drawn."""
        drawn = np.isfinite(self.repeats)
        repeats = np.where(drawn, self.repeats, 0.0)
        return np.where(drawn, np.rint(self.masses.sum(axis=1) * repeats), np.inf)


def read_said(
    variants: Sequence[Variant], by_id: Mapping[str, Prediction], labels: tuple[str, ...]
) -> Said:
    """Copy the predictions into columns; equal samples are counted once.

    Parameters
    ----------
    variants : sequence of Variant
        What was asked, in the order of the rows.
    by_id : mapping
        The answer to each variant, by its id; a variant may have none.
    labels : tuple of str
        Columns of the masses.

    Returns
    -------
    Said
        A row for each variant; zero mass and NaN where there is no answer.
    """
    size, width = len(variants), len(labels)
    table = Said(
        masses=np.zeros((size, width)),
        counts=np.zeros((size, width + 1)),
        unparsed=np.full(size, math.nan),
        unresolved=np.zeros(size),
        repeats=np.zeros(size),
        scores=np.full(size, math.nan),
        answered=np.zeros(size, dtype=bool),
        labelled=np.zeros(size, dtype=bool),
    )
    drawn: dict[tuple[str | None, ...], Row] = {}
    for start in range(0, size, _TOGETHER):
        given = [by_id.get(variant.id) for variant in variants[start : start + _TOGETHER]]
        some = np.array([answer is not None for answer in given], dtype=bool)
        answers = [answer for answer in given if answer is not None]
        if answers:
            table.fill(start + np.flatnonzero(some), answers, labels, drawn)
    undrawn = table.counts.sum(axis=1) == 0
    table.counts[undrawn, :-1] = table.masses[undrawn]
    table.counts[undrawn, -1] = np.nan_to_num(table.unparsed[undrawn])
    return table


def _sampled(samples: tuple[str | None, ...], index: Mapping[str, int]) -> Row:
    """Read drawn labels."""
    counts = [0.0] * (len(index) + 1)
    for sample in samples:
        counts[len(index) if sample is None else index[sample]] += 1
    drawn = len(samples)
    return [count / drawn for count in counts[:-1]], counts, counts[-1] / drawn, float(drawn)


def _exact(answer: Prediction, index: Mapping[str, int]) -> Row:
    """Read label masses, or that there are none; the repeats are infinite."""
    counts = [0.0] * (len(index) + 1)
    for sample in answer.samples:
        counts[len(index) if sample is None else index[sample]] += 1
    masses = [0.0] * len(index)
    for label, mass in (answer.probabilities or {}).items():
        masses[index[label]] = mass
    said = answer.unparsed
    if said is None:
        return masses, counts, math.nan if answer.probabilities is None else 0.0, math.inf
    return masses, counts, _finite(said, "unparsed mass", answer.id), math.inf


def _score(answer: Prediction) -> float:
    """Return the score; NaN where there is none."""
    return math.nan if answer.score is None else _finite(answer.score, "score", answer.id)


def _finite(value: float, what: str, where: str) -> float:
    """Return ``value``, or say whose it is."""
    if not math.isfinite(value):
        raise ValueError(f"predictions: the {what} of {where!r} is not a finite number")
    return value


def over_one_less(values: Array, repeats: Array) -> Array:
    """Return values / (repeats - 1), by definition.

    Parameters
    ----------
    values, repeats : Array, shapes that broadcast
        What is divided, and counts of repeats (may be infinite).

    Returns
    -------
    Array, shape of both together
        In the unit of ``values``; NaN for fewer than two repeats.
    """
    several = repeats > 1
    return np.where(several, values / np.where(several, repeats - 1, 1.0), np.nan)
