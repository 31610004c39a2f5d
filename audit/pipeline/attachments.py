"""What may lie in a run folder besides the log and what follows from it alone."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from audit.errors import ResultsError
from audit.pipeline.conclude import Conclusions, conclude
from audit.runlog import RunLog

COMPARISON = "comparison.json"
SIGNOFF = "signoff.json"
REPORT = "index.html"
RESULTS = "results.json"
POLICY = "override-policy.yaml"
LOG = "run.jsonl"


@dataclass(frozen=True)
class Attachments:
    """A comparison with an earlier run, the sign-off, changed limits, and the traffic's shares."""

    comparison: dict[str, Any] | None = None
    signoff: dict[str, Any] | None = None
    limits: dict[str, Any] = field(default_factory=dict)
    fail_on_concern: bool = False
    traffic: dict[str, float] = field(default_factory=dict)

    def conclude(self, log: RunLog, *, signed: bool = True) -> Conclusions:
        """Compute what the folder should hold; ``signed=False`` leaves the sign-off out."""
        return conclude(
            log,
            fail_on_concern=self.fail_on_concern,
            limits=self.limits,
            comparison=self.comparison,
            signoff=self.signoff if signed else None,
            traffic=self.traffic,
        )


def read_attachments(folder: Path) -> Attachments:
    """Read what was added to a run, and by which limits its results were computed.

    Raises
    ------
    ResultsError
        If one of the files is no JSON object.
    """
    results = read_object(folder / RESULTS) or {}
    limits = results.get("limits") or {}
    names = ("tolerance", "confidence_level", "correction", "estimand", "strict_pass")
    changed = {name: limits.get(name) for name in names} if limits.get("changed_after_run") else {}
    return Attachments(
        comparison=read_object(folder / COMPARISON),
        signoff=read_object(folder / SIGNOFF),
        limits=changed,
        traffic=(results.get("override_load") or {}).get("shares") or {},
        fail_on_concern=results.get("verdict") == "concern" and results.get("exit_code") == 1,
    )


def read_object(path: Path) -> dict[str, Any] | None:
    """Read a JSON object, or return ``None`` where there is no such file.

    Raises
    ------
    ResultsError
        If the file holds anything else.
    """
    if not path.exists():
        return None
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ResultsError(
            f"{path.name} cannot be read: it is torn or was edited", where=path.parent.name
        ) from error
    if not isinstance(value, dict):
        raise ResultsError(f"{path.name} is no JSON object", where=path.parent.name)
    return value


def object_text(value: dict[str, Any]) -> str:
    """Write a JSON object in the one form that is hashed: indented, with a final newline."""
    return json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
