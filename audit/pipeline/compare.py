"""Compare two runs: per group and term the difference of gaps, with its own paired interval."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from audit.exports import build_comparison
from audit.pipeline.attachments import COMPARISON, RESULTS, object_text, read_attachments
from audit.pipeline.baseline import check_results_schema, open_baseline
from audit.pipeline.changes import Changes
from audit.pipeline.comparable import (
    SharedSentences,
    deterministic,
    differences,
    same_probe,
    shared_sentences,
)
from audit.pipeline.conclude import Conclusions, conclude, ended
from audit.pipeline.folders import write_atomically
from audit.pipeline.header import Header
from audit.pipeline.limit_values import check_limits
from audit.pipeline.run import RunResult, write_conclusions
from audit.records import GroupChange, Limits, Outcome, Verdict
from audit.runlog import RunLog, read_run
from audit.statistics import answers_differ, same_answer_within
from audit.verdicts import exit_code_of, weightiest


@dataclass(frozen=True)
class RunComparison:
    """The judged differences of two runs, and what else is not the same in them.

    ``other_answers`` counts the shared sentences with another answer, where answers are not drawn;
    ``dropped`` counts for each group the sentences of the earlier run that the later one did not
    ask about, although it could have.
    """

    earlier: RunLog
    later: RunLog
    verdict: Verdict
    limits: Limits
    outcome: Outcome
    differs: tuple[Mapping[str, Any], ...]
    notes: tuple[str, ...]
    groups: tuple[GroupChange, ...]
    terms: tuple[GroupChange, ...]
    placebos: tuple[GroupChange, ...]
    references_changed: int | None
    other_answers: int | None
    dropped: Mapping[str, int]

    def exit_code(self, *, fail_on_concern: bool = False) -> int:
        """Return the exit status by the table of the user guide."""
        return exit_code_of(self.verdict, fail_on_concern=fail_on_concern)

    def published(self, *, fail_on_concern: bool = False) -> dict[str, Any]:
        """Return the ``comparison`` object of ``results.json``."""
        header = self.earlier.header
        finished = self.earlier.footer["finished"] if self.earlier.footer else None
        return build_comparison(
            earlier={
                "run_id": header["run_id"],
                "finished": finished,
                "model": header["spec"]["model"],
                "log_sha256": self.earlier.digest.hexdigest(),
            },
            verdict=self.verdict,
            exit_code=self.exit_code(fail_on_concern=fail_on_concern),
            limits=self.limits,
            differs=self.differs,
            notes=self.notes,
            groups=self.groups,
            terms=self.terms,
            placebos=self.placebos,
            references_changed=self.references_changed,
        )


def compare_runs(
    earlier: RunLog,
    later: RunLog,
    *,
    conclusions: Conclusions | None = None,
    tolerance: float | None = None,
) -> RunComparison:
    """Compare a run with an earlier one.

    Parameters
    ----------
    earlier, later : RunLog
        Two finished runs. They may differ in model, revision, adapter or prompt; what must be the
        same is the sentences, what the labels mean, and the temperature.
    conclusions : Conclusions, optional
        Of the later run, where they are known already.
    tolerance : float, optional
        Largest difference accepted, in the estimate's unit; default: the later run's limit.

    Returns
    -------
    RunComparison
        One row for each group of either run. A group whose sentences are not the same in both
        cannot be compared, and the row says why; so for each term. The verdict is ``gap`` where a
        group's gap grew beyond the limit; a gap that shrank is no finding.

    Raises
    ------
    RunLogError
        If one of the runs did not finish, or its log cannot be read.
    ConfigError
        If the tolerance would accept every difference.
    """
    ended(earlier)
    after = conclusions or conclude(later)
    headers = Header.of(earlier.header), Header.of(later.header)
    limits = after.limits
    if tolerance is not None:
        check_limits({"max_increase": tolerance}, after.outcome)
        limits = dataclasses.replace(limits, tolerance=tolerance)
    shared = shared_sentences(earlier, later)
    within = same_answer_within(earlier.predictions.values(), later.predictions.values())
    references, others = _answers_changed(earlier, later, shared, within)
    changes = Changes(
        earlier, later, headers, shared, after, limits,
        within=within, nothing_else_changed=references == 0,
    )  # fmt: skip
    rows = changes.groups()
    rounds = later.header.get("rounds") is not None  # those ask no more about what is decided
    return RunComparison(
        earlier=earlier,
        later=later,
        verdict=_verdict(rows),
        limits=limits,
        outcome=after.outcome,
        differs=tuple(differences(earlier, later)),
        notes=tuple(_notes(earlier, later, shared)),
        groups=tuple(rows),
        terms=tuple(changes.terms()),
        placebos=tuple(changes.placebos()),
        references_changed=references,
        other_answers=others,
        dropped={} if rounds else {row.id: shared.dropped_of(row.id) for row in rows},
    )


def attach_comparison(
    baseline: str | RunLog, run: str | Path, *, tolerance: float | None = None
) -> tuple[RunComparison, RunResult]:
    """Compare a run with an earlier one and put the comparison into its results and report.

    Parameters
    ----------
    baseline : str or RunLog
        The earlier run, or where it is, as `audit.pipeline.open_baseline` takes it.
    run : str or Path
        Folder of the later run. Where it was signed, nothing in it changes.
    tolerance : float, optional
        As in `compare_runs`.

    Returns
    -------
    RunComparison, RunResult
        The comparison, and the later run with it.

    Raises
    ------
    ConfigError, RunLogError, ResultsError
        If one of the runs cannot be read.
    """
    folder = Path(run) if Path(run).is_dir() else Path(run).parent
    check_results_schema(folder / RESULTS)
    later, attached = read_run(folder), read_attachments(folder)
    alone = dataclasses.replace(attached, comparison=None, signoff=None).conclude(later)
    earlier = open_baseline(baseline) if isinstance(baseline, str) else baseline
    comparison = compare_runs(earlier, later, conclusions=alone, tolerance=tolerance)
    published = comparison.published(fail_on_concern=attached.fail_on_concern)
    if attached.signoff is not None:
        return comparison, RunResult(folder, attached.conclude(later))
    conclusions = dataclasses.replace(attached, comparison=published).conclude(later)
    write_atomically(folder / COMPARISON, object_text(published))
    return comparison, write_conclusions(folder, conclusions, None)


def _verdict(groups: Sequence[GroupChange]) -> Verdict:
    """Judge the change as a whole: a gap that shrank is no finding."""
    return weightiest("no_gap" if row.change == "better" else row.verdict for row in groups)


def _answers_changed(
    earlier: RunLog, later: RunLog, shared: SharedSentences, within: float
) -> tuple[int, int] | tuple[None, None]:
    """Count reference sentences, and all, with another answer; ``None`` where answers are drawn."""
    if not (deterministic(earlier) and deterministic(later)):
        return None, None
    changed = [
        v.role
        for v in shared.variants
        if answers_differ(shared.earlier.get(v.id), later.predictions.get(v.id), within=within)
    ]
    return changed.count("reference"), len(changed)


def _notes(earlier: RunLog, later: RunLog, shared: SharedSentences) -> list[str]:
    """Return what is worth knowing about the comparison as a whole."""
    notes = []
    missing = sum(shared.missing.values())
    if same_probe(earlier, later):
        if missing:
            notes.append(
                f"{missing} sentences are in one of the runs only; the rest were compared."
            )
    elif not missing:
        notes.append("The probe files differ, but every sentence is the same in both runs.")
    first = earlier.footer["finished"] if earlier.footer else ""
    if first > later.header["started"]:
        notes.append("The earlier run finished after the later one had started.")
    if earlier.header["run_id"] == later.header["run_id"]:
        notes.append("Both are the same run, so that nothing could have changed.")
    scorings = {log.header["spec"]["scoring"] for log in (earlier, later)}
    if len(scorings) > 1:
        notes.append(f"One run has {' and the other '.join(sorted(scorings))} answers.")
    return notes
