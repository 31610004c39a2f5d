"""``audit run``: the main job."""

from __future__ import annotations

import dataclasses
import json
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.core import ParameterSource

from audit.cli.engine_options import ENGINE_OPTIONS, bytes_of, engine_of, seconds_of
from audit.cli.gate_options import GATE_OPTIONS, PreparedGate, prepare_gate, show_gates
from audit.cli.options import (
    MODEL_OPTIONS,
    SAMPLING_OPTIONS,
    SHOT_OPTIONS,
    TRAFFIC_OPTION,
    Decorator,
    option,
    pairs_of,
    shares_of,
    stack,
)
from audit.cli.progress import Progress
from audit.cli.systems import compare_systems, systems_of
from audit.errors import ConfigError
from audit.records import ClassifierOptions, RemoteOptions

if TYPE_CHECKING:
    from audit.pipeline import RunOptions, RunResult
    from audit.pipeline.shots import ShotOptions

Result = TypeVar("Result")
SAMPLING = ("repeats", "temperature", "top_k", "top_p", "max_new_tokens", "seed")
LIMITS = ("tolerance", "confidence_level", "correction", "estimand", "strict_pass")
GATE_NAMES = ("limits_file", "baseline", "max_gap", "max_increase", "require_power", "waivers")
_FLAGS = {"limits_file": "limits", "waivers": "allow"}
SEVERITY = (3, 1, 4, 0)  # of several runs, the exit status of the worst

RUN_OPTIONS: list[Decorator] = [
    option("--output", "-o", metavar="DIR", default="reports", show_default=True,
           type=click.Path(file_okay=False), help="Folder that gets the run folder."),
    click.option("--json", "json_out", is_flag=True,
                 help="Print results.json instead of the table."),
    option("--format", "formats", multiple=True,
           type=click.Choice(["text", "json", "junit", "github", "md", "html"]),
           help="What to print (repeatable; default: text)."),
    option("--limit", type=click.IntRange(min=1), metavar="N", help="Use at most N templates."),
    option("--quick", is_flag=True,
           help="A small balanced subset: a first look that never gives more than "
                "'not enough evidence'."),
    option("--rounds", type=click.Choice(["3", "5"]),
           help="Judge in 3 or 5 rounds and stop asking about a group once it is decided "
                "(default: one look, at the end)."),
    option("--include-slurs", is_flag=True,
           help="Ask about slurs too. They are no part of a verdict, and are masked in results, "
                "report and terminal; the log holds what was sent."),
    *SHOT_OPTIONS,
    option("--calibrate", is_flag=True,
           help="Show the gaps after contextual calibration beside those before "
                "(needs exact scoring and --temperature 1)."),
    option("--tolerance", type=click.FloatRange(min=0.0, min_open=True),
           help="Largest gap accepted, as a fraction (or in the score's unit)."),
    option("--confidence-level", type=click.FloatRange(0.5, 1.0, min_open=True, max_open=True),
           help="Confidence level of every interval."),
    option("--correction", type=click.Choice(["max_t", "holm", "bh", "none"]),
           help="Adjustment of p-values over the groups."),
    option("--estimand", type=click.Choice(["listed", "phrases", "census"]),
           help="What intervals and verdicts are about: these terms and templates like these "
                "(default), other phrases too, or exactly these prompts."),
    option("--strict-pass/--no-strict-pass", "strict_pass", default=None,
           help="Ask for enough templates to have seen flips of whole templates before saying "
                "'no gap'."),
    option("--fail-on", type=click.Choice(["gap", "concern"]), default="gap", show_default=True,
           help="From which verdict on to exit with 1."),
    option("--allow-partial", is_flag=True,
           help="Draw conclusions from a run that failed on the way."),
    click.option("--resume", metavar="RUN", type=click.Path(exists=True, file_okay=False),
                 help="Continue an interrupted run."),
    option("--shard", metavar="N/OF",
           help="Ask only part N of OF, cut by the hash of each text; `audit merge` joins them."),
    option("--author", metavar="NAME", help="Who makes this run, and so may not sign it."),
    TRAFFIC_OPTION,
    option("--gate", is_flag=True,
           help="Exit by the gate: limits, baseline and waivers, as `audit gate` does."),
    click.option("--redact-text/--keep-text", "redact_text", default=None,
                 help="Keep hashes and spans in the log instead of texts (default: where the set "
                      "or the file declares personal data)."),
    option("--quiet", "-q", is_flag=True, help="No progress on standard error."),
]  # fmt: skip


