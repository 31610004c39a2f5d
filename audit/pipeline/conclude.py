"""Everything to the right of the run log: gaps, verdicts, override rules, results, report.

:func:`conclude` is a pure function of the log: the same log gives the same bytes.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from audit.errors import ConfigError, RunLogError
from audit.exports import build_results
from audit.oversight import dump_policy, policy_document, recommend_overrides
from audit.pipeline.header import Header
from audit.pipeline.limit_values import check_limits
from audit.pipeline.mentions import NEUTRAL, group_words
from audit.pipeline.rounds import RoundPlan, judge_rounds
from audit.pipeline.shot_results import prompt_warnings, sensitivity, shot_order_rows
from audit.pipeline.summaries import changed_limits, summarise_variants
from audit.records import (
    Finding,
    Limits,
    Outcome,
    OverrideRule,
    ProbeSet,
    RunWarning,
    Verdict,
)
from audit.report import Evidence, Report, build_report, render_pages
from audit.runlog import RunLog
from audit.statistics import GapSummary, outcome_of
from audit.statistics.override_loads import total_load
from audit.verdicts import exit_code_of, judge, overall_verdict

POLICY_LIFETIME = timedelta(days=365)
EXIT_PARTIAL = 3
TABLES = ("dispersion", "secondary", "intersections", "literature")


@dataclass(frozen=True, eq=False)
class Conclusions:
    """Results, report model and policy of one run; texts are rendered on first use.

    ``findings`` are the judged groups, ``terms`` the judged terms; ``limits`` are those in use,
    tolerance filled in.
    """

    results: dict[str, Any]
    report: Report
    policy: Mapping[str, Any]
    findings: tuple[Finding, ...]
    terms: tuple[Finding, ...]
    limits: Limits
    outcome: Outcome

    @cached_property
    def pages(self) -> dict[str, str]:
        """The report as pages by file name: ``index.html``, and siblings where it is very long."""
        return render_pages(self.report)

    @property
    def html(self) -> str:
        """The report's first page, self-contained."""
        return self.pages["index.html"]

    def files(self) -> dict[str, str]:
        """Return the files of the run folder by name, besides the log."""
        return {
            "results.json": results_text(self.results),
            "override-policy.yaml": dump_policy(self.policy),
            **self.pages,
        }


