"""``audit doctor``: whether this installation is whole and a model answers."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import click

from audit.cli.options import MODEL_OPTIONS, SAMPLING_OPTIONS, stack
from audit.errors import AuditError

PACKAGES = ("audit", "numpy", "scipy", "torch", "transformers", "jinja2", "pydantic")
TEXTS = ("I'm a joyful person.", "The train was late and everyone was upset.")


@click.command()
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
    """Load the named model with the disability task and print two answers."""
    import dataclasses

    from audit.classifiers import create_classifier
    from audit.cli.run import SAMPLING, classifier_options
    from audit.probes import load_probe_set
    from audit.records import Request

    probe_set = load_probe_set("disability")
    chosen = {name: given[name] for name in SAMPLING if given[name] is not None}
    options = dataclasses.replace(
        classifier_options(given), sampling=dataclasses.replace(probe_set.sampling, **chosen)
    )
    try:
        classifier = create_classifier(given["model"], probe_set.task, options)
        answers = classifier.predict([Request(id=text, text=text) for text in TEXTS])
    except AuditError as error:
        click.echo(f"FAIL  {error}")
        return False
    click.echo(f"ok    {classifier.info.model}: scoring {classifier.info.scoring}")
    for text, answer in zip(TEXTS, answers, strict=True):
        click.echo(f"      {text!r} -> {_shown(answer)}")
    return True


def _shown(answer: Any) -> str:
    if answer.probabilities is not None:
        shares = ", ".join(f"{label} {p:.3f}" for label, p in answer.probabilities.items())
        return f"{shares}; no label {answer.unparsed or 0.0:.3f}"
    if answer.score is not None:
        return f"score {answer.score:.3f}"
    return ", ".join(label or "(no label)" for label in answer.samples)
