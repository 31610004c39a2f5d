"""Compare two runs: per group and term the difference of gaps, with its own paired interval."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from audit.exports import build_comparison
from audit.pipeline.attachments import COMPARISON, RESULTS, object_text, read_attachments
from audit.pipeline.baseline import check_results_schema, open_baseline
from audit.pipeline.comparable import (
    SharedSentences,
    deterministic,
    differences,
    obstacle,
    same_probe,
    shared_sentences,
)
from audit.pipeline.conclude import Conclusions, conclude, ended
from audit.pipeline.folders import write_atomically
from audit.pipeline.header import Header
from audit.pipeline.run import RunResult, write_conclusions
from audit.records import (
    Finding,
    GapDifference,
    Group,
    GroupChange,
    Limits,
    Outcome,
    Verdict,
)
from audit.runlog import RunLog, read_run
from audit.statistics import GapDifferences, answers_differ, compare_gaps
from audit.verdicts import change_of, exit_code_of, judge, weightiest

_NOTHING = GapDifferences((), (), ())
NOT_BEFORE = "not in the earlier run"
NOT_NOW = "not in the later run"
NO_PAIR = "the two runs measured no pair in common"


@dataclass(frozen=True)
class RunComparison:
    """The judged differences of two runs, and what else is not the same in them."""

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
        cannot be compared; the row says why. The verdict is ``gap`` where a gap grew beyond the
        limit; a gap that shrank is no finding.

    Raises
    ------
    RunLogError
        If one of the runs did not finish, or its log cannot be read.
    """
    ended(earlier)
    after = conclusions or conclude(later)
    headers = Header.of(earlier.header), Header.of(later.header)
    limits = after.limits
    if tolerance is not None:
        limits = dataclasses.replace(limits, tolerance=tolerance)
    shared = shared_sentences(earlier, later)
    blocked = _blocked_groups(earlier, later, headers, shared)
    compared = [v for v in shared.variants if v.group not in blocked and not v.apart]
    groups = [group for group in headers[1].groups if group.id not in blocked]
    found = _NOTHING
    if groups:
        found = compare_gaps(
            compared,
            {v.id: shared.earlier[v.id] for v in compared},
            {v.id: later.predictions[v.id] for v in compared},
            groups=groups,
            placebos=headers[1].placebos,
            outcome=after.outcome,
            limits=limits,
            rng=np.random.default_rng(later.header["spec"]["seed"]),
        )
    references = _references_changed(earlier, later, shared)
    judged = _Judge(limits, after.outcome, nothing_else_changed=references == 0)
    own = {finding.gap.id: finding for finding in after.findings}
    known = {variant.group for variant in earlier.variants}
    rows = [
        _new(group, own[group.id])
        if group.id not in known
        else judged.row(group, found.groups, blocked.get(group.id))
        for group in headers[1].groups
    ]
    rows += [
        GroupChange(id=g.id, label=g.label, group=None, change="cannot_compare", why=NOT_NOW)
        for g in headers[0].groups
        if g.id not in own
    ]
    return RunComparison(
        earlier=earlier,
        later=later,
        verdict=_verdict(rows),
        limits=limits,
        outcome=after.outcome,
        differs=tuple(differences(earlier, later)),
        notes=tuple(_notes(earlier, later, shared)),
        groups=tuple(rows),
        terms=tuple(judged.rows(found.terms)),
        placebos=tuple(judged.rows(found.placebos)),
        references_changed=references,
    )


