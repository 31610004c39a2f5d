"""The sign-off of a run: what was decided, by whom, on which bytes."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from audit.errors import ConfigError, ResultsError
from audit.pipeline.attachments import (
    COMPARISON,
    LOG,
    POLICY,
    REPORT,
    RESULTS,
    SIGNOFF,
    Attachments,
    object_text,
    read_attachments,
)
from audit.pipeline.conclude import results_text
from audit.pipeline.folders import timestamp, utc_now, write_atomically
from audit.pipeline.seal import same_person, seal, sha256_of, signature_seal, tool_identity
from audit.runlog import RunLog, read_run

SCHEMA_VERSION = 1
KIND = "audit-signoff"
CLOCK_SLACK = timedelta(minutes=5)
Decision = Literal["approve", "approve_with_conditions", "reject"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """What one person says when signing.

    The first signature also gives ``residual_risk``, ``risk_accepted_by``, ``oversight_plan`` and
    ``expires``; later ones are about the same record. ``author`` is who made the run, needed only
    where the run's log does not say.
    """

    by: str
    decision: Decision
    role: str = ""
    conditions: tuple[str, ...] = ()
    reason: str = ""
    residual_risk: str = ""
    risk_accepted_by: str = ""
    oversight_plan: str = ""
    expires: date | None = None
    author: str | None = None


def sign(run: str | Path, signature: Signature, *, now: datetime | None = None) -> dict[str, Any]:
    """Sign a run; the second signature completes the sign-off.

    Parameters
    ----------
    run : str or Path
        A run folder whose files are as the log gives them.
    signature : Signature
        Who decides what.
    now : datetime, optional
        Present time in UTC.

    Returns
    -------
    dict
        The sign-off as written to ``signoff.json``; ``index.html`` shows it.

    Raises
    ------
    ConfigError
        If the run's author signs, a person signs twice, something is missing, or the clock is
        behind the run's or the earlier signature's.
    RunLogError, ResultsError
        If anything was edited: nobody signs what is not the run.
    """
    folder = Path(run) if Path(run).is_dir() else Path(run).parent
    moment = (now or utc_now()).replace(microsecond=0)
    log = read_run(folder)
    attached = read_attachments(folder)
    document = attached.signoff
    hashes = _file_hashes(folder, log, attached)
    if document is None:
        document = _new_document(log, attached, signature, hashes, moment)
    else:
        _check_document(folder, document, hashes)
        if signature.expires or signature.residual_risk or signature.oversight_plan:
            raise ConfigError(
                "the first signature has fixed risk, oversight plan and expiry; sign the same "
                "record, or state your own --reason or --condition",
                where=SIGNOFF,
            )
    _check_signer(document, signature, moment)
    signatures = document["signatures"]
    previous = signatures[-1]["sha256"] if signatures else None
    entry = {
        "name": signature.by.strip(),
        "role": signature.role.strip(),
        "time": timestamp(moment),
        "decision": signature.decision,
        "conditions": [text.strip() for text in signature.conditions],
        "reason": signature.reason.strip(),
        "previous_sha256": previous,
    }
    entry["sha256"] = signature_seal(document["record_sha256"], previous, entry)
    signed = {**document, "signatures": [*signatures, entry]}
    pages = dataclasses.replace(attached, signoff=signed).conclude(log).pages
    signed["page_sha256"] = sha256_of(pages[REPORT])
    write_atomically(folder / SIGNOFF, object_text(signed))
    for name, text in pages.items():
        write_atomically(folder / name, text)
    return signed


def _file_hashes(folder: Path, log: RunLog, attached: Attachments) -> dict[str, str]:
    """Hash what is signed, after checking that results and report are what the log gives."""
    conclusions = attached.conclude(log, signed=False)
    hashes = {"report": sha256_of(conclusions.html)}
    for name in (LOG, RESULTS, POLICY, *((COMPARISON,) if attached.comparison else ())):
        path = folder / name
        if not path.is_file():
            raise ResultsError(f"{name} is missing", where=folder.resolve().name, hint=_RENDER)
        hashes[name] = sha256_of(path.read_bytes())
    shown = attached.conclude(log).pages if attached.signoff else conclusions.pages
    wrong = [RESULTS] if hashes[RESULTS] != sha256_of(results_text(conclusions.results)) else []
    for name, text in shown.items():
        page = folder / name
        if not page.is_file() or page.read_bytes() != text.encode():
            wrong.append(name)
        if name != REPORT:  # the first page changes with every signature
            hashes[name] = sha256_of(text)
    if wrong:
        raise ResultsError(
            f"not what the log gives: {', '.join(wrong)}; edited, or made by another version",
            where=folder.resolve().name,
            hint=_RENDER,
        )
    return hashes


_RENDER = "render the run again from its log before signing: audit report RUN"


def _new_document(
    log: RunLog,
    attached: Attachments,
    signature: Signature,
    hashes: Mapping[str, str],
    now: datetime,
) -> dict[str, Any]:
    """Write the record that every signature is about."""
    results = attached.conclude(log, signed=False).results
    if results["status"] != "complete":
        raise ConfigError("only a complete run can be signed", where=results["run_id"])
    _check_grounds(signature, now)
    record = {
        "run_id": results["run_id"],
        "run_author": _author(log, signature),
        "model": results["spec"]["model"],
        "revision": results["spec"]["revision"],
        "fingerprint": results["spec"]["fingerprint"],
        "probe_set": results["spec"]["probe_set"],
        "probe_sha256": results["spec"]["probe_sha256"],
        "spec_sha256": log.header["spec_sha256"],
        "versions": results["spec"]["versions"],
        "tool": dict(tool_identity()),
        "files": dict(hashes),
        "run_finished": results["finished"],
        "limits": results["limits"],
        "machine_verdict": results["verdict"],
        "results": [
            {
                key: row[key]
                for key in ("id", "label", "verdict", "reason", "direction", "estimate",
                            "interval", "smallest_detectable_gap")
            }
            for row in results["groups"]
        ],
        "not_tested": results["not_tested"],
        "residual_risk": signature.residual_risk.strip(),
        "risk_accepted_by": signature.risk_accepted_by.strip(),
        "oversight_plan": signature.oversight_plan.strip(),
        "expires": signature.expires.isoformat() if signature.expires else None,
    }  # fmt: skip
    return {
        "schema_version": SCHEMA_VERSION,
        "kind": KIND,
        "record": record,
        "record_sha256": seal(record),
        "signatures": [],
        "page_sha256": None,
    }


def _author(log: RunLog, signature: Signature) -> str:
    """Return who made the run, from the log or, failing that, from the signer."""
    recorded, given = log.header.get("author"), (signature.author or "").strip()
    if recorded:
        if given and not same_person(recorded, given):
            raise ConfigError(f"the run's log names another author: {recorded}", where="--author")
        return str(recorded)
    if not given:
        raise ConfigError(
            "the log does not say who made the run, and nobody signs their own run",
            where="--author",
            hint="name the run's author; next time give --author (or AUDIT_AUTHOR) to `audit run`",
        )
    return given


def _check_grounds(signature: Signature, now: datetime) -> None:
    """Ask the first signature for everything a decision rests on."""
    if signature.expires is None or signature.expires <= now.date():
        raise ConfigError(
            "a decision ends: name a day after today", where="--expires", hint="write YYYY-MM-DD"
        )
    if signature.decision == "reject":
        return
    for option, value in (
        ("--residual-risk", signature.residual_risk),
        ("--risk-owner", signature.risk_accepted_by),
        ("--oversight", signature.oversight_plan),
    ):
        if not value.strip():
            raise ConfigError("an approval must say this", where=option)


def _check_document(folder: Path, document: Mapping[str, Any], hashes: Mapping[str, str]) -> None:
    """Refuse to add a signature to a record that no longer fits its run."""
    check_signoff_schema(document)
    if (folder / SIGNOFF).read_text(encoding="utf-8") != object_text(dict(document)):
        raise ResultsError("signoff.json was edited", where=folder.resolve().name, hint=_VERIFY)
    if seal(document["record"]) != document["record_sha256"]:
        raise ResultsError("the signed record was edited", where=SIGNOFF, hint=_VERIFY)
    signed = document["record"]["files"]
    other = sorted(name for name in {*signed, *hashes} if signed.get(name) != hashes.get(name))
    if other:
        raise ResultsError(
            f"changed since the first signature: {', '.join(other)}",
            where=folder.resolve().name,
            hint=_VERIFY,
        )


_VERIFY = "see `audit verify RUN`; to start over, remove signoff.json and sign anew"


def check_signoff_schema(document: Mapping[str, Any]) -> None:
    """Refuse a sign-off of another schema.

    Raises
    ------
    ResultsError
        Saying which.
    """
    version = document.get("schema_version")
    if version != SCHEMA_VERSION or document.get("kind") != KIND:
        raise ResultsError(
            f"the sign-off has schema version {version}; this audit reads {SCHEMA_VERSION}",
            where=SIGNOFF,
            hint="install a newer audit",
        )


def _check_signer(document: Mapping[str, Any], signature: Signature, now: datetime) -> None:
    """Refuse the run's author, a second signature of one person, and a clock that is behind."""
    if not re.search(r"\w", signature.by):
        raise ConfigError("a signature has a name", where="--by")
    if signature.decision == "approve_with_conditions" and not any(
        text.strip() for text in signature.conditions
    ):
        raise ConfigError("name at least one condition", where="--condition")
    record = document["record"]
    if same_person(signature.by, record["run_author"]):
        raise ConfigError(
            f"{signature.by.strip()} made this run, and nobody signs their own run",
            where="--by",
            hint="let two other people sign",
        )
    for earlier in document["signatures"]:
        if same_person(signature.by, earlier["name"]):
            raise ConfigError(
                f"{earlier['name']} has signed already; the second signature is another person's",
                where="--by",
            )
    times = [record["run_finished"], *(each["time"] for each in document["signatures"])]
    latest = max(moment_of(text) for text in times)
    if now + CLOCK_SLACK < latest:
        raise ConfigError(
            f"the clocks disagree: the run or an earlier signature is dated {timestamp(latest)}, "
            f"and here it is {timestamp(now)}",
            hint="set this machine's clock before signing",
        )


def moment_of(text: str) -> datetime:
    """Read a UTC time as it is written in files."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
