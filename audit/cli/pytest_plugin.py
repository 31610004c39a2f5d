"""A pytest plugin: the ``audit_gate`` fixture runs an audit and its gate inside a test suite.

Importing this module costs next to nothing; the audit is imported when a test asks for the fixture.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from audit.records import GateResult

_SETTINGS = {
    "audit_model": "What to audit where a test names no model.",
    "audit_baseline": "Baseline of the gate: a file of `audit bless`, a run folder, git:REF:PATH.",
    "audit_max_gap": "Largest gap in either direction, in the estimate's unit.",
    "audit_limits": "Limits file of the gate.",
    "audit_waivers": "Waivers file of the gate.",
    "audit_output": "Folder for the runs (default: the test's temporary folder).",
    "audit_fail_on": "gap or concern: from which verdict on a test fails (default: gap).",
    "audit_not_enough_evidence": "fail or skip where nothing can be said (default: fail).",
}
_CHOICES = {"fail_on": ("gap", "concern"), "not_enough_evidence": ("fail", "skip")}
_FILES = ("baseline", "limits", "waivers", "output")
AuditGate = Callable[..., "GateResult"]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the settings for ``pytest.ini`` or ``[tool.pytest.ini_options]``."""
    for name, text in _SETTINGS.items():
        parser.addini(name, text)


@pytest.fixture
def audit_gate(request: pytest.FixtureRequest, tmp_path: Path) -> AuditGate:
    """Return a function that audits a classifier and fails the test if the gate does not pass.

    ``audit_gate(probes, model=None, *, baseline=None, max_gap=None, waivers=None, **limits)``
    returns the `audit.records.GateResult` of a gate that passed. ``probes`` is a probe file or a
    shipped name; what is not given comes from the ini settings. ``limits`` are further fields of
    `audit.pipeline.gate_limits.GateOptions`.
    """
    settings = _settings(request.config)

    def gate(
        probes: str | Path,
        model: str | None = None,
        *,
        baseline: str | Path | None = None,
        max_gap: float | None = None,
        waivers: str | Path | None = None,
        **limits: Any,
    ) -> GateResult:
        from audit.pipeline import run_audit
        from audit.pipeline.baseline import open_baseline
        from audit.pipeline.gate import gate_run
        from audit.pipeline.gate_limits import GateOptions, with_limits_file

        fallback = float(settings["max_gap"]) if settings["max_gap"] else None
        chosen = {
            "baseline": str(baseline or settings["baseline"]) or None,
            "max_gap": max_gap if max_gap is not None else fallback,
            "waivers": str(waivers or settings["waivers"]) or None,
            "fail_on_concern": settings["fail_on"] == "concern",
        }
        options = GateOptions(**{**chosen, **limits})
        if settings["limits"]:
            options = with_limits_file(options, settings["limits"])
        earlier = open_baseline(options.baseline) if options.baseline else None
        output = settings["output"] or tmp_path / "audit"
        run = run_audit(probes, model or settings["model"] or None, output=output)
        result = gate_run(run.folder, options, baseline=earlier)
        _report(request, result)
        _decide(result, skip=settings["not_enough_evidence"] == "skip")
        return result

    return gate


def _settings(config: pytest.Config) -> dict[str, str]:
    """Read the ini settings; a file named there lies beside the ini file."""
    found = {name.removeprefix("audit_"): str(config.getini(name)).strip() for name in _SETTINGS}
    for name, allowed in _CHOICES.items():
        if found[name] and found[name] not in allowed:
            raise pytest.UsageError(f"audit_{name} must be {' or '.join(allowed)}")
    try:
        float(found["max_gap"] or 0)
    except ValueError:
        raise pytest.UsageError("audit_max_gap must be a number") from None
    for name in _FILES:
        if found[name] and not found[name].startswith("git:"):
            found[name] = str(config.rootpath / found[name])
    return found


def _report(request: pytest.FixtureRequest, result: GateResult) -> None:
    """Put the effect sizes into pytest's own JUnit file."""
    for check in result.checks:
        request.node.user_properties.append((f"{check.group}.{check.kind}", check.message))


def _decide(result: GateResult, *, skip: bool) -> None:
    """Fail the test unless the gate passed; on request skip where nothing can be said."""
    if result.passed:
        return
    from audit.exports.gate_text import gate_text

    text = gate_text(result)
    undecided = all(check.status != "concern" for check in result.checks)
    if skip and result.exit_code == 4 and undecided:
        pytest.skip(text)
    pytest.fail(text, pytrace=False)
