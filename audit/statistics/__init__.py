"""From predictions to gaps with intervals: pure functions of numpy arrays and records."""

from audit.statistics.cells import outcome_of
from audit.statistics.comparison import (
    GapDifferences,
    answers_differ,
    compare_gaps,
    same_answer_within,
)
from audit.statistics.groups import GapSummary, summarise_gaps
from audit.statistics.pair_gaps import pair_gaps, pair_variants

__all__ = [
    "GapDifferences",
    "GapSummary",
    "answers_differ",
    "compare_gaps",
    "outcome_of",
    "pair_gaps",
    "pair_variants",
    "same_answer_within",
    "summarise_gaps",
]
