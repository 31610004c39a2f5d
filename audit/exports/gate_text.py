"""A gate's result for people: plain text, Markdown, and JSON for scripts."""

from __future__ import annotations

import re
from typing import Any

from audit.exports.results import interval_object
from audit.records import CheckStatus, GateCheck, GateResult

_WORDS: dict[CheckStatus, str] = {
    "gap": "GAP",
    "concern": "CONCERN",
    "not_enough_evidence": "NOT ENOUGH EVIDENCE",
    "waived": "WAIVED",
    "passed": "passed",
}
_ORDER: tuple[CheckStatus, ...] = ("gap", "concern", "not_enough_evidence", "waived", "passed")
_DECISIONS = {
    0: "The gate passes.",
    1: "The gate fails: a gap beyond the limit.",
    3: "The gate fails: the run itself failed.",
    4: "The gate does not pass: something is uncertain or missing.",
}
# Control and format characters could move a terminal's cursor or reorder a line.
_HIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


def gate_text(result: GateResult) -> str:
    """Write a gate's result as plain lines, worst first; the last line is the decision."""
    lines = [f"Run {result.run_id}: {result.model} with {result.probe_set}"]
    if result.baseline:
        lines.append(f"Baseline: run {result.baseline}")
    if result.error:
        lines.append(f"ERROR  {result.error}")
    lines += [
        f"{_WORDS[check.status]}  {check.label} ({check.group}): {check.message}"
        for check in _sorted(result)
    ]
    lines += [f"Note: {note}" for note in result.notes]
    return visible("\n".join([*lines, decision(result)]))


def decision(result: GateResult) -> str:
    """Return the gate's decision in a sentence, with its exit status."""
    words = _DECISIONS[result.exit_code]
    if result.exit_code == 1 and all(check.status != "gap" for check in result.checks):
        words = "The gate fails: a concern, and concerns are to fail."
    return f"{words} (exit {result.exit_code})"


def gate_markdown(result: GateResult) -> str:
    """Write a gate's result as Markdown, for a step summary or a comment."""
    lines = [f"### {decision(result)}", "", f"Run `{_code(result.run_id)}`, model "
             f"`{_code(result.model)}`, probe set `{_code(result.probe_set)}`"]  # fmt: skip
    if result.baseline:
        lines[-1] += f", baseline `{_code(result.baseline)}`"
    if result.error:
        lines += ["", f"**Error:** {_cell(result.error)}"]
    if result.checks:
        lines += ["", "| result | group | what was found |", "|---|---|---|"]
        lines += [
            f"| {_WORDS[check.status]} | {_cell(check.label)} | {_cell(check.message)} |"
            for check in _sorted(result)
        ]
    lines += [""] + [f"- {_cell(note)}" for note in result.notes]
    return visible("\n".join(lines)).rstrip() + "\n"


def gate_json(result: GateResult) -> dict[str, Any]:
    """Return a gate's result as one JSON object with a schema version."""
    return {
        "schema_version": 1,
        "kind": "audit-gate",
        "run_id": result.run_id,
        "model": result.model,
        "probe_set": result.probe_set,
        "baseline_run_id": result.baseline,
        "exit_code": result.exit_code,
        "passed": result.passed,
        "error": result.error,
        "checks": [_check(check) for check in result.checks],
        "notes": list(result.notes),
    }


def _check(check: GateCheck) -> dict[str, Any]:
    waiver = check.waiver
    return {
        "kind": check.kind,
        "group": check.group,
        "label": check.label,
        "status": check.status,
        "message": check.message,
        "limit": check.limit,
        "estimate": check.estimate,
        "interval": interval_object(check.interval),
        "p_adjusted": check.p_adjusted,
        "direction": check.direction,
        "reason": check.reason,
        "smallest_detectable_gap": check.smallest_detectable_gap,
        "n_templates": check.n_templates,
        "waiver": None
        if waiver is None
        else {
            "owner": waiver.owner,
            "reason": waiver.reason,
            "expires": waiver.expires.isoformat(),
            "max_gap": waiver.max_gap,
        },
    }


def _sorted(result: GateResult) -> list[GateCheck]:
    return sorted(result.checks, key=lambda check: _ORDER.index(check.status))


def visible(text: str) -> str:
    """Replace the characters that nobody sees."""
    return _HIDDEN.sub("\N{REPLACEMENT CHARACTER}", text)


def _cell(text: str) -> str:
    """Escape what would end a table cell, a code span, or begin markup."""
    flat = " ".join(text.split())
    return re.sub(r"([\\`*_|\[\]<>~])", r"\\\1", flat)


def _code(text: str) -> str:
    """Return text for a code span, which a backtick would end."""
    return " ".join(text.split()).replace("`", "'")
