"""The left half of a run: from a probe set and a target to a log with every answer."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from functools import partial
from pathlib import Path
from typing import Any

from audit import __version__
from audit.classifiers import create_classifier
from audit.errors import ConfigError
from audit.pipeline.asking import Notices, OtherPrompt, ProgressCallback, ask
from audit.pipeline.calibrating import ask_content_free, check_calibration
from audit.pipeline.folders import new_run_folder, new_run_id, timestamp, utc_now
from audit.pipeline.header_parts import (
    check_something_to_audit,
    probe_object,
    vocabulary_of,
)
from audit.pipeline.limit_values import check_limits
from audit.pipeline.options_asked import options_asked
from audit.pipeline.redaction import Redactor, must_redact, names_of, unquoting
from audit.pipeline.resource_limits import Deadline
from audit.pipeline.rounds import RoundPlan, rounds_object, rounds_to_ask
from audit.pipeline.run_options import RunOptions
from audit.pipeline.shots import prompts_of, shot_design, shot_orders, shots_object, with_shots_of
from audit.probes import Expansion, expand, load_probe_set
from audit.protocols import Classifier
from audit.records import ProbeSet, RunSpec, ShotOrder, Variant
from audit.records.making import records_stay
from audit.runlog import FILE_NAME, RunLog, RunLogWriter, read_run, spec_hash, to_json
from audit.statistics import outcome_of


def collect_answers(
    source: str | Path,
    model: str | None,
    *,
    output: str | Path,
    options: RunOptions,
    resume: str | Path | None,
    progress: ProgressCallback | None,
) -> Path:
    """Ask the target about the probe set, or its shard; parameters as of `run_audit`.

    Returns
    -------
    Path
        The run folder, whose log is complete, or partial where the options allow that.

    Raises
    ------
    AuditError
        As `run_audit`. Nothing is written before classifier and probes have loaded.
    """
    deadline = Deadline(options.time_limit)
    probe_set = _with_overrides(load_probe_set(source), options)
    with unquoting(must_redact(probe_set, options.redact_text)):
        expansion = expand(
            probe_set,
            limit=options.limit,
            quick=options.quick,
            include_slurs=options.include_slurs,
        )
        check_something_to_audit(expansion.variants)
        orders = shot_orders(probe_set.task, options.shots, seed=probe_set.sampling.seed)
        task = with_shots_of(probe_set.task, orders[0], options.shots.separator)
        probe_set = dataclasses.replace(probe_set, task=task)
        settings = dataclasses.replace(options.classifier, sampling=probe_set.sampling)
        load = partial(create_classifier, model, options=settings, language=probe_set.language)
        classifier = load(task=probe_set.task)
        others = prompts_of(classifier, orders, options.shots)
    _check_prompts(classifier, others, options)
    outcome = outcome_of(probe_set.task, classifier.info.score_range)
    check_limits({"tolerance": probe_set.limits.tolerance}, outcome)
    redact = must_redact(probe_set, options.redact_text, classifier)
    redactor = Redactor(probe_set, expansion) if redact else None
    shown = expansion if redactor is None else redactor.expansion(expansion)
    header = {
        **_header(probe_set, shown, classifier, options, orders),
        "shot_orders": shots_object(orders, classifier, others),
        "vocabulary": vocabulary_of(classifier, expansion, probe_set.reference),
        "redacted": redactor is not None,
    }
    shard = options.shard
    asked = expansion.variants if shard is None else tuple(filter(shard.holds, expansion.variants))
    notices = Notices(options.notice)
    if resume is None:
        started = utc_now()
        name = probe_set.name if shard is None else f"{probe_set.name} {shard.number} of {shard.of}"
        run_id = new_run_id(name, started)
        folder = new_run_folder(Path(output), run_id)
        times = {"run_id": run_id, "started": timestamp(started)}
        writer = RunLogWriter.create(folder / FILE_NAME, {**times, **header})
        done: dict[str | None, Set[str]] = dict.fromkeys([None, *others], frozenset())
        leaning: Collection[str] = ()
    else:
        folder = Path(resume)
        log = _log_to_resume(folder, header)
        if log.footer is not None and log.footer.get("status") == "complete":
            return folder  # only what follows from the log can be missing
        names = names_of(redactor, asked)
        done = _answered(log, asked, names, others)
        leaning = log.content_free
        if log.torn:
            notices.say("The log ended in an incomplete line; it was cut off and is asked again.")
        writer = RunLogWriter.reopen(log)
    batches: Iterable[Sequence[Variant]] = [asked]
    if (plan := RoundPlan.of(header)) is not None:
        batches = rounds_to_ask(plan, folder, expansion, shown, asked)
    with writer, unquoting(redact), records_stay():
        if options.calibrate:
            prompts = {orders[0].id: classifier, **others}
            ask_content_free(writer, {n: p for n, p in prompts.items() if n not in leaning})
        ask(
            writer, classifier, batches, load=partial(load, task=probe_set.task),
            others=[
                OtherPrompt(
                    order.id, others[order.id], asked, done[order.id],
                    partial(load, task=with_shots_of(probe_set.task, order)),
                )
                for order in orders[1:]
            ],
            engine=options.engine, whole=expansion.variants, total=len(asked) * len(orders),
            done=done[None], deadline=deadline, allow_partial=options.allow_partial,
            redactor=redactor, progress=progress, notices=notices,
        )  # fmt: skip
    return folder


def _check_prompts(
    classifier: Classifier, others: Mapping[str, Classifier], options: RunOptions
) -> None:
    """Refuse other prompts and calibration where they mean nothing."""
    if options.rounds and (others or options.calibrate):
        raise ConfigError("rounds judge one prompt, as it is", where="--rounds")
    if options.calibrate:
        check_calibration(classifier)


def _answered(
    log: RunLog, asked: Sequence[Variant], names: Mapping[str, str], others: Iterable[str]
) -> dict[str | None, Set[str]]:
    """Return the sentences that a log has answers to, by prompt; ``None`` is the first."""
    logged: dict[str | None, Mapping[str, Any]] = {None: log.predictions}
    logged.update({name: log.other_orders.get(name, {}) for name in others})
    return {
        order: {variant.id for variant in asked if names[variant.id] in answers}
        for order, answers in logged.items()
    }


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
    probe_set: ProbeSet,
    expansion: Expansion,
    classifier: Classifier,
    options: RunOptions,
    orders: Sequence[ShotOrder],
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
        shot_orders=len(orders),
        scoring=info.scoring,
        seed=sampling.seed,
        limit=options.limit,
        quick=options.quick,
        include_slurs=options.include_slurs,
        rounds=options.rounds,
        shot_design=shot_design(orders, options.shots),
        calibrate=options.calibrate,
        options=options_asked(options.classifier),
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
        "n_requests": len(expansion.variants) * len(orders),
        "rounds": rounds_object(
            expansion.variants, options.rounds, sampling.seed, probe_set.limits.estimand
        ),
        "shard": None if options.shard is None else str(options.shard),
    }


def _log_to_resume(folder: Path, header: Mapping[str, Any]) -> RunLog:
    """Read an interrupted log if it is of the very same run."""
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
    if log.header.get("shard") != header["shard"]:
        raise ConfigError(
            f"this is {_part(log.header)} of the run, and {_part(header)} is asked for",
            where=folder.name,
            hint="resume with --shard as in the first call",
        )
    return log


def _part(header: Mapping[str, Any]) -> str:
    """Name the part of a run that a header is about."""
    shard = header.get("shard")
    return "the whole" if shard is None else f"shard {shard}"
