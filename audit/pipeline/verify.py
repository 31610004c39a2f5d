"""Verify a run: every byte that was signed, who signed it, and whether the decision still holds."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from audit.errors import AuditError
from audit.pipeline.attachments import (
    COMPARISON,
    LOG,
    POLICY,
    REPORT,
    RESULTS,
    SIGNOFF,
    object_text,
    read_attachments,
)
from audit.pipeline.baseline import check_results_schema
from audit.pipeline.conclude import results_text
from audit.pipeline.folders import utc_now
from audit.pipeline.seal import same_person, seal, sha256_of, signature_seal, tool_identity
from audit.pipeline.signoff import CLOCK_SLACK, check_signoff_schema, moment_of
from audit.runlog import read_run

SIGNATURES_NEEDED = 2
_KNOWN = {LOG, RESULTS, POLICY, REPORT, COMPARISON, SIGNOFF}


@dataclass(frozen=True)
class Verification:
    """What was found: ``findings`` speak against relying on the run, ``notes`` do not."""

    findings: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        """Whether nothing was found."""
        return not self.findings


def verify_run(run: str | Path, *, now: datetime | None = None) -> Verification:
    """Check a run folder and its sign-off.

    Parameters
    ----------
    run : str or Path
        A run folder.
    now : datetime, optional
        Present time in UTC.

    Returns
    -------
    Verification
        A finding for every file that is not the one signed, for results or report that the log
        does not give, and for a decision that is missing, incomplete, rejected or expired. Hashes
        find every edit, but whoever rewrites all files and all hashes is found only by comparing
        ``record_sha256`` with a copy kept elsewhere.
    """
    folder = Path(run) if Path(run).is_dir() else Path(run).parent
    found = Verification()
    same_tool = _check_log(folder, found)
    document = _read_signoff(folder, found)
    if document is not None:
        try:
            _check_record(folder, document, found, now or utc_now())
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            found.findings.append(f"{SIGNOFF} is not a sign-off: {error!r}")
    signed = _files_of(document or {})
    checked = _check_recomputed(folder, found) if same_tool else set()
    found.notes.extend(
        f"{path.name} is no part of the run and was not checked"
        for path in sorted(folder.iterdir())
        if path.name not in {*_KNOWN, *signed, *checked}
    )
    return found


def _check_log(folder: Path, found: Verification) -> bool:
    """Check the log by its own checksums; say whether this version of the tool made the run."""
    try:
        log = read_run(folder)
    except AuditError as error:
        found.findings.append(str(error))
        return False
    if log.footer is None or log.footer["status"] != "complete":
        found.findings.append("the run is not complete")
    made, here = log.header.get("created_with"), tool_identity()["version"]
    if made != here:
        found.notes.append(
            f"made with {made}, and this is {here}: results and report were not computed again"
        )
    return made == here


def _read_signoff(folder: Path, found: Verification) -> dict[str, Any] | None:
    path = folder / SIGNOFF
    if not path.exists():
        found.findings.append("nobody has signed this run")
        return None
    try:
        document = json.loads(path.read_bytes())
        check_signoff_schema(document)
    except AuditError as error:
        found.findings.append(str(error))
        return None
    except (ValueError, AttributeError):
        found.findings.append(f"{SIGNOFF} cannot be read: it is torn or was edited")
        return None
    if path.read_bytes() != object_text(document).encode():
        found.findings.append(f"{SIGNOFF} was edited: it is not written as the tool writes it")
    return dict(document)


def _check_record(
    folder: Path, document: Mapping[str, Any], found: Verification, now: datetime
) -> None:
    record = document["record"]
    if seal(record) != document["record_sha256"]:
        found.findings.append("the signed record was edited")
    hashes = {
        **{name: value for name, value in record["files"].items() if name != "report"},
        REPORT: document["page_sha256"],
    }
    for name, expected in hashes.items():
        path = folder / name
        if not path.is_file():
            found.findings.append(f"{name} was signed and is missing")
        elif sha256_of(path.read_bytes()) != expected:
            found.findings.append(f"{name} was changed after signing")
    if COMPARISON not in record["files"] and (folder / COMPARISON).exists():
        found.findings.append(f"{COMPARISON} was added after signing")
    _check_signatures(document, found, now)
    _check_decision(document, found, now)
    _check_tool(record["tool"], found)


def _check_signatures(document: Mapping[str, Any], found: Verification, now: datetime) -> None:
    record, signatures = document["record"], document["signatures"]
    previous, clock = None, moment_of(record["run_finished"])
    names: list[str] = [record["run_author"]]
    for each in signatures:
        chained = signature_seal(document["record_sha256"], previous, each)
        if each["sha256"] != chained or each["previous_sha256"] != previous:
            found.findings.append(f"the signature of {each['name']} was edited")
        previous = each["sha256"]
        if same_person(each["name"], record["run_author"]):
            found.findings.append(f"{each['name']} made the run and signed it")
        elif any(same_person(each["name"], name) for name in names):
            found.findings.append(f"{each['name']} signed twice")
        names.append(each["name"])
        moment = moment_of(each["time"])
        if moment + CLOCK_SLACK < clock:
            found.findings.append(
                f"the clocks disagree: {each['name']} signed at {each['time']}, before the run or "
                "an earlier signature"
            )
        if moment > now + CLOCK_SLACK:
            found.findings.append(
                f"the clocks disagree: {each['name']} signed at {each['time']}, which is later "
                "than now"
            )
        clock = max(clock, moment)
    if len(signatures) < SIGNATURES_NEEDED:
        found.findings.append(f"{len(signatures)} of {SIGNATURES_NEEDED} signatures")


def _check_decision(document: Mapping[str, Any], found: Verification, now: datetime) -> None:
    expires = date.fromisoformat(document["record"]["expires"])
    if now.date() > expires:
        found.findings.append(f"the decision expired on {expires}")
    for each in document["signatures"]:
        if each["decision"] == "reject":
            found.findings.append(f"{each['name']} rejected the release")
        found.notes.extend(f"condition of {each['name']}: {text}" for text in each["conditions"])


def _check_tool(signed: Mapping[str, str], found: Verification) -> None:
    here = tool_identity()
    if signed["version"] != here["version"]:
        found.notes.append(f"signed with {signed['version']}, and this is {here['version']}")
    elif signed["sha256"] != here["sha256"]:
        found.findings.append(f"the files of {here['version']} are not those it was signed with")


def _files_of(document: Mapping[str, Any]) -> set[str]:
    """Return the names of the files that a sign-off is about."""
    files = (document.get("record") or {}).get("files")
    return set(files) if isinstance(files, dict) else set()


def _check_recomputed(folder: Path, found: Verification) -> set[str]:
    """Compute results and report again from the log, compare them, and return their names."""
    try:
        if (folder / RESULTS).exists():
            check_results_schema(folder / RESULTS)
        attached = read_attachments(folder)
        conclusions = attached.conclude(read_run(folder))
        texts = {RESULTS: results_text(conclusions.results), **conclusions.pages}
    except AuditError as error:
        found.findings.append(str(error))
        return set()
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        found.findings.append(f"results and report cannot be computed again: {error!r}")
        return set()
    for name, text in texts.items():
        path = folder / name
        if not path.is_file():
            found.findings.append(f"{name} is missing")
        elif path.read_bytes() != text.encode():
            found.findings.append(f"{name} is not what the log gives")
    if conclusions.results["limits"]["changed_after_run"]:
        found.notes.append("the limits were changed after the run; the report shows both")
    return set(texts)
