"""``override-policy.yaml``: the rules of a run in a file that people read, edit and sign.

The file names its run and the hash of the run's results, so that whoever enforces it can tell
which evidence stands behind it, and it expires.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, model_validator
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from audit.errors import ConfigError
from audit.oversight.policy import NO_RULE
from audit.records import OverrideRule, ProbeSet, Task

POLICY_VERSION = 1

HEAD = """\
# Override policy: which answers a person must be able to change, computed from an audit.
# People may edit it. "action: review" sends a text to a person when it mentions the group in one
# of the forms listed and "when" holds; "confidence_below: null" means at any confidence, which is
# the largest label probability.
# "evidence" is what the audit measured and does not change when the rule is edited.
"""

Share = Annotated[float, Field(ge=0, le=1)]
Words = Annotated[str, Field(min_length=1)]


class _Strict(BaseModel):
    """A part of the file: unknown keys, NaN and infinities are errors."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class RunReference(_Strict):
    """The audit the policy was computed from."""

    id: Words
    results_sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class ProbeReference(_Strict):
    """The probe set of that audit."""

    name: Words
    version: Words
    language: Words
    attribute: Words
    sha256: Words


class PolicyTask(_Strict):
    """The task whose answers are routed."""

    kind: Literal["labels", "score"]
    labels: list[str]
    unfavourable: list[str]


class Condition(_Strict):
    """When an answer about the group is routed; null parts do not count.

    Labels: the predicted label is one of ``predicted`` *and* the largest label probability is below
    ``confidence_below``. Scores: the score is below ``score_below`` *or* above ``score_above``.
    """

    predicted: list[str] | None = None
    confidence_below: Share | None = None
    score_below: float | None = None
    score_above: float | None = None


class PolicyInterval(_Strict):
    """Confidence interval of a residual gap, in the gap's unit."""

    low: float
    high: float
    confidence_level: Annotated[float, Field(gt=0, lt=1)]
    method: str


class Evidence(_Strict):
    """What the audit measured for the rule under one assumption about the people who decide."""

    assumption: Literal["human_right", "human_like_reference"]
    review_load_per_1000: Annotated[float, Field(ge=0, le=1000)] | None
    residual_gap: float | None
    residual_interval: PolicyInterval | None
    illustration_only: bool
    reason: str | None


class PolicyRule(_Strict):
    """One group's rule, or why there is none (``action: none``)."""

    group: Words
    action: Literal["review", "none"]
    rule: Words
    when: Condition | None
    mentions: dict[str, list[Words]]
    evidence: Annotated[list[Evidence], Field(min_length=1)]

    @model_validator(mode="after")
    def _enforceable(self) -> PolicyRule:
        """Check that a rule that routes has a condition and at least one form of the mention."""
        if self.action == "review" and self.when is None:
            raise ValueError("a rule with action 'review' needs 'when'")
        if self.action == "review" and not any(self.mentions.values()):
            raise ValueError("a rule with action 'review' needs the forms that mention the group")
        return self


class PolicyDocument(_Strict):
    """The whole file."""

    policy_version: Literal[1]
    created: AwareDatetime
    expires: AwareDatetime
    run: RunReference
    probe: ProbeReference
    task: PolicyTask | None
    rules: list[PolicyRule]

    @model_validator(mode="after")
    def _consistent(self) -> PolicyDocument:
        """Check that expiry comes after creation and that a group has one rule."""
        if self.expires <= self.created:
            raise ValueError("expires must be later than created")
        groups = [rule.group for rule in self.rules]
        if len(set(groups)) < len(groups):
            raise ValueError("a group has more than one rule")
        return self


def policy_document(
    rules: Sequence[OverrideRule],
    *,
    run_id: str,
    results_sha256: str,
    created: str,
    expires: str,
    mention_forms: Mapping[str, Mapping[str, Sequence[str]]],
    task: Task | None,
    probe: ProbeSet,
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
    mention_forms : mapping of group id to mapping of language to forms
        Every inflected form by which a text mentions the group.
    task : Task or None
        What the classifier was asked.
    probe : ProbeSet
        The audited probe set.

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
        "rules": [
            _group_rule(group, entries, mention_forms.get(group, {}), task)
            for group, entries in by_group.items()
        ],
    }
    return PolicyDocument.model_validate(document).model_dump(mode="json")


def policy_schema() -> dict[str, Any]:
    """Return the JSON Schema that is shipped as ``override-policy.schema.json``."""
    schema = PolicyDocument.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


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


def _group_rule(
    group: str,
    entries: Sequence[OverrideRule],
    mentions: Mapping[str, Sequence[str]],
    task: Task | None,
) -> dict[str, Any]:
    """Turn the entries of one group into its rule."""
    first = entries[0]
    active = first.rule != NO_RULE
    return {
        "group": group,
        "action": "review" if active else "none",
        "rule": first.rule if active else "no rule of this kind mends the gap",
        "when": _condition(first, task) if active else None,
        "mentions": {language: list(forms) for language, forms in mentions.items()},
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
