"""The header of a run log, back as records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from audit.errors import ConfigError, RunLogError
from audit.pipeline.limit_values import check_limits
from audit.probes import masked_groups
from audit.records import Group, Limits, NotTested, RunWarning, Task, Term
from audit.runlog import read_header, spec_hash
from audit.statistics import outcome_of


@dataclass(frozen=True)
class Header:
    """What a run log says about its questions, as records.

    ``groups`` is what people see: its slurs are masked; ``asked`` is what was asked.
    """

    task: Task | None
    groups: tuple[Group, ...]
    placebos: tuple[Term, ...]
    fillers: tuple[Term, ...]
    limits: Limits
    not_tested: tuple[NotTested, ...]
    warnings: tuple[RunWarning, ...]
    score_range: tuple[float, float] | None
    asked: tuple[Group, ...] = ()

    def terms(self) -> dict[str, Term]:
        """Return every term and placebo by id."""
        mentioned = (term for group in self.groups for term in group.terms)
        return {term.id: term for term in (*mentioned, *self.placebos)}

    @classmethod
    def of(cls, header: Mapping[str, Any]) -> Header:
        """Read a header.

        Raises
        ------
        RunLogError
            If a field is missing or is not what it should be, or the limits are not those that were
            fixed before the run.
        """
        found = read_header(header)
        if spec_hash(header["limits"]) != header["limits_sha256"]:
            raise RunLogError("the log's limits are not those that were hashed before the run")
        try:
            outcome = outcome_of(found.spec.task, found.score_range)
            check_limits({"limits.tolerance": found.limits.tolerance}, outcome)
        except (ValueError, ConfigError) as error:
            raise RunLogError(f"the log's header cannot be read: {error}") from error
        return cls(
            task=found.spec.task,
            groups=masked_groups(found.groups),
            placebos=found.placebos,
            fillers=found.fillers,
            limits=found.limits,
            not_tested=found.not_tested,
            warnings=found.warnings,
            score_range=found.score_range,
            asked=found.groups,
        )
