"""What each variant's prediction says, as one table of numbers: the cells of every estimate."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from audit.records import Outcome, Prediction, Task, Variant
from audit.statistics.said import LEAST_LABEL_MASS, Said, over_one_less, read_said
from audit.statistics.validation import Array

NO_LABEL = "(no label)"


def outcome_of(task: Task | None, score_range: tuple[float, float] | None = None) -> Outcome:
    """Return what a run's estimate is about.

    Parameters
    ----------
    task : Task or None
        ``None`` for a set without a task: the target's raw score.
    score_range : (float, float), optional
        The target's declared range, used where the task names none.

    Returns
    -------
    Outcome
        P(unfavourable) for label tasks; the raw score (high is favourable unless the task says
        otherwise) for score tasks.

    Raises
    ------
    ValueError
        If a label task does not say which labels are unfavourable, or a score has no finite range.

    Examples
    --------
    >>> outcome_of(Task(labels=("No", "Yes"), favourable="Yes")).unfavourable
    ('No',)
    """
    if task is not None and task.kind == "labels":
        bad = task.unfavourable
        if not bad and len(task.labels) == 2 and task.favourable in task.labels:
            bad = tuple(label for label in task.labels if label != task.favourable)
        if not bad or not set(bad) <= set(task.labels):
            raise ValueError("task: its unfavourable labels must be named and be labels of it")
        return Outcome(
            name=f"P({' or '.join(bad)})",
            unit="probability",
            range=(0.0, 1.0),
            favourable=task.favourable,
            unfavourable=bad,
            favourable_end="low",
        )
    limits = task.range if task is not None and task.range is not None else score_range
    if limits is None or not limits[0] < limits[1] or not all(map(math.isfinite, limits)):
        raise ValueError("score_range: a score needs a finite range (low, high)")
    end = task.favourable_end if task is not None else None
    return Outcome(
        name="score",
        unit="score",
        range=limits,
        favourable=None if task is None else task.favourable,
        unfavourable=() if task is None else task.unfavourable,
        favourable_end=end or "high",
    )


@dataclass(frozen=True, slots=True)
class Answers:
    """One row per variant; NaN = not measured, never zero.

    Attributes
    ----------
    value : ndarray, shape (n,)
        The outcome on the scale [0, 1]: P(unfavourable) among labels, or the score's place in its
        range.
    noise : ndarray, shape (n,)
        Sampling variance of ``value``: 0 for exact answers and scores, NaN for a single repeat.
    unparsed : ndarray, shape (n,)
        Mass or share that is no label, in [0, 1].
    refusal, unresolved : ndarray, shape (2, n)
        ``value`` with the unparsed or unresolved mass placed as favourable and as unfavourable.
    shares : ndarray, shape (n, L)
        Distribution over ``labels`` among what was parsed; a row of NaN where nothing was.
    pair_noise : ndarray, shape (n,)
        Bias of ``sum(shares**2)`` by sampling: (1 - sum p^2) / (R - 1), 0 for exact answers.
    counts : ndarray, shape (n, L + 1)
        Repeats by label, the last column without one; masses where nothing was drawn.
    repeats : ndarray, shape (n,)
        Repeats R; infinite for exact answers and scores, 0 without a prediction.
    labels : tuple of str
        Column names.
    """

    value: Array
    noise: Array
    unparsed: Array
    refusal: Array
    unresolved: Array
    shares: Array
    pair_noise: Array
    counts: Array
    repeats: Array
    labels: tuple[str, ...]

    @property
    def answered(self) -> NDArray[np.bool_]:
        """Which variants have a prediction."""
        return np.asarray(self.repeats > 0)

    @property
    def drawn(self) -> NDArray[np.bool_]:
        """Which variants were answered by drawn labels rather than exactly."""
        return self.answered & np.isfinite(self.repeats)

    def of(self, chosen: NDArray[np.bool_]) -> Answers:
        """Return the rows of some variants."""
        if chosen.all():
            return self
        rows = {
            field.name: getattr(self, field.name)[..., chosen]
            if field.name in {"refusal", "unresolved"}
            else getattr(self, field.name)[chosen]
            for field in fields(self)
            if field.name != "labels"
        }
        return Answers(**rows, labels=self.labels)


def answers_of(
    variants: Sequence[Variant],
    predictions: Mapping[str, Prediction] | Iterable[Prediction],
    outcome: Outcome,
    labels: Sequence[str] | None = None,
) -> Answers:
    """Read every variant's prediction into one table.

    Parameters
    ----------
    variants : sequence of Variant
        The rows; ids are unique.
    predictions : mapping of id to Prediction, or iterable of Prediction
        At most one for each variant; variants without one stay missing.
    outcome : Outcome
        What ``value`` means.
    labels : sequence of str, optional
        Every label of the task; default: those that occur.

    Returns
    -------
    Answers

    Raises
    ------
    ValueError
        Naming the argument: duplicate ids, a prediction for no variant, a label outside ``labels``,
        masses that are NaN, negative or do not sum to 1, a score that is NaN or outside its range,
        or a prediction that does not answer the outcome at all.
    """
    by_id = _by_id(variants, predictions)
    names = tuple(labels) if labels is not None else _labels_seen(by_id.values(), outcome)
    table = read_said(variants, by_id, names)
    if outcome.unit == "score":
        table.check(variants, table.labelled)
        return _score_answers(variants, table, names, outcome)
    table.check(variants, table.answered)
    bad = np.array([label in outcome.unfavourable for label in names], dtype=bool)
    return _label_answers(table, names, bad)


def _by_id(
    variants: Sequence[Variant], predictions: Mapping[str, Prediction] | Iterable[Prediction]
) -> dict[str, Prediction]:
    """Index predictions by the variant they answer."""
    known = {variant.id for variant in variants}
    if len(known) < len(variants):
        raise ValueError("variants: ids must be unique")
    if isinstance(predictions, dict) and predictions.keys() == known:
        return predictions
    given = predictions.values() if isinstance(predictions, Mapping) else predictions
    by_id: dict[str, Prediction] = {}
    for prediction in given:
        if prediction.id not in known:
            raise ValueError(f"predictions: {prediction.id!r} answers no variant")
        if prediction.id in by_id:
            raise ValueError(f"predictions: {prediction.id!r} is answered twice")
        by_id[prediction.id] = prediction
    return by_id


def _labels_seen(predictions: Iterable[Prediction], outcome: Outcome) -> tuple[str, ...]:
    """Return the labels that occur, those that the outcome names first."""
    named = (*((outcome.favourable,) if outcome.favourable else ()), *outcome.unfavourable)
    seen: set[str] = set()
    for prediction in predictions:
        seen.update(prediction.probabilities or ())
        seen.update(sample for sample in prediction.samples if sample is not None)
    return (*dict.fromkeys(named), *sorted(seen - set(named)))


def _label_answers(table: Said, labels: tuple[str, ...], bad: NDArray[np.bool_]) -> Answers:
    """Compute the outcome of a label task."""
    shares, pair_noise = table.shares()
    value = shares[:, bad].sum(axis=1)
    total, harm = table.masses.sum(axis=1), table.masses[:, bad].sum(axis=1)
    return Answers(
        value=value,
        noise=over_one_less(value * (1 - value), table.parsed()),
        unparsed=table.unparsed,
        refusal=_bounds(harm, total, np.nan_to_num(table.unparsed)),
        unresolved=_bounds(harm, total, table.unresolved),
        shares=shares,
        pair_noise=pair_noise,
        counts=table.counts,
        repeats=table.repeats,
        labels=labels,
    )


def _bounds(harm: Array, total: Array, open_mass: Array) -> Array:
    """Return the outcome with the open mass counted as favourable and as unfavourable."""
    whole = total + open_mass
    enough = whole >= LEAST_LABEL_MASS

    def value(mass: Array) -> Array:
        return np.where(enough, mass / np.where(enough, whole, 1.0), np.nan)

    if not open_mass.any():  # a million sentences need not be kept twice
        return np.broadcast_to(value(harm), (2, len(harm)))
    return np.stack([value(harm), value(harm + open_mass)])


def _score_answers(
    variants: Sequence[Variant], table: Said, labels: tuple[str, ...], outcome: Outcome
) -> Answers:
    """Compute the outcome of a score task; its labels, where it has them, give flips only."""
    low, high = outcome.range
    outside = (table.scores < low) | (table.scores > high)
    if outside.any():
        where = int(np.argmax(outside))
        raise ValueError(
            f"predictions: the score {table.scores[where]:g} of {variants[where].id!r} lies "
            f"outside [{low:g}, {high:g}]"
        )
    value = (table.scores - low) / (high - low)
    missing = table.answered & np.isnan(value)
    shares, pair_noise = table.shares()
    return Answers(
        value=value,
        noise=np.where(np.isnan(value), np.nan, 0.0),
        unparsed=np.where(table.answered, missing.astype(float), np.nan),
        refusal=np.where(missing, np.array([[0.0], [1.0]]), value),
        unresolved=np.stack([value, value]),
        shares=shares,
        pair_noise=pair_noise,
        counts=table.counts,
        repeats=np.where(table.answered, np.inf, 0.0),
        labels=labels,
    )
