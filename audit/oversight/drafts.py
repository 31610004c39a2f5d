"""A decision in the making."""

from __future__ import annotations

from dataclasses import dataclass, field

from audit.oversight.calls import Answer
from audit.oversight.mentions import Mention
from audit.oversight.policy_schema import PolicyRule
from audit.records import Explanation, ReasonCode


@dataclass(slots=True)
class Draft:
    """What is known of one text so far. ``reasons`` that send it to a person come first."""

    text: str
    reasons: list[ReasonCode] = field(default_factory=list)
    mentions: tuple[Mention, ...] = ()
    answer: Answer | None = None
    due: list[PolicyRule] = field(default_factory=list)
    explanation: Explanation | None = None

    @property
    def open(self) -> bool:
        """Whether nothing has sent it to a person yet."""
        return not self.reasons