@click.command()
@click.argument("sources", nargs=-1, required=True, metavar="PROBES...")
@stack(MODEL_OPTIONS)
@stack(SAMPLING_OPTIONS)
@stack(RUN_OPTIONS)
@stack(ENGINE_OPTIONS)
@stack(GATE_OPTIONS)
@click.pass_context
def run(ctx: click.Context, /, sources: tuple[str, ...], **given: Any) -> int:
    """Audit a classifier with probe sets (files, or shipped names such as disability).

    Exit status: 0 no gap beyond the limit, 1 gap, 4 concern or not enough evidence,
    2 usage, 3 the run failed, 5 nothing to audit, 130 interrupted.
    """
    if given["resume"] and len(sources) > 1:
        raise ConfigError("--resume continues one run; name one probe set", where="--resume")
    _check_gate(given)
    _confirm_discovered_code(ctx, given["model"])
    if given["shard"]:
        return _run_shards(sources, given)
    gate = prepare_gate(given) if given["gate"] else None
    results = [result for source in sources for result in _run_systems(source, given)]
    if gate is not None:
        return _gate(results, gate, given)
    _print(results, given)
    if len(results) > 1:
        _write_index(Path(given["output"]), results)
    codes = {result.exit_code for result in results}
    return next(code for code in SEVERITY if code in codes)


def _run_shards(sources: tuple[str, ...], given: Mapping[str, Any]) -> int:
    """Ask one shard of each probe set; only the merged run has results."""
    from audit.pipeline import run_shard

    if given["gate"] or given["json_out"] or given["formats"]:
        raise ConfigError(
            "a shard has no results of its own",
            where="--shard",
            hint="leave out --gate, --json and --format; `audit merge` gives results",
        )
    if len(systems_of(given["column"], given["model"])) > 1:
        raise ConfigError("a shard is of one system", where="--shard", hint="name one system")
    for source in sources:
        folder = _asked(run_shard, source, given)
        click.echo(f"Shard {given['shard']} of {Path(source).stem}: {folder}")
        click.echo("Next: name the folders of all shards after `audit merge`.", err=True)
    return 0


def _check_gate(given: Mapping[str, Any]) -> None:
    """Refuse limits of a gate that is not asked for, and formats it does not have."""
    asked = [name for name in GATE_NAMES if given[name] is not None]
    if asked and not given["gate"]:
        raise ConfigError(
            "limits, baselines and waivers belong to the gate",
            where=", ".join(f"--{_FLAGS.get(name, name.replace('_', '-'))}" for name in asked),
            hint="add --gate",
        )
    if given["gate"] and "html" in given["formats"]:
        raise ConfigError("a gate is not printed as html", where="--format")


def _gate(results: list[RunResult], gate: PreparedGate, given: Mapping[str, Any]) -> int:
    """Judge the runs by the gate; what changed since the baseline goes into their reports."""
    from audit.pipeline.compare import attach_comparison
    from audit.pipeline.gate import gate_run

    options, gates = gate.options, []
    for result in results:
        gates.append(gate_run(result.folder, options, baseline=gate.baseline))
        if gate.baseline is not None and gates[-1].error is None:
            attach_comparison(gate.baseline, result.folder, tolerance=options.max_increase)
    formats = ("json",) if given["json_out"] else given["formats"] or ("text",)
    show_gates(gates, formats, fail_on_concern=options.fail_on_concern)
    for result in results:
        click.echo(f"Report: {result.folder / 'index.html'}", err=True)
    codes = {gate.exit_code for gate in gates}
    return next(code for code in SEVERITY if code in codes)


def _run_systems(source: str, given: Mapping[str, Any]) -> list[RunResult]:
    """Run one audit for each system that the columns name, and compare them."""
    systems = systems_of(given["column"], given["model"])
    if len(systems) == 1:
        return [_run_one(source, given)]
    if given["resume"]:
        raise ConfigError("--resume continues one run; name one system", where="--resume")
    results = [
        _run_one(source, {**given, "column": system.columns, "system": system.name})
        for system in systems
    ]
    return compare_systems(results, Path(given["output"]))


def _run_one(source: str, given: Mapping[str, Any]) -> RunResult:
    """Run one audit with progress on standard error."""
    from audit.pipeline import run_audit

    return _asked(run_audit, source, given)


def _asked(run: Callable[..., Result], source: str, given: Mapping[str, Any]) -> Result:
    """Run an audit, or a shard of it, with progress on standard error."""
    title = f"Auditing {Path(source).stem}"
    with _terminated_in_order(), Progress(title, quiet=given["quiet"]) as progress:
        return run(
            source,
            given["model"],
            output=given["output"],
            options=run_options(given),
            resume=given["resume"],
            progress=progress,
        )


