"""Asking every prompt about texts without content, for contextual calibration."""

from __future__ import annotations

from collections.abc import Mapping

from audit.errors import ConfigError
from audit.protocols import Classifier
from audit.records import Request
from audit.runlog import RunLogWriter

CONTENT_FREE = ("N/A", "[MASK]", "")
"""Texts that say nothing (Zhao et al. 2021)."""


def check_calibration(classifier: Classifier) -> None:
    """Refuse to calibrate what has no probabilities of its own, or no prompt that leans.

    Raises
    ------
    ConfigError
        If the target is no prompted model with exact probabilities at temperature 1.
    """
    info = classifier.info
    problem = None
    if not hasattr(classifier, "prompt"):
        problem = f"{info.model} has no prompt that could lean to a label"
    elif info.scoring != "exact":
        problem = f"{info.model} is sampled, and calibration divides exact probabilities"
    elif info.settings.get("temperature") not in {None, 1.0}:
        heat = info.settings["temperature"]
        problem = f"calibration divides the model's own probabilities, not those at {heat:g}"
    if problem is not None:
        raise ConfigError(
            problem,
            where="--calibrate",
            hint="audit a prompted model with exact scoring and --temperature 1, or leave it out",
        )


def ask_content_free(writer: RunLogWriter, prompts: Mapping[str, Classifier]) -> None:
    """Ask each prompt, by its id, about texts without content, and log what it answers."""
    requests = [Request(id=f"content-free/{text}", text=text) for text in CONTENT_FREE]
    for name, classifier in prompts.items():
        writer.content_free(name, classifier.predict(requests))
