"""Run an audit: probe set and classifier in, a run folder with its conclusions out."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from audit import __version__
from audit.classifiers import create_classifier
from audit.engines import LocalEngine
from audit.errors import ConfigError, ResultsError
from audit.pipeline.asking import ProgressCallback, ask
from audit.pipeline.attachments import POLICY, RESULTS, read_attachments
from audit.pipeline.conclude import Conclusions
from audit.pipeline.folders import (
    link_latest,
    new_run_folder,
    new_run_id,
    timestamp,
    utc_now,
    write_atomically,
)
from audit.pipeline.header_parts import (
    check_something_to_audit,
    probe_object,
    vocabulary_of,
)
from audit.pipeline.limit_values import check_limits
from audit.pipeline.redaction import Redactor, must_redact, names_of, unquoting
from audit.pipeline.rounds import RoundPlan, rounds_object, rounds_to_ask
from audit.probes import Expansion, expand, load_probe_set
from audit.protocols import Classifier, Engine
from audit.records import ClassifierOptions, ProbeSet, RunSpec, Variant
from audit.report import IndexEntry, render_index
from audit.runlog import FILE_NAME, RunLogWriter, read_run, spec_hash, to_json
from audit.statistics import outcome_of


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """What a caller may set besides the probe set and the model.

    ``sampling`` and ``limits`` override single fields of the probe set's. ``engine`` runs the
    requests; ``allow_partial`` draws conclusions from a run that failed on the way; ``author`` is
    who makes the run, and may not sign it. ``redact_text`` keeps hashes instead of texts (``None``:
    where the set or the target declares personal data). ``rounds`` is 3 or 5 to judge the run in
    sequential rounds and to ask no more about a group once it is decided. ``traffic`` is
    the share of all texts that mention each group, for the total review load.
    ``include_slurs`` asks about slurs too; they decide nothing and are masked where people read.
    """

    classifier: ClassifierOptions = field(default_factory=ClassifierOptions)
    sampling: Mapping[str, Any] = field(default_factory=dict)
    limits: Mapping[str, Any] = field(default_factory=dict)
    limit: int | None = None
    quick: bool = False
    include_slurs: bool = False
    rounds: int | None = None
    allow_partial: bool = False
    fail_on_concern: bool = False
    author: str | None = None
    redact_text: bool | None = None
    traffic: Mapping[str, float] = field(default_factory=dict)
    engine: Engine = field(default_factory=LocalEngine)


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
    probe_set = _with_overrides(load_probe_set(source), options)
    with unquoting(must_redact(probe_set, options.redact_text)):
        expansion = expand(
            probe_set,
            limit=options.limit,
            quick=options.quick,
            include_slurs=options.include_slurs,
        )
        check_something_to_audit(expansion.variants)
        settings = dataclasses.replace(options.classifier, sampling=probe_set.sampling)
        classifier = create_classifier(model, probe_set.task, settings, language=probe_set.language)
    outcome = outcome_of(probe_set.task, classifier.info.score_range)
    check_limits({"tolerance": probe_set.limits.tolerance}, outcome)
    redact = must_redact(probe_set, options.redact_text, classifier)
    redactor = Redactor(probe_set, expansion) if redact else None
    shown = expansion if redactor is None else redactor.expansion(expansion)
    header = {
        **_header(probe_set, shown, classifier, options),
        "vocabulary": vocabulary_of(classifier, expansion, probe_set.reference),
        "redacted": redactor is not None,
    }
    if resume is None:
        started = utc_now()
        run_id = new_run_id(probe_set.name, started)
        folder = new_run_folder(Path(output), run_id)
        times = {"run_id": run_id, "started": timestamp(started)}
        writer = RunLogWriter.create(folder / FILE_NAME, {**times, **header})
        waiting = expansion.variants
    else:
        folder = Path(resume)
        writer, waiting = _reopen(folder, header, expansion.variants, redactor)
    batches: Iterable[Sequence[Variant]] = [waiting]
    if (plan := RoundPlan.of(header)) is not None:
        batches = rounds_to_ask(plan, folder, expansion, shown, waiting)
    places = {variant.id: place for place, variant in enumerate(expansion.variants)}
    with writer, unquoting(redact):
        ask(
            writer, classifier, batches, engine=options.engine, places=places,
            allow_partial=options.allow_partial, redactor=redactor, progress=progress,
        )  # fmt: skip
    result = _finish(folder, options)
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


def _with_overrides(probe_set: ProbeSet, options: RunOptions) -> ProbeSet:
    """Apply the caller's sampling and limits over the probe set's."""
    sampling = {key: value for key, value in options.sampling.items() if value is not None}
    limits = {key: value for key, value in options.limits.items() if value is not None}
    return dataclasses.replace(
        probe_set,
        sampling=dataclasses.replace(probe_set.sampling, **sampling),
        limits=dataclasses.replace(probe_set.limits, **limits),
    )


def _header(
    probe_set: ProbeSet, expansion: Expansion, classifier: Classifier, options: RunOptions
) -> dict[str, Any]:
    """Collect everything that determines the run and everything the report needs besides."""
    info = classifier.info
    sampling = probe_set.sampling
    spec = RunSpec(
        model=info.model,
        revision=info.revision,
        fingerprint=info.fingerprint,
        probe_set=f"{probe_set.name} {probe_set.version}",
        probe_sha256=probe_set.sha256,
        task=probe_set.task,
        prompt_sha256=info.prompt_sha256,
        repeats=sampling.repeats,
        temperature=info.settings.get("temperature"),
        shot_orders=1,
        scoring=info.scoring,
        seed=sampling.seed,
        limit=options.limit,
        quick=options.quick,
        include_slurs=options.include_slurs,
        rounds=options.rounds,
        versions={"audit": __version__, **info.versions},
        settings=info.settings,
    )
    prompt = getattr(classifier, "prompt", None)
    return {
        "created_with": f"audit {__version__}",
        "author": options.author,
        "spec": to_json(spec),
        "spec_sha256": spec_hash(spec),
        "limits": to_json(probe_set.limits),
        "limits_sha256": spec_hash(probe_set.limits),
        "probe": probe_object(probe_set, expansion),
        "groups": to_json(expansion.groups),
        "placebos": to_json(probe_set.placebos),
        "fillers": to_json(probe_set.reference),
        "score_range": to_json(info.score_range),
        "demonstration": info.demonstration,
        "prompt": prompt("{text}") if prompt is not None else None,
        "not_tested": to_json(expansion.not_tested),
        "warnings": to_json(expansion.warnings),
        "n_requests": len(expansion.variants),
        "rounds": rounds_object(
            expansion.variants, options.rounds, sampling.seed, probe_set.limits.estimand
        ),
    }


def _reopen(
    folder: Path,
    header: Mapping[str, Any],
    variants: Sequence[Variant],
    redactor: Redactor | None,
) -> tuple[RunLogWriter, tuple[Variant, ...]]:
    """Continue an interrupted log if it belongs to the very same run."""
    log = read_run(folder)
    for name in ("spec", "limits"):
        if log.header[f"{name}_sha256"] != header[f"{name}_sha256"]:
            theirs, ours = log.header[name], header[name]
            different = sorted(key for key in ours if ours[key] != theirs.get(key))
            raise ConfigError(
                f"this is not the same run: {', '.join(different)} differ",
                where=folder.name,
                hint="resume with the model, probe set and options of the first call",
            )
    if log.header.get("redacted", False) != header["redacted"]:
        raise ConfigError(
            "one part of the run would hold texts and the other hashes",
            where=folder.name,
            hint="resume with --redact-text or --keep-text as in the first call",
        )
    done, names = log.predictions, names_of(redactor, variants)
    return RunLogWriter.reopen(log), tuple(v for v in variants if names[v.id] not in done)


def _finish(
    folder: Path, options: RunOptions, limits: Mapping[str, Any] | None = None
) -> RunResult:
    """Compute the conclusions from the log and write them into the run folder."""
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