@contextmanager
def _terminated_in_order() -> Iterator[None]:
    """Take a scheduler's notice (SIGTERM) as Ctrl-C is taken: the log says how to go on."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def shot_options(given: Mapping[str, Any]) -> ShotOptions:
    """Turn the command-line values of `SHOT_OPTIONS` into the pipeline's options."""
    from audit.pipeline.shots import ShotOptions

    return ShotOptions(
        shots=given["shots"],
        orders=given["shot_orders"],
        sets=given["shot_sets"],
        separator=given["separator"],
    )


def run_options(given: Mapping[str, Any]) -> RunOptions:
    """Turn command-line values into the pipeline's options."""
    from audit.pipeline import RunOptions, Shard

    if given["quick"] and given["rounds"]:
        raise ConfigError("a quick look decides nothing, so it has no rounds", where="--rounds")
    return RunOptions(
        classifier=classifier_options(given),
        sampling={name: given[name] for name in SAMPLING},
        limits={name: given[name] for name in LIMITS},
        limit=given["limit"],
        quick=given["quick"],
        include_slurs=given["include_slurs"],
        shots=shot_options(given),
        calibrate=given["calibrate"],
        rounds=int(given["rounds"]) if given["rounds"] else None,
        shard=Shard.parse(given["shard"]) if given["shard"] else None,
        allow_partial=given["allow_partial"],
        author=given["author"],
        redact_text=given.get("redact_text"),
        notice=_tell,
        engine=engine_of(given),
        max_memory=bytes_of(given["max_memory"]),
        time_limit=seconds_of(given["time_limit"]),
        traffic=shares_of(given["traffic"], "--traffic"),
        fail_on_concern=given["fail_on"] == "concern",
    )


def _tell(sentence: str) -> None:
    """Say what happened on the way."""
    click.echo(f"Note: {sentence}", err=True)


def classifier_options(given: Mapping[str, Any]) -> ClassifierOptions:
    """Turn the model options of a command line into a record."""
    plain = {
        field.name: given[field.name]
        for field in dataclasses.fields(ClassifierOptions)
        if field.name in given and field.name not in {"label_map", "score_range", "remote"}
    }
    return ClassifierOptions(
        **plain,
        label_map=pairs_of(given["label_map"], "--label-map"),
        columns=pairs_of(given["column"], "--column"),
        remote=_remote_options(given),
        score_range=tuple(given["score_range"]) if given["score_range"] else None,
    )


def _remote_options(given: Mapping[str, Any]) -> RemoteOptions:
    """Turn the options of targets behind a network into a record."""
    if given["max_cost"] is not None and not given["prices"]:
        raise ConfigError(
            "a limit on money needs prices", where="--max-cost", hint="give --prices IN OUT"
        )
    names = (field.name for field in dataclasses.fields(RemoteOptions))
    return RemoteOptions(**{name: given[name] for name in names})


def _confirm_discovered_code(ctx: click.Context, model: str) -> None:
    """Never run code that only a configuration file found on the way names."""
    config = ctx.meta.get("audit.config")
    if config is None or not config.discovered or not model.startswith("python:"):
        return
    if ctx.get_parameter_source("model") is not ParameterSource.DEFAULT_MAP:
        return
    question = f"{config.path.name} asks to run code: {model}. Run it?"
    if not (sys.stdin.isatty() and click.confirm(question, err=True)):
        raise ConfigError(
            f"the configuration file asks to run code ({model}); nobody confirmed it",
            where=config.path.name,
            hint=f"add --model {model} to the command if you trust it",
        )


def _print(results: list[RunResult], given: Mapping[str, Any]) -> None:
    """Print results in the asked formats; the last line says where the report is."""
    if given["json_out"]:
        objects = [result.results for result in results]
        whole = objects[0] if len(objects) == 1 else {"schema_version": 1, "runs": objects}
        click.echo(json.dumps(whole, indent=1, ensure_ascii=False))
        return
    from audit.cli.show import show_result
    from audit.report.inert import inert

    for result in results:
        for form in given["formats"] or ("text",):
            if len(results) > 1 and form == "text":
                spec = result.results["spec"]
                click.echo(inert(f"{spec['model']}, {spec['probe_set']}:"))
            show_result(result, form)


def _write_index(output: Path, results: list[RunResult]) -> None:
    """Write one page over several runs."""
    from audit.pipeline import write_index

    path = write_index(output, results)
    click.echo(f"Index of {len(results)} reports: {path}", err=True)
