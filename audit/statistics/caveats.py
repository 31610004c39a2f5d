"""What a reader of the gaps must know about the design and the answers behind them."""

from __future__ import annotations

from collections import Counter

import numpy as np

from audit.records import RunWarning
from audit.statistics.duplicates import near_duplicates
from audit.statistics.families import Family, Run
from audit.statistics.precision import worst_case_unseen
from audit.statistics.strata import MOST_FILLERS, MOST_TEMPLATE_ROWS

_SHOWN = 5


def caveats(run: Run, groups: Family) -> tuple[RunWarning, ...]:
    """Collect the warnings of a run.

    Parameters
    ----------
    run : Run
        The run.
    groups : Family
        Its groups.

    Returns
    -------
    tuple of RunWarning
        Codes: ``missing_predictions``, ``missing_cells``, ``mixed_repeats``,
        ``one_reference_filler``, ``near_duplicate_templates``, ``fdr``, ``nothing_differed``,
        ``no_census_noise``, ``table_left_out``, ``gold_unused``, ``gold_label_unknown``.
    """
    found = [
        _missing(run),
        _unmeasured(run),
        _mixed_repeats(run),
        _one_filler(run),
        _duplicates(run),
        _fdr(run),
        _nothing_differed(run, groups),
        _census(run, groups),
        _gold(run),
        *_left_out(run, groups),
    ]
    return tuple(warning for warning in found if warning is not None)


def _gold(run: Run) -> RunWarning | None:
    """Say what of the gold labels is not used, or not as meant."""
    given = Counter(v.gold for v in run.table.variants if v.gold is not None)
    if not given:
        return None
    bad = run.outcome.unfavourable
    if not bad:
        named = ", ".join(repr(label) for label, _ in given.most_common(_SHOWN))
        message = (
            f"The texts have gold labels ({named}), which are not used: the task does not say "
            "which of them mean the bad end (`unfavourable:`)."
        )
        return RunWarning(code="gold_unused", message=message)
    known = {*bad, *run.answers.labels}
    strange = [label for label in given if label not in known]
    if not strange or (run.outcome.unit == "score" and given.keys() & set(bad)):
        return None
    message = (
        f"{sum(given[label] for label in strange)} texts have a gold label that the task does not "
        f"name ({', '.join(map(repr, sorted(strange)[:_SHOWN]))}); it counts as good."
    )
    return RunWarning(code="gold_label_unknown", message=message)


def _missing(run: Run) -> RunWarning | None:
    missing = int((~run.answers.answered).sum())
    if not missing:
        return None
    total = len(run.table.variants)
    message = f"{missing} of {total} sentences have no prediction; their cells are missing."
    return RunWarning(code="missing_predictions", message=message)


def _unmeasured(run: Run) -> RunWarning | None:
    lost = int((run.table.pairs.shape[1]) - run.cells.pairs.sum())
    if not lost:
        return None
    total = run.table.pairs.shape[1]
    message = (
        f"{lost} of {total} pairs have a side without any usable answer; they are no part of "
        "the gaps and count as unparsed."
    )
    return RunWarning(code="missing_cells", message=message)


def _mixed_repeats(run: Run) -> RunWarning | None:
    repeats = np.unique(run.answers.repeats[run.answers.answered])
    if repeats.size < 2:
        return None
    named = ", ".join("exact" if np.isinf(r) else str(int(r)) for r in repeats[:_SHOWN])
    message = f"Sentences were asked different numbers of times ({named}); each counts the same."
    return RunWarning(code="mixed_repeats", message=message)


def _one_filler(run: Run) -> RunWarning | None:
    if len(run.table.fillers) != 1:
        return None
    message = (
        "There is a single reference sentence per template: one odd answer moves every group at "
        "once. Three fillers or more make the same intervals with far fewer templates."
    )
    return RunWarning(code="one_reference_filler", message=message)


def _duplicates(run: Run) -> RunWarning | None:
    texts: dict[str, str] = {}
    rows, contexts, _ = run.table.references
    for row, context in zip(rows.tolist(), contexts.tolist(), strict=True):
        unit = run.table.units[run.table.unit_of_context[context]]
        texts.setdefault(unit, run.table.variants[row].text)
    pairs = near_duplicates(texts)
    if not pairs:
        return None
    message = (
        f"{len(pairs)} pairs of templates share at least three quarters of their words. Evidence "
        "counted twice makes intervals too narrow: give such templates one carrier."
    )
    where = "; ".join(f"{one} and {other}" for one, other in pairs[:_SHOWN])
    return RunWarning(code="near_duplicate_templates", message=message, where=where)


def _fdr(run: Run) -> RunWarning | None:
    if run.limits.correction != "bh":
        return None
    message = (
        "p-values are adjusted to control the false discovery rate (FDR): among the groups "
        "named, up to 1 in 20 may be named wrongly."
    )
    return RunWarning(code="fdr", message=message)


def _nothing_differed(run: Run, groups: Family) -> RunWarning | None:
    D = run.cells.template_gaps(groups.of_term, groups.size)
    present = ~np.isnan(D)
    still = present.any(axis=1) & (np.where(present, np.abs(D), 0.0).max(axis=1, initial=0) == 0)
    if not still.any():
        return None
    level = run.limits.confidence_level
    unseen = [worst_case_unseen(int(T), level) for T in present[still].sum(axis=1)]
    message = (
        f"Nothing differed for {int(still.sum())} of {groups.size} groups; at most "
        f"{max(unseen):.1%} of such templates could flip completely and not have been seen."
    )
    where = ", ".join(groups.subjects[index].id for index in np.flatnonzero(still)[:_SHOWN])
    return RunWarning(code="nothing_differed", message=message, where=where)


def _census(run: Run, groups: Family) -> RunWarning | None:
    if groups.estimand != "census" or not run.answers.drawn.any():
        return None
    message = (
        "Intervals are about exactly these prompts. Where repeats never varied, or there is one, "
        "no sampling noise was seen and there is no interval."
    )
    return RunWarning(code="no_census_noise", message=message)


def _left_out(run: Run, groups: Family) -> list[RunWarning]:
    warnings = []
    D = run.cells.template_gaps(groups.of_term, groups.size)
    if (~np.isnan(D)).sum() > MOST_TEMPLATE_ROWS:
        message = "The table of groups by template is too large to publish and was left out."
        warnings.append(RunWarning(code="table_left_out", message=message, where="strata"))
    if len(run.table.fillers) > MOST_FILLERS:
        message = f"Gaps against each of {len(run.table.fillers)} fillers alone were left out."
        where = "reference_sensitivity"
        warnings.append(RunWarning(code="table_left_out", message=message, where=where))
    return warnings
