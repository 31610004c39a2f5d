"""Run an audit: probe set and classifier in, a run folder with its conclusions out."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from audit.errors import ConfigError, ResultsError
from audit.pipeline.answering import collect_answers
from audit.pipeline.asking import ProgressCallback
from audit.pipeline.attachments import POLICY, RESULTS, read_attachments
from audit.pipeline.conclude import Conclusions
from audit.pipeline.folders import link_latest, write_atomically
from audit.pipeline.resource_limits import memory_limit
from audit.pipeline.run_options import RunOptions
from audit.pipeline.shards import merge_shards
from audit.records.making import without_collection
from audit.report import IndexEntry, render_index
from audit.runlog import read_run


@dataclass(frozen=True, slots=True)
class RunResult:
    """A finished run: its folder and what follows from its log."""

    folder: Path
    conclusions: Conclusions

    @property
    def results(self) -> dict[str, Any]:
        """The content of ``results.json``."""
        return self.conclusions.results

    @property
    def exit_code(self) -> int:
        """Exit status the results stand for."""
        return int(self.results["exit_code"])

    def _repr_html_(self) -> str:
        """Show the report in a notebook, in a frame of its own."""
        return self.conclusions.report._repr_html_()


def run_audit(
    source: str | Path,
    model: str | None = None,
    *,
    output: str | Path = "reports",
    options: RunOptions | None = None,
    resume: str | Path | None = None,
    progress: ProgressCallback | None = None,
) -> RunResult:
    """Audit a classifier with a probe set.

    Parameters
    ----------
    source : str or Path
        A probe file, or the name of a shipped set such as ``"disability"``.
    model : str, optional
        What to audit, ``SCHEME:LOCATOR``; default: the bundled reference model.
    output : str or Path
        Folder in which the run folder is made.
    resume : str or Path, optional
        Folder of an interrupted run to continue; source, model and options must be the same.
    progress : callable, optional
        Called with (sentences answered, sentences in all) after every batch.

    Returns
    -------
    RunResult
        Folder, results and report. Nothing is written before classifier and probes have loaded.

    Raises
    ------
    ProbeError, ConfigError, ClassifierError, NothingToAuditError, RunLogError, ResultsError
        Each says what, where and what to do. A failure on the way leaves a resumable log.
    """
    options = options or RunOptions()
    if options.shard is not None:
        raise ConfigError("a shard has no results of its own", hint="use run_shard, then merge")
    with memory_limit(options.max_memory):
        folder = collect_answers(
            source, model, output=output, options=options, resume=resume, progress=progress
        )
        result = _finish(folder, options)
    link_latest(folder)
    return result


def run_shard(
    source: str | Path,
    model: str | None = None,
    *,
    output: str | Path = "reports",
    options: RunOptions,
    resume: str | Path | None = None,
    progress: ProgressCallback | None = None,
) -> Path:
    """Ask one shard of a run and return its folder; parameters as of `run_audit`.

    A shard has a log and nothing else: `merge_runs` makes a run of all shards.

    Raises
    ------
    ConfigError
        If the options name no shard, or rounds, which are judged over the whole run.
    AuditError
        As `run_audit`.
    """
    if options.shard is None or options.rounds is not None:
        raise ConfigError(
            "rounds are judged over the whole run" if options.shard else "no shard is named",
            where="--shard",
            hint="run shards without --rounds",
        )
    with memory_limit(options.max_memory):
        return collect_answers(
            source, model, output=output, options=options, resume=resume, progress=progress
        )


def merge_runs(
    shards: Sequence[str | Path],
    *,
    output: str | Path = "reports",
    allow_partial: bool = False,
    fail_on_concern: bool = False,
) -> RunResult:
    """Merge the shards of one run: results equal to those of a run that was never cut.

    Parameters
    ----------
    shards : sequence of str or Path
        Run folders of the shards, in any order.
    output : str or Path
        Folder in which the merged run's folder is made.
    allow_partial : bool
        Draw conclusions from the shards that there are.
    fail_on_concern : bool
        Exit 1 for ``concern`` too.

    Raises
    ------
    RunLogError
        If the shards are not of one run, or one is damaged, missing, unfinished or given twice.
    """
    folder = merge_shards(shards, output, allow_partial=allow_partial)
    result = _finish(folder, RunOptions(fail_on_concern=fail_on_concern))
    link_latest(folder)
    return result


def report_run(
    run: str | Path,
    *,
    fail_on_concern: bool = False,
    limits: Mapping[str, Any] | None = None,
    traffic: Mapping[str, float] | None = None,
) -> RunResult:
    """Compute results and report of a run again, from its log alone.

    Parameters
    ----------
    run : str or Path
        The run folder, or a file in it.
    fail_on_concern : bool
        Exit 1 for ``concern`` too.
    limits : mapping, optional
        ``tolerance``, ``confidence_level``, ``correction``, ``estimand`` or ``strict_pass`` to use
        instead of those fixed before the run; results and report then show both.
    traffic : mapping of group id to float, optional
        As in `RunOptions`; default: what the run's results were computed with.

    Returns
    -------
    RunResult
        With the comparison and the sign-off that the folder holds.

    Raises
    ------
    RunLogError
        If the log is missing, damaged or edited, or the run never finished.
    ResultsError
        If the run was signed and its results would change.
    """
    folder = Path(run) if Path(run).is_dir() else Path(run).parent
    options = RunOptions(fail_on_concern=fail_on_concern, traffic=traffic or {})
    return _finish(folder, options, limits)


def _finish(
    folder: Path, options: RunOptions, limits: Mapping[str, Any] | None = None
) -> RunResult:
    """Compute the conclusions from the log and write them into the run folder."""
    with without_collection():
        return _concluded(folder, options, limits)


def _concluded(folder: Path, options: RunOptions, limits: Mapping[str, Any] | None) -> RunResult:
    log = read_run(folder)
    given = {key: value for key, value in (limits or {}).items() if value is not None}
    attached = read_attachments(folder)
    attached = dataclasses.replace(
        attached,
        limits=given,
        fail_on_concern=options.fail_on_concern,
        traffic=dict(options.traffic) or attached.traffic,
    )
    return write_conclusions(folder, attached.conclude(log), attached.signoff)


def write_conclusions(
    folder: Path, conclusions: Conclusions, signoff: Mapping[str, Any] | None
) -> RunResult:
    """Write results, policy and report of a run; what was signed does not change.

    Raises
    ------
    ResultsError
        If the run was signed and its results would change, or a file cannot be written.
    """
    files = conclusions.files()
    if signoff is not None:
        check_unchanged(folder, files[RESULTS], signoff)
        del files[POLICY]
    for name, text in files.items():
        write_atomically(folder / name, text)
    return RunResult(folder, conclusions)


def check_unchanged(folder: Path, results: str, signoff: Mapping[str, Any]) -> None:
    """Refuse to give a signed run other results.

    Raises
    ------
    ResultsError
        If they would not be the ones that were signed.
    """
    signed = signoff["record"]["files"][RESULTS]
    if hashlib.sha256(results.encode()).hexdigest() != signed:
        raise ResultsError(
            "the run is signed, and its results would change",
            where=folder.resolve().name,
            hint="make a new run, or copy run.jsonl to another folder and report that",
        )


def write_index(output: str | Path, results: Sequence[RunResult]) -> Path:
    """Write one page over several runs into the folder that holds them, and return its path."""
    entries = [
        IndexEntry(
            href=f"{result.folder.name}/index.html",
            report=result.conclusions.report,
        )
        for result in results
    ]
    path = Path(output) / "index.html"
    write_atomically(path, render_index(entries))
    return path
