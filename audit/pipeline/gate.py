"""The gate: a run, its limits, a baseline and waivers in, one decision with its checks out."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from audit.errors import AuditError, ConfigError, RunLogError
from audit.pipeline import gate_words as words
from audit.pipeline.baseline import check_results_schema, open_baseline
from audit.pipeline.compare import RunComparison, compare_runs
from audit.pipeline.conclude import Conclusions, conclude, ended
from audit.pipeline.folders import utc_now
from audit.pipeline.gate_limits import GateOptions, check_groups
from audit.pipeline.limit_values import check_limits
from audit.pipeline.waivers import read_waivers
from audit.records import CheckStatus, Finding, GateCheck, GateResult, GroupChange, Verdict, Waiver
from audit.runlog import RunLog, read_run
from audit.verdicts import judge

CLOCK_SLACK = timedelta(minutes=5)
_STATUS: dict[Verdict, CheckStatus] = {
    "gap": "gap",
    "concern": "concern",
    "no_gap": "passed",
    "not_enough_evidence": "not_enough_evidence",
}
EXIT_RUN_FAILED = 3


def gate_run(
    run: str | Path,
    options: GateOptions,
    *,
    baseline: RunLog | None = None,
    now: datetime | None = None,
) -> GateResult:
    """Decide whether a run is within its limits.

    Parameters
    ----------
    run : str or Path
        A run folder.
    options : GateOptions
        Limits, baseline and waivers.
    baseline : RunLog, optional
        The run that ``options.baseline`` names, where it was opened before the run was made.
    now : datetime, optional
        Present time in UTC, for the waivers.

    Returns
    -------
    GateResult
        Exit 0 only if every check passed or was waived; 1 for a gap (or a concern, if asked), 4
        where something is uncertain or missing, 3 where the run failed or is partial.

    Raises
    ------
    ConfigError
        If limits, waivers or baseline cannot be used, the baseline is the very run, or the clock
        disagrees with the run's.
    RunLogError, ResultsError
        If the *baseline* cannot be read. A run that cannot be read is a result with ``error``.
    """
    folder = Path(run) if Path(run).is_dir() else Path(run).parent
    try:
        if (folder / "results.json").exists():
            check_results_schema(folder / "results.json")
        log = read_run(folder)
        conclusions = conclude(log)
    except AuditError as error:
        return _failed(folder, str(error))
    if (
        log.footer is not None
        and log.footer.get("status") == "partial"
        and not options.allow_partial
    ):
        return _failed(folder, "the run is partial; --allow-partial accepts that", conclusions)
    moment = now or utc_now()
    _check_clock(conclusions, moment)
    labels = {finding.gap.id: finding.gap.label for finding in conclusions.findings}
    check_groups(options, labels)
    own = {"the run's own limit": conclusions.limits.tolerance}
    check_limits({**options.limits(), **own}, conclusions.outcome)
    waivers = _waivers(options, conclusions, labels, moment)
    comparison = None
    if options.baseline is not None:
        earlier = baseline or open_baseline(options.baseline)
        _check_baseline(earlier, log, options)
        comparison = compare_runs(
            earlier, log, conclusions=conclusions, tolerance=options.max_increase
        )
    checks = _checks(conclusions, options, comparison, log)
    covered = [_waive(check, waivers) for check in checks]
    return GateResult(
        run_id=log.header["run_id"],
        model=log.header["spec"]["model"],
        probe_set=log.header["spec"]["probe_set"],
        unit=conclusions.outcome.unit,
        checks=tuple(covered),
        notes=tuple(_notes(conclusions, options, comparison, covered, waivers)),
        exit_code=exit_code(covered, fail_on_concern=options.fail_on_concern),
        baseline=comparison.earlier.header["run_id"] if comparison else None,
    )


def exit_code(checks: Sequence[GateCheck], *, fail_on_concern: bool) -> int:
    """Return the exit status of a gate's checks; without any check nothing passes."""
    found = {check.status for check in checks}
    if "gap" in found or (fail_on_concern and "concern" in found):
        return 1
    return 4 if found & {"concern", "not_enough_evidence"} or not found else 0


def _failed(folder: Path, error: str, conclusions: Conclusions | None = None) -> GateResult:
    spec = conclusions.results["spec"] if conclusions else {}
    return GateResult(
        run_id=conclusions.results["run_id"] if conclusions else folder.resolve().name,
        model=spec.get("model", "unknown"),
        probe_set=spec.get("probe_set", "unknown"),
        unit="probability",
        checks=(),
        notes=(),
        exit_code=EXIT_RUN_FAILED,
        error=error,
    )


def _check_clock(conclusions: Conclusions, now: datetime) -> None:
    """Refuse to judge dates by a clock that is behind the run's."""
    finished = _moment(conclusions.results["finished"])
    if now + CLOCK_SLACK < finished:
        raise ConfigError(
            f"the clocks disagree: the run finished at {finished:%Y-%m-%d %H:%M} UTC and here it "
            f"is {now:%Y-%m-%d %H:%M} UTC",
            where=conclusions.results["run_id"],
            hint="set this machine's clock; waivers and sign-offs end on dates",
        )


def _moment(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)


def _check_baseline(earlier: RunLog, log: RunLog, options: GateOptions) -> None:
    """Refuse a baseline that says nothing about a change."""
    if earlier.header["run_id"] == log.header["run_id"]:
        raise ConfigError(
            "the baseline is this very run, so that nothing could have changed",
            where=options.baseline,
            hint="name an earlier run, or judge the gaps themselves without --baseline",
        )
    if ended(earlier)["status"] == "partial" and not options.allow_partial:
        raise RunLogError(
            "the baseline is partial; --allow-partial accepts that", where=options.baseline
        )


