"""From ``SCHEME:LOCATOR`` to a classifier, without importing a model library to do it."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import cast

from audit.errors import AuditError, ClassifierError, ConfigError, MissingExtraError
from audit.protocols import Classifier, ClassifierFactory
from audit.records import ClassifierOptions, Task

GROUP = "audit.classifiers"
DEFAULT = "reference"


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemeInfo:
    """One row of ``audit models``.

    Parameters
    ----------
    name : str
        The part before the colon.
    spec : str
        How it is written after ``--model``.
    audits : str
        What is audited by it.
    needs : str
        What it needs to run.
    installed : bool
        Whether that is there on this machine.
    """

    name: str
    spec: str
    audits: str
    needs: str
    installed: bool


@dataclass(frozen=True, slots=True)
class _Known:
    """What the registry says about a scheme it ships."""

    spec: str
    audits: str
    needs: str
    packages: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    reads: str | None = None
    """The one language that the target knows words of."""
    extra: str | None = None
    """The extra that brings its packages, where the core does not."""

    @property
    def takes_locator(self) -> bool:
        return ":" in self.spec

    @property
    def installed(self) -> bool:
        here = Path(__file__).parent
        return all(find_spec(package) for package in self.packages) and all(
            (here / file).is_file() for file in self.files
        )


_MODEL_PACKAGES = ("torch", "transformers", "safetensors")
_KNOWN = {
    "reference": _Known(
        "reference",
        "the bundled few-shot model, which demonstrates the instrument",
        "torch, transformers",
        _MODEL_PACKAGES,
        ("reference/config.json", "reference/model.safetensors"),
        "en",
    ),
    "causal": _Known(
        "causal:ID_OR_PATH",
        "any causal language model of transformers, few-shot",
        "torch, transformers; the model's folder or its Hugging Face id",
        _MODEL_PACKAGES,
    ),
    "classifier": _Known(
        "classifier:ID_OR_PATH",
        "a fine-tuned sequence classifier",
        "torch, transformers; the model's folder or its Hugging Face id",
        _MODEL_PACKAGES,
    ),
    "embedding": _Known(
        "embedding:ID_OR_PATH",
        "a sentence encoder, with a logistic regression fitted on the task's shots",
        "torch, transformers, scikit-learn; the model's folder or its Hugging Face id",
        (*_MODEL_PACKAGES, "sklearn"),
    ),
    "hf-inference": _Known(
        "hf-inference:MODEL",
        "a model on Hugging Face Inference, or on an endpoint of your own (--base-url)",
        "huggingface_hub, tenacity; the key in HF_TOKEN",
        ("huggingface_hub", "httpx2", "tenacity"),
        extra="inference",
    ),
    "http": _Known(
        "http:FILE.yaml",
        "any HTTP service: the file says how it is asked and where the answer stands",
        "httpx2, jmespath, tenacity; keys in the environment",
        ("httpx2", "jmespath", "tenacity"),
        extra="http",
    ),
    "masked": _Known(
        "masked:ID_OR_PATH",
        "a masked language model that fills in the label (BERT without a head)",
        "torch, transformers; the model's folder or its Hugging Face id",
        _MODEL_PACKAGES,
    ),
    "moderation": _Known(
        "moderation:MODEL",
        "an OpenAI-style moderation endpoint: flagged or not, or a category's score",
        "openai, tenacity; the key in OPENAI_API_KEY",
        ("openai", "tenacity"),
        extra="api",
    ),
    "openai": _Known(
        "openai:MODEL",
        "a language model behind an OpenAI-compatible server (--base-url)",
        "openai, tenacity; the key in OPENAI_API_KEY",
        ("openai", "tenacity"),
        extra="api",
    ),
    "seq2seq": _Known(
        "seq2seq:ID_OR_PATH",
        "a text-to-text model (T5, mT5, BART), few-shot",
        "torch, transformers; the model's folder or its Hugging Face id",
        _MODEL_PACKAGES,
    ),
    "python": _Known(
        "python:MODULE_OR_FILE.py:FUNCTION",
        "your own function: texts in; labels, scores or probabilities out",
        "nothing more",
    ),
    "recorded": _Known(
        "recorded:FILE",
        "predictions made elsewhere (CSV, JSONL, Parquet)",
        "nothing more; pyarrow for Parquet",
    ),
    "textblob": _Known(
        "textblob", "TextBlob's polarity lexicon", "textblob", ("textblob",), reads="en"
    ),
    "vader": _Known(
        "vader",
        "VADER's sentiment lexicon and rules",
        "vaderSentiment",
        ("vaderSentiment",),
        reads="en",
    ),
}


def create_classifier(
    spec: str | None,
    task: Task | None,
    options: ClassifierOptions,
    *,
    language: str | None = None,
) -> Classifier:
    """Load the target that ``spec`` names.

    Parameters
    ----------
    spec : str or None
        ``SCHEME:LOCATOR``, as after ``--model``; ``None`` is the bundled reference model.
    task : Task or None
        What the target is asked to do; ``None`` for a table that declares no task.
    options : ClassifierOptions
        Everything else; ``None`` inside it means the target's default.

    Returns
    -------
    Classifier
        Loaded and ready to answer.

    Raises
    ------
    ConfigError
        If the scheme is unknown, its locator is missing, or the task or the language does not fit
        the target.
    ClassifierError
        If the target cannot be loaded, or a package that it needs is not installed.

    Examples
    --------
    >>> from audit.records import ClassifierOptions, Task
    >>> task = Task(kind="score", range=(-1, 1), favourable_end="high")
    >>> create_classifier("vader", task, ClassifierOptions()).info.scoring
    'score'
    """
    scheme, _, locator = (DEFAULT if spec is None else spec.strip()).partition(":")
    points = {point.name: point for point in entry_points(group=GROUP)}
    if scheme not in points:
        raise ConfigError(
            f"there is no kind of target called {scheme!r}",
            where=f"--model {spec}",
            hint=_unknown_scheme_hint(spec or "", scheme, sorted(points)),
        )
    known = _KNOWN.get(scheme)
    if known is not None and known.takes_locator != bool(locator):
        raise ConfigError(
            f"{scheme} needs what follows the colon"
            if known.takes_locator
            else f"{scheme} takes nothing after its name",
            where=f"--model {spec}",
            hint=f"write --model {known.spec}",
        )
    if known is not None and known.extra is not None:
        for package in known.packages:
            if find_spec(package) is None:
                raise MissingExtraError(scheme, package, known.extra)
    if known is not None and known.reads is not None and language is not None:
        _check_language(scheme, known.reads, language)
    return _factory(points[scheme])(locator, task, options)


def _check_language(scheme: str, reads: str, language: str) -> None:
    """Refuse sentences of which the target knows no word: no gap would mean nothing."""
    if language.lower().split("-")[0] != reads:
        raise ConfigError(
            f"the language does not match: {scheme} knows words of {reads!r} only, and the probe "
            f"set is in {language[:40]!r}",
            where=f"--model {scheme}",
            hint="name a target that reads this language; no gap between words that a target does "
            "not know would mean nothing",
        )


def list_schemes() -> list[SchemeInfo]:
    """Return every kind of target there is, by name, without importing any of them."""
    rows = []
    for point in sorted(entry_points(group=GROUP), key=lambda point: point.name):
        known = _KNOWN.get(point.name)
        if known is not None:
            rows.append(
                SchemeInfo(
                    name=point.name,
                    spec=known.spec,
                    audits=known.audits,
                    needs=known.needs,
                    installed=known.installed,
                )
            )
            continue
        source = point.dist.name if point.dist is not None else point.value
        rows.append(
            SchemeInfo(
                name=point.name,
                spec=f"{point.name}:LOCATOR",
                audits=f"added by {source}",
                needs=source,
                installed=True,
            )
        )
    return rows


def _unknown_scheme_hint(spec: str, scheme: str, names: list[str]) -> str:
    """Guess what was meant: a typo, or a model id without its scheme."""
    listed = "targets are: " + ", ".join(names)
    if close := get_close_matches(scheme, names, n=1):
        return f"did you mean {close[0]!r}? {listed}"
    if ":" not in spec and ("/" in spec or Path(spec).exists()):
        return f"for a language model write causal:{spec}; {listed}"
    return f"{listed}; `audit models` describes them"


def _factory(point: EntryPoint) -> ClassifierFactory:
    """Import the factory behind an entry point, naming its origin when that fails."""
    try:
        return cast("ClassifierFactory", point.load())
    except AuditError:
        raise
    except Exception as error:
        raise ClassifierError(
            f"the target {point.name!r} cannot be imported: {error}",
            where=point.value,
            hint="reinstall the package that provides it",
        ) from error
