"""``override-policy.yaml``: the rules of a run in a file that people read, edit and sign.

The file names its run and the hash of the run's results, so that whoever enforces it can tell
which evidence stands behind it, and it expires.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from audit.errors import ConfigError
from audit.oversight.policy import NO_RULE
from audit.oversight.policy_schema import PolicyDocument
from audit.records import OverrideRule, ProbeSet, Task

POLICY_VERSION = 1

HEAD = """\
# Override policy: which answers a person must be able to change, computed from an audit.
# People may edit it. "action: review" sends a text to a person when it mentions the group in one
# of the forms listed and "when" holds; "confidence_below: null" means at any confidence, which is
# the largest label probability. "exceptions" are phrases in which a form is no mention.
# "evidence" is what the audit measured and does not change when the rule is edited.
# After an edit "sha256" no longer fits: the guard then asks for the reason of the edit.
"""


@dataclass(frozen=True, slots=True)
class GroupWords:
    """How texts mention a group; see `PolicyRule` for what each part means.

    ``mentions``, ``exceptions`` and ``instead`` are by language.
    """

    group: str
    label: str
    mentions: Mapping[str, Sequence[str]]
    exceptions: Mapping[str, Sequence[str]] = field(default_factory=dict)
    instead: Mapping[str, Mapping[str, str | None]] = field(default_factory=dict)


def policy_document(
    rules: Sequence[OverrideRule],
    *,
    run_id: str,
    results_sha256: str,
    created: str,
    expires: str,
    groups: Sequence[GroupWords],
    task: Task | None,
    probe: ProbeSet,
    neutral: Mapping[str, str] | None = None,
    system: Mapping[str, str | None] | None = None,
) -> dict[str, Any]:
    """Put the rules of a run into the published object.

    Parameters
    ----------
    rules : sequence of OverrideRule
        From `recommend_overrides`; the entries of one group become one rule with its evidence.
    run_id, results_sha256 : str
        The run, and the hex SHA-256 of its ``results.json``.
    created, expires : str
        ISO 8601 times with an offset.
    groups : sequence of GroupWords
        Every audited group, with a rule or without: what mentions it is also how decisions are
        counted by group later.
    task : Task or None
        What the classifier was asked.
    probe : ProbeSet
        The audited probe set.
    neutral : mapping, optional
        By language, a word that can stand in the place of an adjective and mentions no group.
    system : mapping, optional
        ``model``, ``revision`` and ``fingerprint`` of the audited classifier.

    Returns
    -------
    dict
        JSON values only, valid under ``override-policy.schema.json``.

    Raises
    ------
    ValueError
        If a time has no offset or the policy expires before it is created, the hash is none, or a
        group with a rule has no mention forms.
    """
    by_group: dict[str, list[OverrideRule]] = {}
    for rule in rules:
        by_group.setdefault(rule.group, []).append(rule)
    document = {
        "policy_version": POLICY_VERSION,
        "created": created,
        "expires": expires,
        "system": None if system is None else dict(system),
        "neutral": dict(neutral or {}),
        "run": {"id": run_id, "results_sha256": results_sha256},
        "probe": {
            "name": probe.name,
            "version": probe.version,
            "language": probe.language,
            "attribute": probe.attribute,
            "sha256": probe.sha256,
        },
        "task": None
        if task is None
        else {
            "kind": task.kind,
            "labels": list(task.labels),
            "unfavourable": list(task.unfavourable),
        },
        "rules": [_group_rule(words, by_group.pop(words.group, []), task) for words in groups],
    }
    if by_group:
        raise ValueError(f"no words are given for {', '.join(by_group)}")
    made = PolicyDocument.model_validate(document).model_dump(mode="json")
    return {**made, "sha256": content_sha256(made)}


def content_sha256(document: Mapping[str, Any]) -> str:
    """Return the hash of everything a policy says, without the hash itself.

    Comments, order of keys and layout of the file do not count.
    """
    content = {key: value for key, value in document.items() if key != "sha256"}
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def dump_policy(document: Mapping[str, Any]) -> str:
    """Write a policy as YAML with a comment at its head that says how to read it.

    Parameters
    ----------
    document : mapping
        From `policy_document` or `load_policy`.

    Returns
    -------
    str
        The file's text; the same document always gives the same text.
    """
    stream = io.StringIO()
    yaml = YAML()
    yaml.width = 4096  # long sentences stay on one line, whatever an editor wraps
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.representer.ignore_aliases = lambda _: True
    yaml.dump(dict(document), stream)
    return HEAD + stream.getvalue()


def load_policy(path: Path | str) -> dict[str, Any]:
    """Read and check a policy file.

    Parameters
    ----------
    path : path
        The YAML file.

    Returns
    -------
    dict
        The document, JSON values only.

    Raises
    ------
    ConfigError
        If the file cannot be read or is no policy; names every problem with its line.
    """
    name = str(path)
    try:
        tree = YAML().load(Path(path).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            "the policy cannot be read",
            where=name,
            hint=f"check the path and that it is UTF-8 text ({type(error).__name__})",
        ) from error
    except YAMLError as error:
        mark = error.problem_mark if isinstance(error, MarkedYAMLError) else None
        problem = error.problem if isinstance(error, MarkedYAMLError) else str(error).split("\n")[0]
        raise ConfigError(
            f"the policy is not valid YAML: {problem}",
            where=name if mark is None else f"{name}:{mark.line + 1}:{mark.column + 1}",
            hint="write it anew from its run, or undo the last edit",
        ) from error
    try:
        return PolicyDocument.model_validate(tree).model_dump(mode="json")
    except ValidationError as error:
        problems = [
            f"{'.'.join(map(str, item['loc'])) or 'policy'}{_line(tree, item['loc'])}: "
            f"{item['msg'].removeprefix('Value error, ')}"
            for item in error.errors(include_url=False)
        ]
        raise ConfigError(
            "the policy breaks its schema: " + "; ".join(problems),
            where=name,
            hint="compare it with override-policy.schema.json",
        ) from error


def check_unedited(policy: PolicyDocument, reason: str | None) -> str | None:
    """Return the reason of an edit by hand, or ``None`` where the policy is as it was written.

    Raises
    ------
    ConfigError
        If it was edited and no reason is given.
    """
    if policy.sha256 == content_sha256(policy.model_dump(mode="json")):
        return None
    if reason is None or not reason.strip():
        raise ConfigError(
            "the policy was edited by hand: its content does not fit its sha256",
            where=f"policy of run {policy.run.id}",
            hint="say why with edited_because (--edited-because), or write it anew with "
            "`audit report`",
        )
    return reason.strip()


def _group_rule(
    words: GroupWords, entries: Sequence[OverrideRule], task: Task | None
) -> dict[str, Any]:
    """Turn the entries of one group into its rule."""
    first = entries[0] if entries else None
    active = first is not None and first.rule != NO_RULE
    if first is None:
        text = "nothing is routed: the audit found no gap that asks for a rule"
    else:
        text = first.rule if active else "no rule of this kind mends the gap"
    return {
        "group": words.group,
        "label": words.label,
        "action": "review" if active else "none",
        "rule": text,
        "when": _condition(first, task) if first is not None and active else None,
        "mentions": {language: list(forms) for language, forms in words.mentions.items()},
        "exceptions": {language: list(forms) for language, forms in words.exceptions.items()},
        "instead": {language: dict(forms) for language, forms in words.instead.items()},
        "evidence": [_evidence(entry) for entry in entries],
    }


def _condition(rule: OverrideRule, task: Task | None) -> dict[str, Any] | None:
    """Write a rule's condition so that a program can check it."""
    if task is None:
        return None
    if task.kind == "score":
        return {"score_below": task.review_below, "score_above": task.review_above}
    everything = rule.threshold is None or rule.threshold >= 1
    return {
        "predicted": list(task.unfavourable),
        "confidence_below": None if everything else rule.threshold,
        "counterfactual_differs": rule.kind == "counterfactual",
        "repeats_differ": rule.kind == "repeats",
    }


def _evidence(rule: OverrideRule) -> dict[str, Any]:
    """Write what was measured for a rule under one assumption."""
    interval = rule.residual_interval
    return {
        "assumption": rule.assumption,
        "review_load_per_1000": rule.review_load_per_1000,
        "residual_gap": rule.residual_gap,
        "residual_interval": None
        if interval is None
        else {
            "low": interval.low,
            "high": interval.high,
            "confidence_level": interval.confidence_level,
            "method": interval.method,
        },
        "illustration_only": rule.illustration_only,
        "reason": rule.reason,
    }


def _line(tree: Any, path: Sequence[str | int]) -> str:
    """Return the line of the deepest part of ``path`` that exists in the file."""
    line = None
    for step in path:
        try:
            line = tree.lc.key(step)[0] if isinstance(step, str) else tree.lc.item(step)[0]
            tree = tree[step]
        except (AttributeError, KeyError, IndexError, TypeError):
            break
    return "" if line is None else f" (line {line + 1})"
