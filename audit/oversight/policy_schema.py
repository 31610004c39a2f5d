"""What an override policy may contain: the model behind ``override-policy.schema.json``."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

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
    ``confidence_below`` *and*, where they are true, the answer without the words that mention the
    group is another (``counterfactual_differs``) or repeats of the answer disagree
    (``repeats_differ``). With no part at all every text that mentions the group is routed.
    Scores: the score is below ``score_below`` *or* above ``score_above``.
    """

    predicted: list[str] | None = None
    confidence_below: Share | None = None
    counterfactual_differs: bool = False
    repeats_differ: bool = False
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
    """One group's rule, or why there is none (``action: none``).

    ``mentions`` are the forms that mention the group, by language; ``exceptions`` are phrases in
    which such a form is no mention ("blind spot"). ``instead`` says what stands in the place of a
    form when the answer without the mention is asked for: a form that is not named there is left
    out, and ``null`` means that it cannot be taken out by itself.
    """

    group: Words
    label: str = ""
    action: Literal["review", "none"]
    rule: Words
    when: Condition | None
    mentions: dict[str, list[Words]]
    exceptions: dict[str, list[Words]] = Field(default_factory=dict)
    instead: dict[str, dict[str, str | None]] = Field(default_factory=dict)
    evidence: list[Evidence] = Field(default_factory=list)

    @model_validator(mode="after")
    def _enforceable(self) -> PolicyRule:
        """Check that a rule that routes has a condition and at least one form of the mention."""
        if self.action == "review" and self.when is None:
            raise ValueError("a rule with action 'review' needs 'when'")
        if self.action == "review" and not any(self.mentions.values()):
            raise ValueError("a rule with action 'review' needs the forms that mention the group")
        if any(form.isspace() for forms in self.mentions.values() for form in forms):
            raise ValueError("a form that mentions the group must have a letter")
        return self


class SystemReference(_Strict):
    """The audited classifier, so that a guard can tell whether it stands before the same one."""

    model: Words
    revision: str | None
    fingerprint: str | None


class PolicyDocument(_Strict):
    """The whole file.

    ``sha256`` is the hash of everything else in it (`content_sha256`), so that an edit by hand is
    seen. ``neutral`` is, by language, a word that mentions no group and can stand where an
    adjective that mentions one stood ("local").
    """

    policy_version: Literal[1]
    created: AwareDatetime
    expires: AwareDatetime
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")] | None = None
    system: SystemReference | None = None
    neutral: dict[str, str] = Field(default_factory=dict)
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


def policy_schema() -> dict[str, Any]:
    """Return the JSON Schema that is shipped as ``override-policy.schema.json``."""
    schema = PolicyDocument.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
