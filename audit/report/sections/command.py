"""The command that repeats a run, for section 13."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

from audit.report.inert import inert
from audit.report.results import LimitsBefore, SpecData
from audit.report.sections.material import Material

# Settings of a target that are options of the command, by their names in the log.
_OPTIONS = {
    "top_k": "--top-k",
    "top_p": "--top-p",
    "max_new_tokens": "--max-new-tokens",
    "dtype": "--dtype",
    "endpoint": "--endpoint",
    "top_logprobs": "--top-logprobs",
    "system_role": "--system-role",
    "chat_layout": "--chat-layout",
    "provider": "--provider",
    "category": "--category",
}
_WORD_LIMIT = 200


def command(material: Material) -> str:
    """Return the command that repeats the run, quoted for a shell and without control signs.

    It names what determined the run, the limits included, so that another version's defaults
    change nothing. Where the machine keeps things is left out: folders, caches, the device.
    """
    results = material.results
    spec = results.spec
    words = ["audit", "run", results.probe.name, "--model", _target(spec)]
    if spec.revision:
        words += ["--revision", spec.revision]
    words += [*_sampling(spec), *_settings(spec.settings), *_asked(spec), *_limits(material)]
    if spec.limit is not None:
        words += ["--limit", str(spec.limit)]
    if spec.rounds is not None:
        words += ["--rounds", str(spec.rounds)]
    words += ["--quick"] if spec.quick else []
    words += ["--include-slurs"] if spec.include_slurs else []
    return shlex.join(inert(word, limit=_WORD_LIMIT) for word in words)


def _target(spec: SpecData) -> str:
    """Return the target without what options of its own add to its name."""
    asked = spec.options
    model = spec.model.removesuffix(f"+{asked['adapter']}") if "adapter" in asked else spec.model
    return model.removesuffix(f"#{asked['system']}") if "system" in asked else model


def _asked(spec: SpecData) -> list[str]:
    """Return what was asked of the target, and which examples its prompt shows."""
    asked, words = spec.options, []
    for theirs, ours in dict(asked.get("label_map") or {}).items():
        words += ["--label-map", f"{theirs}={ours}"]
    if asked.get("score_range"):
        words += ["--score-range", *(f"{end:g}" for end in asked["score_range"])]
    for name in ("adapter", "system", "quantize", "device_map"):
        if asked.get(name):
            words += [f"--{name.replace('_', '-')}", str(asked[name])]
    design = spec.shot_design or {}
    flags = {
        "shots": "--shots",
        "orders": "--shot-orders",
        "sets": "--shot-sets",
        "separator": "--separator",
    }
    for name, flag in flags.items():
        if design.get(name) is not None:
            words += [flag, str(design[name])]
    return [*words, "--calibrate"] if spec.calibrate else words


def _sampling(spec: SpecData) -> list[str]:
    words = ["--repeats", str(spec.repeats)]
    if spec.temperature is not None:
        words += ["--temperature", f"{spec.temperature:g}"]
    words += ["--seed", str(spec.seed)]
    return [*words, "--scoring", spec.scoring] if spec.scoring == "sampled" else words


def _settings(settings: Mapping[str, Any]) -> list[str]:
    """Return the target's own settings that the command line can set."""
    words = []
    for name, flag in _OPTIONS.items():
        if isinstance(value := settings.get(name), int | float | str):
            words += [flag, f"{value:g}" if isinstance(value, float) else str(value)]
    columns = settings.get("columns")
    for role, column in columns.items() if isinstance(columns, Mapping) else ():
        words += ["--column", f"{role}={column}"]
    return words


def _limits(material: Material) -> list[str]:
    """Return the limits fixed before the run."""
    limits = material.results.limits
    fixed: LimitsBefore = limits.before if limits.changed_after_run and limits.before else limits
    words = [] if fixed.tolerance is None else ["--tolerance", f"{fixed.tolerance:g}"]
    words += ["--confidence-level", f"{fixed.confidence_level:g}"]
    return [*words, "--correction", fixed.correction]
