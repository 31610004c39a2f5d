"""What the notice page says, made from the policy in force and the audit it was computed from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from audit.errors import AuditError
from audit.oversight import Guard
from audit.pipeline.attachments import POLICY, RESULTS
from audit.pipeline.safeguard import run_findings
from audit.report import Evidence, Report, build_report
from audit.report.language import available_languages, language
from audit.report.wording.verdicts import CLOSING, SHORT


@dataclass(frozen=True, slots=True)
class GroupFinding:
    """What was found about one group: its name, in the probe set's language, and the words."""

    label: str
    words: str


@dataclass(frozen=True, slots=True)
class Finding:
    """What the audit found, in the reader's language."""

    day: str
    sentences: tuple[str, ...]
    groups: tuple[GroupFinding, ...]
    closing: str


@dataclass(frozen=True, slots=True)
class Notice:
    """What depends on the model, and what was found about it.

    Parameters
    ----------
    labels : tuple of str
        The answers the model can give; empty where it gives a number.
    routed : tuple of str
        Groups for whom a rule sends texts to a person.
    tongue : str
        Language of labels and groups.
    general : bool
        Whether a person decides about every text now.
    shadow : bool
        Whether the rules are only tried out.
    until : str
        When the audit stops to hold; ISO 8601.
    finding : Finding, optional
        ``None`` where the results are not beside the policy, or are not those it was made from.
    """

    labels: tuple[str, ...]
    routed: tuple[str, ...]
    tongue: str
    general: bool
    shadow: bool
    until: str
    finding: Finding | None


def notice_of(guard: Guard, run: Path | None, tag: str) -> Notice:
    """Return the notice of what is served, in a language."""
    policy = guard.policy
    return Notice(
        labels=tuple(policy.task.labels) if policy.task else (),
        routed=tuple(rule.label or rule.group for rule in policy.rules if rule.action == "review"),
        tongue=policy.probe.language,
        general=guard.everything_to_people,
        shadow=guard.shadow,
        until=policy.expires.isoformat(),
        finding=None if run is None else _finding(guard, run, tag),
    )


def _finding(guard: Guard, run: Path, tag: str) -> Finding | None:
    """Return what was found, if the results are those of the policy."""
    path = run / RESULTS
    if not path.is_file() or run_findings(run / POLICY, guard.policy):
        return None
    try:
        results, report = _report(path, path.stat().st_mtime_ns)
    except (AuditError, ValueError, OSError):
        return None
    tongue = language(tag if tag in available_languages() else "en")
    found = report.finding
    return Finding(
        day=report.day,
        sentences=tuple(tongue.text(each) for each in found.plain),
        groups=tuple(
            GroupFinding(str(group["label"]), tongue.text(SHORT[group["verdict"]]))
            for group in results["groups"]
            if group["verdict"] in SHORT
        ),
        closing=tongue.text(CLOSING),
    )


@lru_cache(maxsize=4)
def _report(path: Path, changed: int) -> tuple[Mapping[str, Any], Report]:
    """Read a run's results once for each change of the file."""
    results: dict[str, Any] = json.loads(path.read_text("utf-8"))
    demonstration = results["spec"]["model"] == "reference"
    return results, build_report(results, Evidence(demonstration=demonstration))