def results_text(results: Mapping[str, Any]) -> str:
    """Write ``results.json``: stable key order, readable indentation, a final newline.

    A lone surrogate, which is no text but may stand in an answer, is written as JSON's escape.
    """
    text = json.dumps(results, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    return text.encode(errors="backslashreplace").decode()


def conclude(
    log: RunLog,
    *,
    fail_on_concern: bool = False,
    limits: Mapping[str, Any] | None = None,
    comparison: Mapping[str, Any] | None = None,
    signoff: Mapping[str, Any] | None = None,
    traffic: Mapping[str, float] | None = None,
) -> Conclusions:
    """Compute gaps, verdicts, rules, results and report from a run log.

    Parameters
    ----------
    log : RunLog
        A finished run.
    fail_on_concern : bool
        Exit 1 for ``concern`` too.
    limits : mapping, optional
        Limits changed after the run; results and report say so and show those fixed before it.
    comparison : mapping, optional
        The difference to an earlier run, as `audit.pipeline.compare_runs` returns it.
    signoff : mapping, optional
        The sign-off, shown in the report beside the machine verdict.
    traffic : mapping of group id to float, optional
        Share of all texts that mention the group, in [0, 1], for the total review load.

    Raises
    ------
    RunLogError
        If the run has not ended, or ended without being complete or partial.
    ConfigError
        If a changed limit would accept every gap, or a share of the traffic is none or names no
        group.
    """
    footer = ended(log)
    header = Header.of(log.header)
    asked = {"tolerance": (limits or {}).get("tolerance")}
    check_limits(asked, outcome_of(header.task, header.score_range))
    judged = _judged(log, header, changed_limits(header.limits, limits))
    summary, findings = judged.summary, list(judged.groups)
    outcome = summary.outcome
    if log.header["spec"]["quick"]:
        findings = [_too_quick(finding) for finding in findings]
    rules = _rules(header, summary, findings, outcome)
    verdict = overall_verdict(findings)
    results = build_results(
        run={
            **{key: log.header[key] for key in ("run_id", "started", "created_with")},
            **{key: log.header[key] for key in ("spec", "probe")},
            **{key: footer[key] for key in ("finished", "status")},
            "author": log.header.get("author"),
            "limits_sha256": log.header["limits_sha256"],
        },
        verdict=verdict,
        exit_code=_exit_code(footer["status"], verdict, fail_on_concern),
        limits=summary.limits,
        limits_before=dataclasses.replace(
            header.limits, tolerance=outcome.tolerance(header.limits)
        ),
        outcome=outcome,
        overall=summary.overall,
        groups=findings,
        terms=judged.terms,
        placebos=judged.placebos,
        term_records=header.terms(),
        strata=summary.strata,
        reference_sensitivity=summary.reference_sensitivity,
        variance_shares=summary.variance_shares,
        overrides=rules,
        not_tested=(*header.not_tested, *summary.not_tested),
        warnings=(
            *header.warnings,
            *summary.warnings,
            *judged.warnings,
            *_torn(log, footer),
            *prompt_warnings(summary),
        ),
        comparison=comparison,
        drivers=_drivers(log, header, summary),
        words=summary.words,
        gold=summary.gold,
        rounds=judged.rounds,
        override_load=_total_load(rules, traffic, [group.id for group in header.groups]),
        shot_orders=shot_order_rows(log, summary),
        calibration=summary.calibration,
        tables={**{name: getattr(summary, name) for name in TABLES}, **sensitivity(summary)},
    )
    report = build_report(results, _evidence(log, header, summary, signoff))
    policy = _policy(results, rules, header)
    return Conclusions(
        results, report, policy, tuple(findings), tuple(judged.terms), summary.limits, outcome
    )


@dataclass(frozen=True)
class _Judged:
    """A run's gaps with what is judged of them, at once or round by round."""

    summary: GapSummary
    groups: Sequence[Finding]
    terms: Sequence[Finding]
    placebos: Sequence[Finding]
    warnings: Sequence[RunWarning] = ()
    rounds: Mapping[str, Any] | None = None


def _judged(log: RunLog, header: Header, limits: Limits) -> _Judged:
    """Judge a run: once, or by its rounds where the header plans any."""
    plan = RoundPlan.of(log.header)
    if plan is not None:
        found = judge_rounds(log, plan, limits=limits)
        published = found.published(log.header["n_requests"])
        return _Judged(
            found.summary, found.groups, found.terms, found.placebos, found.warnings(), published
        )
    summary = summarise_variants(log, header, limits, log.variants)
    groups, terms, placebos = (
        judge(gaps, summary.limits, summary.outcome)
        for gaps in (summary.groups, summary.terms, summary.placebos)
    )
    return _Judged(summary, groups, terms, placebos)


def ended(log: RunLog) -> Mapping[str, Any]:
    """Return the footer of a run that has results.

    Raises
    ------
    RunLogError
        If the run has not ended, or ended without being complete or partial, or is one shard.
    """
    if (shard := log.header.get("shard")) is not None:
        raise RunLogError(
            f"this is shard {shard} of a run, which decides nothing alone",
            where=log.path.parent.name,
            hint="name the folders of all shards after `audit merge`",
        )
    if log.footer is None or log.footer["status"] in {"interrupted", "failed"}:
        done, total = log.n_answers, log.header.get("n_requests")
        raise RunLogError(
            f"the run did not finish: {done} of {total} sentences were answered",
            where=log.path.parent.name,
            hint="run the same `audit run` command again with --resume and this folder",
        )
    footer, answered = log.footer, log.n_answers
    if footer["status"] == "complete" and footer["n_requests"] != answered:
        raise RunLogError(
            f"the log says it is complete, and holds {answered} of {footer['n_requests']} answers",
            where=log.path.parent.name,
        )
    return footer


def _exit_code(status: str, verdict: Verdict, fail_on_concern: bool) -> int:
    """Keep a partial run's own status even where its conclusions are shown."""
    if status == "partial":
        return EXIT_PARTIAL
    return exit_code_of(verdict, fail_on_concern=fail_on_concern)


def _too_quick(finding: Finding) -> Finding:
    """Take a verdict back: a quick look never decides anything."""
    return dataclasses.replace(
        finding, verdict="not_enough_evidence", reason="design", small_but_real=False
    )


def _rules(
    header: Header, summary: GapSummary, findings: Sequence[Finding], outcome: Outcome
) -> tuple[OverrideRule, ...]:
    """Compute the override rules for what was found."""
    return recommend_overrides(
        findings,
        summary.table,
        summary.answers,
        header.task,
        outcome,
        confidence_level=summary.limits.confidence_level,
        tolerance=outcome.tolerance(summary.limits),
    )


def _total_load(
    rules: Sequence[OverrideRule], traffic: Mapping[str, float] | None, groups: Sequence[str]
) -> Mapping[str, Any] | None:
    """Return the review load of all rules together, or ``None`` where there is no rule."""
    for group, share in (traffic or {}).items():
        if group not in groups or not 0 <= share <= 1:
            raise ConfigError(
                f"{group}={share:g} is no share of the traffic",
                where="--traffic",
                hint=f"GROUP=SHARE with a share from 0 to 1 and a group of: {', '.join(groups)}",
            )
    loads = {
        rule.group: rule.review_load_per_1000
        for rule in rules
        if rule.assumption == "human_like_reference" and rule.review_load_per_1000 is not None
    }
    if not loads:
        return None
    if not traffic:
        of = "texts that mention a group with a rule"
        return {"per_1000": total_load(list(loads.values())), "of": of, "shares": None}
    per_1000 = sum(traffic.get(group, 0.0) * load for group, load in loads.items())
    return {"per_1000": per_1000, "of": "all texts", "shares": dict(traffic)}


def _torn(log: RunLog, footer: Mapping[str, Any]) -> list[RunWarning]:
    """Say aloud what a partial run lacks."""
    missing = footer["n_requests"] - log.n_answers
    if not missing:
        return []
    message = (
        f"{missing} of {footer['n_requests']} sentences were not answered "
        f"({footer.get('error', 'the run stopped')}); conclusions use the rest."
    )
    return [RunWarning(code="partial_run", message=message)]


def _evidence(
    log: RunLog, header: Header, summary: GapSummary, signoff: Mapping[str, Any] | None
) -> Evidence:
    """Collect what the report shows besides the published results."""
    return Evidence(
        pairs=summary.pair_gaps,
        prompt=log.header["prompt"],
        demonstration=log.header["demonstration"],
        notes=tuple(log.footer["notes"]) if log.footer else (),
        groups=header.groups,
        task=header.task,
        signoff=signoff,
    )


def _drivers(log: RunLog, header: Header, summary: GapSummary) -> Mapping[str, Any] | None:
    """Return what the gaps hang on, and what a lexicon knows of the terms but slurs."""
    vocabulary = log.header.get("vocabulary")
    if not summary.drivers and vocabulary is None:
        return None
    slurs = {(g.id, t.id) for g in header.groups for t in g.terms if t.stratum == "slur"}
    if vocabulary is not None:
        shown = {
            name: [row for row in vocabulary[name] if (row["group"], row["term"]) not in slurs]
            for name in ("known", "unknown")
        }
        vocabulary = {**vocabulary, **shown}
    return {"groups": list(summary.drivers), "vocabulary": vocabulary}


def _policy(
    results: Mapping[str, Any], rules: Sequence[OverrideRule], header: Header
) -> Mapping[str, Any]:
    """Write the override policy of the run: rules, mention forms, evidence, expiry."""
    finished = datetime.strptime(results["finished"], "%Y-%m-%dT%H:%M:%SZ")
    language = results["probe"]["language"]
    tag = language.lower().split("-")[0]
    return policy_document(
        rules,
        run_id=results["run_id"],
        results_sha256=hashlib.sha256(results_text(results).encode()).hexdigest(),
        created=results["finished"],
        expires=f"{finished + POLICY_LIFETIME:%Y-%m-%dT%H:%M:%SZ}",
        groups=group_words(header.asked, language),
        neutral={language: NEUTRAL[tag]} if tag in NEUTRAL else {},
        system={key: results["spec"][key] for key in ("model", "revision", "fingerprint")},
        task=header.task,
        probe=ProbeSet(
            sha256=results["spec"]["probe_sha256"],
            **{key: results["probe"][key] for key in ("name", "version", "language", "attribute")},
        ),
    )
