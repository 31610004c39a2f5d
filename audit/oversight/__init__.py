"""From findings to safeguards: override rules and the policy file that carries them."""

from audit.oversight.guard import Guard
from audit.oversight.policy import NO_RULE, recommend_overrides
from audit.oversight.policy_file import (
    GroupWords,
    content_sha256,
    dump_policy,
    load_policy,
    policy_document,
)
from audit.oversight.policy_schema import PolicyDocument, policy_schema

__all__ = [
    "NO_RULE",
    "GroupWords",
    "Guard",
    "PolicyDocument",
    "content_sha256",
    "dump_policy",
    "load_policy",
    "policy_document",
    "policy_schema",
    "recommend_overrides",
]
