"""A gate as JUnit, GitHub annotations, text, Markdown and JSON."""

import dataclasses
import json
from datetime import date
from xml.etree import ElementTree as ET

import pytest
from junitparser import JUnitXml

from audit.exports.gate_text import gate_json, gate_markdown, gate_text
from audit.exports.github import github_annotations
from audit.exports.junit import junit_xml
from audit.records import GateCheck, GateResult, Interval, Waiver

INTERVAL = Interval(low=0.1, high=0.3, confidence_level=0.95, method="m")
WAIVER = Waiver(group="w", owner="Ana", reason="mending", expires=date(2027, 1, 2))
CHECKS = tuple(
    GateCheck(
        kind="limit", group=status[0], label=f"Group {status}", status=status,
        message=f"m {status}", limit=0.05, estimate=0.2, interval=INTERVAL, p_adjusted=0.001,
        direction="worse", smallest_detectable_gap=0.04, n_templates=48,
        waiver=WAIVER if status == "waived" else None,
    )
    for status in ("passed", "gap", "concern", "not_enough_evidence", "waived")
)  # fmt: skip
RESULT = GateResult(
    run_id="r1", model="m", probe_set="p 1", unit="probability", checks=CHECKS, notes=("n",),
    exit_code=1, baseline="r0",
)  # fmt: skip
HOSTILE = "x\x1b[31m\x00]]><b>%0A::error::|`\nnext"


def cases(text):
    suite = ET.fromstring(text).find("testsuite")  # noqa: S314 - our own text
    return suite, {case.get("name").split(":")[0]: case for case in suite.findall("testcase")}


def test_junit_maps_every_status():
    suite, found = cases(junit_xml([RESULT]))
    assert {name: [child.tag for child in case][1:] for name, case in found.items()} == {
        "p": ["system-out"], "g": ["failure"], "c": ["skipped"], "n": ["skipped"],
        "w": ["system-out"],
    }  # fmt: skip
    counts = {name: suite.get(name) for name in ("tests", "failures", "errors", "skipped")}
    assert counts == {"tests": "5", "failures": "1", "errors": "0", "skipped": "2"}
    assert found["n"].find("skipped").get("message") == (
        "Group not_enough_evidence: m not_enough_evidence"
    )


def test_junit_carries_effect_sizes_as_properties():
    _, found = cases(junit_xml([RESULT]))
    values = {p.get("name"): p.get("value") for p in found["g"].iter("property")}
    assert (values["estimate"], values["interval_low"], values["limit"]) == ("0.2", "0.1", "0.05")
    waived = {p.get("name"): p.get("value") for p in found["w"].iter("property")}
    assert (waived["waived_by"], waived["waived_until"]) == ("Ana", "2027-01-02")


def test_a_concern_fails_where_asked():
    _, found = cases(junit_xml([RESULT], fail_on_concern=True))
    assert found["c"].find("failure").get("type") == "concern"
    assert "::error title=audit%3A Group concern" in github_annotations(
        RESULT, fail_on_concern=True
    )


def test_a_run_that_failed_is_an_error():
    failed = dataclasses.replace(RESULT, checks=(), error="log damaged", exit_code=3)
    suite, found = cases(junit_xml([failed]))
    assert suite.get("errors") == "1"
    assert found["the run"].find("error").get("message") == "log damaged"
    assert github_annotations(failed).startswith("::error")
    assert "ERROR  log damaged" in gate_text(failed)
    assert "(exit 3)" in gate_markdown(failed)


def test_junit_is_what_the_schema_of_ci_systems_asks():
    root = ET.fromstring(junit_xml([RESULT, RESULT]))  # noqa: S314 - our own text
    assert root.tag == "testsuites"
    assert root.get("tests") == "10"
    assert len(root.findall("testsuite")) == 2


def test_another_librarys_parser_reads_the_junit_and_writes_the_same(tmp_path):
    hostile = dataclasses.replace(CHECKS[1], label=HOSTILE, message=HOSTILE)
    broken = dataclasses.replace(RESULT, checks=(hostile,), error="the disk was full", exit_code=3)
    text = junit_xml([RESULT, broken])
    parsed = JUnitXml.fromstring(text.encode())
    assert (parsed.tests, parsed.failures, parsed.errors, parsed.skipped) == (7, 2, 1, 2)
    outcomes = {
        case.name.split(":")[0]: [type(result).__name__ for result in case.result]
        for case in next(iter(parsed))
    }
    assert outcomes == {"p": [], "g": ["Failure"], "c": ["Skipped"], "n": ["Skipped"], "w": []}
    counted = parsed.tests, parsed.failures, parsed.errors, parsed.skipped
    parsed.update_statistics()  # by its own count of the cases
    assert (parsed.tests, parsed.failures, parsed.errors, parsed.skipped) == counted
    parsed.write(str(tmp_path / "again.xml"))
    again = JUnitXml.fromfile(str(tmp_path / "again.xml"))
    assert [case.name for suite in again for case in suite] == [
        case.get("name")
        for case in ET.fromstring(text).iter("testcase")  # noqa: S314 - our own
    ]


@pytest.mark.parametrize("write", [junit_xml, github_annotations, gate_text, gate_markdown])
def test_hostile_text_does_nothing(write):
    check = dataclasses.replace(CHECKS[1], label=HOSTILE, message=HOSTILE)
    result = dataclasses.replace(RESULT, checks=(check,), model=HOSTILE, notes=(HOSTILE,))
    text = write([result] if write is junit_xml else result)
    assert "\x1b" not in text
    assert "\x00" not in text
    if write is junit_xml:
        assert "[31m" in ET.fromstring(text).find(".//failure").get("message")  # noqa: S314
    if write is github_annotations:
        assert len(text.splitlines()) == 1
        assert text.count("::error") == 2  # its own, and one inside the message
        assert text.index("::error", 1) > text.index("::", 8)


def test_text_puts_the_worst_first_and_the_decision_last():
    lines = gate_text(RESULT).splitlines()
    assert lines[2].startswith("GAP  Group gap (g): m gap")
    assert lines[-1] == "The gate fails: a gap beyond the limit. (exit 1)"


def test_json_says_everything():
    whole = json.loads(json.dumps(gate_json(RESULT)))
    assert (whole["schema_version"], whole["passed"], whole["exit_code"]) == (1, False, 1)
    assert whole["checks"][4]["waiver"]["owner"] == "Ana"
    assert len(whole["checks"]) == 5
