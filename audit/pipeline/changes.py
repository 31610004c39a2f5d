"""What changed between two runs: a judged row for each group, term and placebo of either."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from audit.pipeline.comparable import (
    REFERENCE,
    SharedSentences,
    TermKey,
    obstacle,
    same_probe,
    term_key,
)
from audit.pipeline.conclude import Conclusions
from audit.pipeline.header import Header
from audit.records import Finding, GapDifference, GroupChange, Limits, Term, Variant
from audit.runlog import RunLog
from audit.statistics import GapDifferences, compare_gaps
from audit.verdicts import change_of, judge

_NOTHING = GapDifferences((), (), ())
NOT_BEFORE = "not in the earlier run"
NOT_NOW = "not in the later run"
NO_PAIR = "the two runs measured no pair in common"


@dataclass(frozen=True)
class Changes:
    """Two runs over the sentences they share.

    Parameters
    ----------
    earlier, later, headers, shared
        The runs, their headers as records, and the sentences in both.
    after : Conclusions
        Of the later run alone.
    limits : Limits
        With the tolerance that differences are judged by.
    within : float
        How far apart two answers are still the same.
    nothing_else_changed : bool
        Answers are not drawn and the reference's are those of before, so that whoever has the same
        answers has the same gap, however few templates there are.
    """

    earlier: RunLog
    later: RunLog
    headers: tuple[Header, Header]
    shared: SharedSentences
    after: Conclusions
    limits: Limits
    within: float
    nothing_else_changed: bool

    def groups(self) -> list[GroupChange]:
        """Return the later run's groups, then those that only the earlier one has."""
        own = {finding.gap.id: finding for finding in self.after.findings}
        found = {item.gap.id: item for item in self._found[0]}
        before, now = ({v.group for v in log.variants} for log in (self.earlier, self.later))
        rows: list[GroupChange] = []
        for group in (*self.headers[1].groups, *self.headers[0].groups):
            if group.id in {row.id for row in rows}:
                continue
            rows.append(
                self._row(
                    (group.id, group.label, None),
                    (group.id in before, group.id in now),
                    found.get(group.id),
                    own.get(group.id),
                    self._group_blocked(group.id),
                )
            )
        return rows

    def terms(self) -> list[GroupChange]:
        """Return every term of either run."""
        own = {(f.gap.group, f.gap.id): f for f in self.after.terms}
        found = {(item.gap.group, item.gap.id): item for item in self._found[1].terms}
        return [
            self._row(
                (term, label, group),
                self._asked(key),
                found.get((group, term)),
                own.get((group, term)),
                self._term_blocked(key),
            )
            for key, label in self._names("group")
            for _, group, term in (key,)
        ]

    def placebos(self) -> list[GroupChange]:
        """Return every placebo of either run."""
        found = {item.gap.id: item for item in self._found[1].placebos}
        return [
            self._row(
                (key[2], label, None),
                self._asked(key),
                found.get(key[2]),
                None,
                self._term_blocked(key),
            )
            for key, label in self._names("placebo")
        ]

    def _row(
        self,
        name: tuple[str, str, str | None],
        asked: tuple[bool, bool],
        difference: GapDifference | None,
        own: Finding | None,
        blocked: str | None,
    ) -> GroupChange:
        """Return one row; ``asked`` says whether the earlier and the later run asked about it."""
        row = GroupChange(
            id=name[0], label=name[1], group=name[2], change="cannot_compare", why=blocked
        )
        if asked == (False, True):
            return dataclasses.replace(row, change="new", finding=own, why=NOT_BEFORE)
        if asked == (True, False):
            return dataclasses.replace(row, why=NOT_NOW)
        if blocked or difference is None or difference.gap.interval is None:
            return dataclasses.replace(row, why=blocked or NO_PAIR)
        finding = judge([difference.gap], self.limits, self.after.outcome)[0]
        if self.nothing_else_changed and not difference.answers_changed:
            finding = dataclasses.replace(finding, verdict="no_gap", reason=None)
        change = change_of(finding, difference.earlier, difference.later, self.limits)
        return dataclasses.replace(
            row, change=change, difference=difference, finding=finding, why=_caveat(finding)
        )

    def _names(self, role: str) -> Iterator[tuple[TermKey, str]]:
        """Return key and text of every term that either run asked about, the later run's first."""
        seen = set()
        for header in reversed(self.headers):
            named: list[tuple[str, str | None, Term]] = [
                *(("group", group.id, term) for group in header.groups for term in group.terms),
                *(("placebo", None, term) for term in header.placebos),
            ]
            for kind, group, term in named:
                key = (kind, group, term.id)
                if kind == role and key not in seen and any(self._asked(key)):
                    seen.add(key)
                    yield key, term.text

    def _asked(self, key: TermKey) -> tuple[bool, bool]:
        return key in self._keys[0], key in self._keys[1]

    @cached_property
    def _keys(self) -> tuple[frozenset[TermKey], frozenset[TermKey]]:
        first, second = (
            frozenset(term_key(v) for v in log.variants if not v.apart)
            for log in (self.earlier, self.later)
        )
        return first, second

    @cached_property
    def _obstacle(self) -> str | None:
        tasks = self.headers[0].task, self.headers[1].task
        return obstacle(self.earlier, self.later, tasks)

    def _group_blocked(self, group: str) -> str | None:
        """Return why a group cannot be compared, or ``None``."""
        if self._obstacle is not None or same_probe(self.earlier, self.later):
            return self._obstacle
        return _other_probe(self.shared.missing_of(group))

    def _term_blocked(self, key: TermKey) -> str | None:
        """Return why a term cannot be compared, or ``None``; its group's other terms may differ."""
        if self._obstacle is not None or same_probe(self.earlier, self.later):
            return self._obstacle
        missing = self.shared.missing
        return _other_probe(missing.get(key, 0) + missing.get(REFERENCE, 0))

    @cached_property
    def _found(self) -> tuple[tuple[GapDifference, ...], GapDifferences]:
        """Estimate the differences of whole groups, and of single terms and placebos."""
        shared = [v for v in self.shared.variants if not v.apart]
        names = {v.group for v in shared if v.group is not None}
        open_ = {None, *(name for name in names if self._group_blocked(name) is None)}
        whole = [v for v in shared if v.group in open_]
        single = [v for v in shared if self._term_blocked(term_key(v)) is None]
        terms = self._estimate(single)
        return (terms if whole == single else self._estimate(whole)).groups, terms

    def _estimate(self, variants: Sequence[Variant]) -> GapDifferences:
        """Estimate the differences over some of the shared sentences."""
        groups = {variant.group for variant in variants}
        if not groups - {None} and all(v.role == "reference" for v in variants):
            return _NOTHING
        return compare_gaps(
            variants,
            {v.id: self.shared.earlier[v.id] for v in variants},
            {v.id: self.later.predictions[v.id] for v in variants},
            groups=[group for group in self.headers[1].groups if group.id in groups],
            placebos=self.headers[1].placebos,
            outcome=self.after.outcome,
            limits=self.limits,
            rng=np.random.default_rng(self.later.header["spec"]["seed"]),
            within=self.within,
        )


def _other_probe(count: int) -> str | None:
    """Say that a probe file changed, where sentences are missing in one of the runs."""
    if not count:
        return None
    return f"another probe set: {count} of its sentences are not the same in both runs"


def _caveat(finding: Finding) -> str | None:
    """Say what a reader of one row must not overlook."""
    if finding.verdict != "not_enough_evidence":
        return None
    if finding.reason in {"refusals", "unresolved"}:
        return "not enough evidence: it depends on what the answers without a label would have been"
    if finding.reason == "design":
        return f"not enough evidence: {finding.gap.n_templates} templates are in both runs"
    return "not enough evidence: the interval reaches beyond the limit"
