"""A run's figures under the names that published work gives them, with source and caution."""

from __future__ import annotations

from typing import Any

import numpy as np

from audit.statistics.families import Run
from audit.statistics.literature import (
    LabelDistance,
    counterfactual_token_fairness_gap,
    label_distance,
    score_deviation,
    score_range,
)
from audit.statistics.validation import Array

Record = dict[str, Any]
GARG = "Garg et al. 2019, arXiv 1809.10610"
PRABHAKARAN = "Prabhakaran et al. 2019, arXiv 1910.04210"
_NOT_DRAWN = (
    "Not given for drawn labels, whose noise adds to it: excess_disagreement is the figure without "
    "that noise."
)
_NO_DIRECTION = "It has no direction: it cannot say who is treated worse."
_SPREAD = "It holds sampling noise and terms that differ for good reason; it has no direction."
_RANGE = "More terms have a larger range even if all are alike; one odd answer decides it."
_SENSITIVITY = "The estimate of each term in `terms`; the paper gives it no error bar."


def literature_table(run: Run) -> list[Record]:
    """List what the literature calls the figures of a run.

    Parameters
    ----------
    run : Run
        The run.

    Returns
    -------
    list of dict
        ``name``, ``label`` (the label a LabelDist is about, else ``None``), ``estimate`` (in the
        outcome's unit, LabelDist in [0, 1]; ``None`` where there is none), ``source`` and
        ``warning``: how the figure misleads. Over all terms of all groups; ScoreSens has no single
        figure. Outside the verdicts.
    """
    terms = [index for index, (role, _, _) in enumerate(run.table.terms) if role == "group"]
    X, y = run.cells.matrix(terms), run.cells.matrix(terms, run.cells.y)
    exact = not bool(run.answers.drawn.any())
    token_gap = counterfactual_token_fairness_gap(X, exact=exact)
    rows = [
        _row(run, "counterfactual token fairness gap", token_gap, GARG,
             _NO_DIRECTION if exact else _NOT_DRAWN),
        _row(run, "ScoreSens", None, PRABHAKARAN, _SENSITIVITY),
        _row(run, "ScoreDev", score_deviation(y), PRABHAKARAN, _SPREAD),
        _row(run, "ScoreRange", score_range(y), PRABHAKARAN, _RANGE),
    ]  # fmt: skip
    for column, label in enumerate(run.answers.labels):
        found = _label_distance(run, terms, column)
        rows.append(
            {
                "name": "LabelDist",
                "label": label,
                "estimate": found.estimate,
                "source": PRABHAKARAN,
                "warning": found.warning,
            }
        )
    return rows


def _row(run: Run, name: str, value: float | None, source: str, warning: str) -> Record:
    estimate = None if value is None else run.scaled(value)
    return {"name": name, "label": None, "estimate": estimate, "source": source, "warning": warning}


def _label_distance(run: Run, terms: list[int], column: int) -> LabelDistance:
    """Compare which sentences have a label as the one majority label, context by context."""
    context, term = run.table.pairs
    shape = (len(run.table.contexts), len(run.table.terms))
    before = np.zeros(shape[0], bool)
    after, present = np.zeros(shape, bool), np.zeros(shape, bool)
    before[context] = _given(run.flips.before[:, column])
    after[context, term] = _given(run.flips.after[:, column])
    present[context, term] = ~np.isnan(run.flips.flip)
    return label_distance(before, after[:, terms], present[:, terms])


def _given(weights: Array) -> Array:
    """Tell where a label is the only mode."""
    return np.asarray(weights == 1)
