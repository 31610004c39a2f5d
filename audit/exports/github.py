"""A gate's checks for GitHub Actions: annotations on the job, and a step summary."""

from __future__ import annotations

from audit.exports.gate_text import gate_markdown, visible
from audit.records import GateCheck, GateResult

_LEVELS = {"gap": "error", "concern": "warning", "not_enough_evidence": "warning",
           "waived": "notice"}  # fmt: skip


def github_annotations(result: GateResult, *, fail_on_concern: bool = False) -> str:
    """Write workflow commands, one line for each check that did not simply pass.

    Returns
    -------
    str
        ``::error``, ``::warning`` and ``::notice`` lines. Text from outside is escaped, so that no
        label can start a command of its own.
    """
    if result.error is not None:
        return annotation("error", f"audit: {result.probe_set}", f"The run failed: {result.error}")
    lines = [
        annotation(_level(check, fail_on_concern), f"audit: {check.label}", check.message)
        for check in result.checks
        if check.status != "passed"
    ]
    return "\n".join(lines)


def github_summary(result: GateResult) -> str:
    """Return the step summary, in Markdown."""
    return gate_markdown(result)


def _level(check: GateCheck, fail_on_concern: bool) -> str:
    if check.status == "concern" and fail_on_concern:
        return "error"
    return _LEVELS[check.status]


def annotation(
    level: str, title: str, message: str, *, file: str | None = None, line: int | None = None
) -> str:
    """Write one workflow command; text from outside cannot start a command of its own.

    Parameters
    ----------
    level : {'error', 'warning', 'notice'}
        How it is shown.
    title, message : str
        What is said.
    file, line : optional
        Where it is said.
    """
    place = f"file={_property(file)},line={line or 1}," if file is not None else ""
    return f"::{level} {place}title={_property(title)}::{_data(message)}"


def _data(text: str) -> str:
    return visible(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
