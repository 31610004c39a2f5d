"""From findings to safeguards: override rules and the policy file that carries them."""

from audit.oversight.policy import NO_RULE, recommend_overrides
from audit.oversight.policy_file import (
    PolicyDocument,
    dump_policy,
    load_policy,
    policy_document,
    policy_schema,
)

__all__ = [
    "NO_RULE",
    "PolicyDocument",
    "dump_policy",
    "load_policy",
    "policy_document",
    "policy_schema",
    "recommend_overrides",
]
