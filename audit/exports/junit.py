"""A gate's checks as JUnit XML, which every CI system reads."""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.etree import ElementTree as ET

from audit.records import GateCheck, GateResult

# What XML 1.0 cannot hold even as a reference.
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NAMES = {"limit": "gap within the limit", "baseline": "no larger gap than in the baseline",
          "power": "enough power"}  # fmt: skip


def junit_xml(results: Sequence[GateResult], *, fail_on_concern: bool = False) -> str:
    """Write gate results as one JUnit document.

    Parameters
    ----------
    results : sequence of GateResult
        One test suite each.
    fail_on_concern : bool
        A concern is a failure then; else it is skipped with its sentence as the reason.

    Returns
    -------
    str
        A gap is a ``failure``, a run that failed an ``error``, not enough evidence ``skipped``
        with its reason, a waived gap passes. Effect sizes are properties of each case.
    """
    root = ET.Element("testsuites", name="audit gate")
    for result in results:
        _suite(root, result, fail_on_concern=fail_on_concern)
    for name in ("tests", "failures", "errors", "skipped"):
        root.set(name, str(sum(int(suite.get(name, "0")) for suite in root)))
    ET.indent(root, " ")
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _suite(root: ET.Element, result: GateResult, *, fail_on_concern: bool) -> None:
    suite = ET.SubElement(root, "testsuite", name=_clean(f"audit gate: {result.probe_set}"))
    _properties(
        suite,
        {
            "run_id": result.run_id,
            "model": result.model,
            "probe_set": result.probe_set,
            "baseline_run_id": result.baseline,
            "exit_code": result.exit_code,
        },
    )
    if result.error is not None:
        case = ET.SubElement(suite, "testcase", classname="audit.gate", name="the run")
        ET.SubElement(case, "error", message=_clean(result.error), type="run_error")
    for check in result.checks:
        _case(suite, check, fail_on_concern=fail_on_concern)
    if result.notes:
        ET.SubElement(suite, "system-out").text = _clean("\n".join(result.notes))
    for name, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(name, str(len(suite.findall(f"testcase/{tag}"))))
    suite.set("tests", str(len(suite.findall("testcase"))))


def _case(suite: ET.Element, check: GateCheck, *, fail_on_concern: bool) -> None:
    case = ET.SubElement(
        suite,
        "testcase",
        classname=_clean(f"audit.gate.{check.kind}"),
        name=_clean(f"{check.group}: {_NAMES[check.kind]}"),
    )
    interval = check.interval
    _properties(
        case,
        {
            "group": check.group,
            "label": check.label,
            "status": check.status,
            "estimate": check.estimate,
            "interval_low": interval.low if interval else None,
            "interval_high": interval.high if interval else None,
            "confidence_level": interval.confidence_level if interval else None,
            "limit": check.limit,
            "p_adjusted": check.p_adjusted,
            "direction": check.direction,
            "smallest_detectable_gap": check.smallest_detectable_gap,
            "n_templates": check.n_templates,
            "waived_by": check.waiver.owner if check.waiver else None,
            "waived_until": check.waiver.expires.isoformat() if check.waiver else None,
        },
    )
    message = _clean(f"{check.label}: {check.message}")
    if check.status == "gap" or (check.status == "concern" and fail_on_concern):
        ET.SubElement(case, "failure", message=message, type=check.status).text = message
    elif check.status in {"concern", "not_enough_evidence"}:
        ET.SubElement(case, "skipped", message=message)
    else:
        ET.SubElement(case, "system-out").text = message


def _properties(parent: ET.Element, values: dict[str, object]) -> None:
    properties = ET.SubElement(parent, "properties")
    for name, value in values.items():
        if value is not None:
            ET.SubElement(properties, "property", name=name, value=_clean(str(value)))


def _clean(text: str) -> str:
    """Replace the characters that XML cannot hold."""
    return _FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", text)
