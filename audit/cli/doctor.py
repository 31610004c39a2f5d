"""``audit doctor``: whether this installation is whole and a model answers."""

from __future__ import annotations

import platform
import time
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

import click

from audit.cli.options import MODEL_OPTIONS, SAMPLING_OPTIONS, stack
from audit.errors import AuditError

if TYPE_CHECKING:
    from audit.protocols import Classifier
    from audit.records import ProbeSet, Request, Task

PACKAGES = ("audit", "numpy", "scipy", "torch", "transformers", "jinja2", "pydantic")
TEXTS = ("I'm a joyful person.", "The train was late and everyone was upset.")


_HOW = {
    "exact": "exact label probabilities",
    "sampled": "sampled labels",
    "score": "scores",
}


@click.command()
@click.option(
    "--probes",
    metavar="PROBES",
    help="Take the task and two sentences from this probe set (default: the task of "
    "disability, and two sentences of no set).",
)
@click.option("--check-model", is_flag=True, help="Load the model and classify two sentences.")
@stack(MODEL_OPTIONS)
@stack(SAMPLING_OPTIONS)
@click.pass_context
def doctor(ctx: click.Context, /, check_model: bool, **given: Any) -> int:
    """Check the installation; with --model or --check-model, try the model too.

    Exit status: 0 everything works, 1 something does not.
    """
    click.echo(f"Python {platform.python_version()} on {platform.system()}")
    healthy = [*map(_package, PACKAGES), _probe_sets()]
    named = ctx.get_parameter_source("model") is not click.core.ParameterSource.DEFAULT
    if check_model or named:
        healthy.append(_model(given))
    click.echo("Everything works." if all(healthy) else "Something needs attention; see above.")
    return 0 if all(healthy) else 1


def _package(name: str) -> bool:
    try:
        click.echo(f"ok    {name} {version(name)}")
    except PackageNotFoundError:
        click.echo(f"FAIL  {name} is not installed: pip install {name}")
        return False
    return True


def _probe_sets() -> bool:
    from audit.probes import list_probe_sets, load_probe_set

    healthy = True
    for name, path in list_probe_sets().items():
        try:
            load_probe_set(path)
        except AuditError as error:
            click.echo(f"FAIL  probe set {name}: {error}")
            healthy = False
        else:
            click.echo(f"ok    probe set {name}")
    return healthy


def _model(given: dict[str, Any]) -> bool:
    """Load the named model, classify two sentences and say what was found."""
    import dataclasses

    from audit.classifiers import create_classifier
    from audit.cli.run import SAMPLING, classifier_options
    from audit.probes import load_probe_set
    from audit.report.inert import inert

    try:
        probe_set = load_probe_set(given["probes"] or "disability")
        chosen = {name: given[name] for name in SAMPLING if given[name] is not None}
        sampling = dataclasses.replace(probe_set.sampling, **chosen)
        options = dataclasses.replace(classifier_options(given), sampling=sampling)
        classifier = create_classifier(given["model"], probe_set.task, options)
        requests = _sentences(probe_set) if given["probes"] else _own_sentences()
        started = time.perf_counter()
        answers = classifier.predict(requests)
        seconds = time.perf_counter() - started
    except AuditError as error:
        click.echo(f"FAIL  {error}")
        return False
    info = classifier.info
    click.echo(f"ok    {info.model}: {_HOW[info.scoring]}")
    for name, said in _found(classifier, probe_set.task, len(requests) / seconds):
        click.echo(f"      {name + ':':<10} {inert(said)}")
    for request, answer in zip(requests, answers, strict=True):
        click.echo(f"      {inert(request.text)!r} -> {inert(_shown(answer))}")
    for note in info.notes:
        click.echo(f"      note: {inert(note)}")
    return True


def _found(classifier: Classifier, task: Task | None, speed: float) -> list[tuple[str, str]]:
    """Return what a classifier says of itself, by name."""
    settings = classifier.info.settings
    rows = []
    if task is not None and task.labels:
        rows.append(("labels", ", ".join(task.labels)))
    prompt = getattr(classifier, "prompt", None)
    if prompt is not None:
        rows.append(("prompt", f"ends in {prompt(TEXTS[0]).splitlines()[-1]!r}"))
    boundary = getattr(classifier, "boundary", None)
    if boundary is not None:
        end, labels = boundary()
        rows.append(("boundary", f"...{_tokens(end)} then {'; '.join(map(_tokens, labels))}"))
    device = [str(settings[name]) for name in ("architecture", "dtype", "device", "engine")
              if settings.get(name)]  # fmt: skip
    if device:
        rows.append(("computed", ", ".join(device)))
    return [*rows, ("speed", f"{speed:.3g} sentences a second, these two alone")]


def _own_sentences() -> list[Request]:
    from audit.records import Request

    return [Request(id=text, text=text) for text in TEXTS]


def _sentences(probe_set: ProbeSet) -> list[Request]:
    """Return the first two sentences of a probe set."""
    from audit.probes import expand
    from audit.records import Request

    return [Request(id=v.id, text=v.text) for v in expand(probe_set, limit=1).variants[:2]]


def _tokens(pieces: Sequence[str]) -> str:
    """Write tokens so that their spaces can be seen."""
    return " ".join(map(repr, pieces))


def _shown(answer: Any) -> str:
    if answer.probabilities is not None:
        shares = ", ".join(f"{label} {p:.3f}" for label, p in answer.probabilities.items())
        return f"{shares}; no label {answer.unparsed or 0.0:.3f}"
    if answer.score is not None:
        return f"score {answer.score:.3f}"
    return ", ".join(label or "(no label)" for label in answer.samples)