def attach_comparison(
    baseline: str, run: str | Path, *, tolerance: float | None = None
) -> tuple[RunComparison, RunResult]:
    """Compare a run with an earlier one and put the comparison into its results and report.

    Parameters
    ----------
    baseline : str
        The earlier run, as `audit.pipeline.open_baseline` takes it.
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
    comparison = compare_runs(
        open_baseline(baseline), later, conclusions=alone, tolerance=tolerance
    )
    published = comparison.published(fail_on_concern=attached.fail_on_concern)
    if attached.signoff is not None:
        return comparison, RunResult(folder, attached.conclude(later))
    conclusions = dataclasses.replace(attached, comparison=published).conclude(later)
    write_atomically(folder / COMPARISON, object_text(published))
    return comparison, write_conclusions(folder, conclusions, None)


def _blocked_groups(
    earlier: RunLog, later: RunLog, headers: tuple[Header, Header], shared: SharedSentences
) -> dict[str, str]:
    """Return the groups that cannot be compared, and why."""
    names = [group.id for group in headers[1].groups]
    why = obstacle(earlier, later, (headers[0].task, headers[1].task))
    if why is not None:
        return dict.fromkeys(names, why)
    if same_probe(earlier, later):
        return {}
    references = shared.missing.get(None, 0)
    return {
        name: f"another probe set: {count} of its sentences are not the same in both runs"
        for name in names
        if (count := shared.missing.get(name, 0) + references)
    }


@dataclass(frozen=True)
class _Judge:
    """Turns estimated differences into judged ones.

    ``nothing_else_changed``: answers are not drawn and the reference's are those of before, so that
    a group with the same answers has the same gap, however few templates there are.
    """

    limits: Limits
    outcome: Outcome
    nothing_else_changed: bool

    def row(self, group: Group, found: Sequence[GapDifference], blocked: str | None) -> GroupChange:
        """Return one group's row; one that cannot be compared says why."""
        difference = next((item for item in found if item.gap.id == group.id), None)
        if blocked or difference is None or difference.gap.interval is None:
            return GroupChange(
                id=group.id,
                label=group.label,
                group=None,
                change="cannot_compare",
                why=blocked or NO_PAIR,
            )
        return self._judged(difference)

    def rows(self, found: Sequence[GapDifference]) -> list[GroupChange]:
        """Return the rows of terms or placebos."""
        return [self._judged(difference) for difference in found]

    def _judged(self, difference: GapDifference) -> GroupChange:
        finding = judge([difference.gap], self.limits, self.outcome)[0]
        if self.nothing_else_changed and not difference.answers_changed:
            finding = dataclasses.replace(finding, verdict="no_gap", reason=None)
        change = change_of(finding, difference.earlier, difference.later, self.limits)
        gap = difference.gap
        return GroupChange(
            id=gap.id,
            label=gap.label,
            group=gap.group,
            change=change,
            difference=difference,
            finding=finding,
            why=_caveat(change, finding),
        )


def _caveat(change: str, finding: Finding) -> str | None:
    """Say what a reader of one row must not overlook."""
    if change == "cannot_compare":
        return NO_PAIR
    if finding.verdict != "not_enough_evidence":
        return None
    if finding.reason in {"refusals", "unresolved"}:
        return "not enough evidence: it depends on what the answers without a label would have been"
    if finding.reason == "design":
        return f"not enough evidence: {finding.gap.n_templates} templates are in both runs"
    return "not enough evidence: the interval reaches beyond the limit"


def _new(group: Group, own: Finding) -> GroupChange:
    """Return the row of a group that only the later run has; it stands on its own finding."""
    return GroupChange(
        id=group.id, label=group.label, group=None, change="new", finding=own, why=NOT_BEFORE
    )


def _verdict(groups: Sequence[GroupChange]) -> Verdict:
    """Judge the change as a whole: a gap that shrank is no finding."""
    return weightiest("no_gap" if row.change == "better" else row.verdict for row in groups)


def _references_changed(earlier: RunLog, later: RunLog, shared: SharedSentences) -> int | None:
    """Count reference sentences with another answer; ``None`` where answers are drawn."""
    if not (deterministic(earlier) and deterministic(later)):
        return None
    return sum(
        answers_differ(shared.earlier.get(v.id), later.predictions.get(v.id))
        for v in shared.variants
        if v.role == "reference"
    )


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
    scorings = {log.header["spec"]["scoring"] for log in (earlier, later)}
    if len(scorings) > 1:
        notes.append(f"One run has {' and the other '.join(sorted(scorings))} answers.")
    return notes