def _waivers(
    options: GateOptions, conclusions: Conclusions, labels: Mapping[str, str], now: datetime
) -> dict[str, Waiver]:
    if options.waivers is None:
        return {}
    rows = read_waivers(
        Path(options.waivers),
        groups=labels,
        probe=conclusions.results["probe"]["name"],
        today=now.date(),
    )
    return {waiver.group: waiver for waiver in rows}


def _checks(
    conclusions: Conclusions,
    options: GateOptions,
    comparison: RunComparison | None,
    log: RunLog,
) -> list[GateCheck]:
    checks = []
    if options.judges_gaps:
        quick = bool(log.header["spec"]["quick"])
        checks += [
            _limit_check(conclusions, finding, options, quick=quick)
            for finding in conclusions.findings
        ]
    if comparison is not None:
        own = {finding.gap.id: finding for finding in conclusions.findings}
        checks += [
            _limit_check(conclusions, own[row.id], options, quick=False)
            if row.change == "new" and not options.judges_gaps
            else _baseline_check(comparison, row, allow_partial=options.allow_partial)
            for row in comparison.groups
            if row.change != "new" or not options.judges_gaps
        ]
    if options.require_power is not None:
        checks += [
            _power_check(conclusions, finding, options.require_power)
            for finding in conclusions.findings
        ]
    return checks


def _limit_check(
    conclusions: Conclusions, finding: Finding, options: GateOptions, *, quick: bool
) -> GateCheck:
    """Judge one gap against the gate's limit, or the run's own."""
    gap = finding.gap
    limit = options.max_gap_of.get(gap.id, options.max_gap)
    if limit is not None and not quick:
        limits = dataclasses.replace(conclusions.limits, tolerance=limit)
        finding = judge([gap], limits, conclusions.outcome)[0]
    tolerance = limit or conclusions.outcome.tolerance(conclusions.limits)
    return GateCheck(
        kind="limit",
        group=gap.id,
        label=gap.label,
        status=_STATUS[finding.verdict],
        message=words.of_gap(finding, tolerance, conclusions.outcome),
        limit=tolerance,
        estimate=gap.estimate,
        interval=gap.interval,
        p_adjusted=gap.p_adjusted,
        direction=finding.direction,
        reason=finding.reason,
        smallest_detectable_gap=gap.smallest_detectable_gap,
        n_templates=gap.n_templates,
    )


def _baseline_check(
    comparison: RunComparison, row: GroupChange, *, allow_partial: bool
) -> GateCheck:
    """Judge what changed for one group; a gap that shrank passes, one half asked about does not."""
    tolerance = comparison.outcome.tolerance(comparison.limits)
    gap = row.difference.gap if row.difference else None
    status: CheckStatus = "passed" if row.change == "better" else _STATUS[row.verdict]
    message = words.of_change(row, tolerance, comparison.outcome)
    dropped = 0 if allow_partial else comparison.dropped.get(row.id, 0)
    if dropped and status == "passed":
        status, message = "not_enough_evidence", f"{words.dropped(dropped)} {message}"
    return GateCheck(
        kind="baseline",
        group=row.id,
        label=row.label,
        status=status,
        message=message,
        limit=tolerance,
        estimate=gap.estimate if gap else None,
        interval=gap.interval if gap else None,
        p_adjusted=gap.p_adjusted if gap else None,
        direction=row.finding.direction if row.finding else "none",
        reason=row.finding.reason if row.finding else None,
        smallest_detectable_gap=gap.smallest_detectable_gap if gap else None,
        n_templates=gap.n_templates if gap else 0,
    )


def _power_check(conclusions: Conclusions, finding: Finding, required: float) -> GateCheck:
    """Ask whether a gap of the required size would have been seen."""
    gap = finding.gap
    seen = gap.smallest_detectable_gap
    enough = seen is not None and seen <= required
    return GateCheck(
        kind="power",
        group=gap.id,
        label=gap.label,
        status="passed" if enough else "not_enough_evidence",
        message=words.of_power(gap, required, conclusions.outcome),
        limit=required,
        smallest_detectable_gap=seen,
        n_templates=gap.n_templates,
        reason=None if enough else "power",
    )


def _waive(check: GateCheck, waivers: Mapping[str, Waiver]) -> GateCheck:
    """Apply a waiver to a gap or concern; evidence that is missing cannot be waived."""
    waiver = waivers.get(check.group)
    if waiver is None or check.status not in {"gap", "concern"}:
        return check
    if waiver.max_gap is not None and (
        check.estimate is None or abs(check.estimate) > waiver.max_gap
    ):
        return dataclasses.replace(check, message=f"{check.message} {words.beyond(waiver)}")
    return dataclasses.replace(
        check, status="waived", waiver=waiver, message=f"{check.message} {words.waived(waiver)}"
    )


def _notes(
    conclusions: Conclusions,
    options: GateOptions,
    comparison: RunComparison | None,
    checks: Sequence[GateCheck],
    waivers: Mapping[str, Waiver],
) -> list[str]:
    """Return what a reader must know besides the checks."""
    notes = list(comparison.notes) if comparison else []
    fixed = conclusions.outcome.tolerance(conclusions.limits)
    asked = {
        check.limit
        for check in checks
        if check.kind in {"limit", "baseline"} and check.limit != fixed
    }
    if asked:
        notes.append(words.other_limits(sorted(asked), fixed, conclusions.outcome))
    if comparison is not None and not options.judges_gaps:
        notes.append("Only the change since the baseline was judged; name --max-gap to judge gaps.")
    used = {check.group for check in checks if check.status == "waived"}
    notes += [f"The waiver for {group} was not needed." for group in waivers if group not in used]
    if conclusions.results["status"] == "partial":
        notes.append("The run is partial; sentences without an answer count for nothing.")
    return notes
