"""The header of a run log, back as records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields, replace
from typing import Any

from pydantic import TypeAdapter

from audit.errors import RunLogError
from audit.probes import masked_groups
from audit.records import Group, Limits, NotTested, RunSpec, RunWarning, Task, Term
from audit.runlog import spec_hash

_NEEDED = (
    "run_id", "started", "created_with", "spec", "spec_sha256", "limits", "limits_sha256", "probe",
    "groups", "placebos", "fillers", "score_range", "demonstration", "prompt", "not_tested",
    "warnings", "n_requests",
)  # fmt: skip
_SPEC = tuple(
    item.name
    for item in fields(RunSpec)
    if item.default is MISSING and item.default_factory is MISSING
)


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
        missing = [name for name in _NEEDED if name not in header]
        missing += [f"spec.{name}" for name in _SPEC if name not in (header.get("spec") or {})]
        if missing:
            raise RunLogError(f"the log's header lacks {', '.join(missing)}")
        if spec_hash(header["limits"]) != header["limits_sha256"]:
            raise RunLogError("the log's limits are not those that were hashed before the run")
        try:
            found = TypeAdapter(cls).validate_python(
                {"task": header["spec"]["task"], **{k: header[k] for k in (
                    "groups", "placebos", "fillers", "limits", "not_tested", "warnings",
                    "score_range",
                )}}
            )  # fmt: skip
        except (KeyError, ValueError) as error:
            raise RunLogError(f"the log's header cannot be read: {error}") from error
        return replace(found, groups=masked_groups(found.groups), asked=found.groups)
