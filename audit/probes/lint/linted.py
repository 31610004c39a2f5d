"""One probe file under lint: what stands where, and the findings so far."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from audit.errors import Problem
from audit.probes.document import Location
from audit.probes.expansion import Expansion
from audit.probes.lint.finding import LintFinding
from audit.probes.load import ReadFile
from audit.probes.masking import mask_slurs
from audit.probes.structure import Placed
from audit.probes.wording import shortened
from audit.records import ProbeSet


@dataclass
class LintedFile:
    """One file: findings, notes on what could not be checked, and the set if it can be used.

    ``expansion`` is ``None`` where the file is invalid.
    """

    path: Path
    findings: list[LintFinding] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    read: ReadFile | None = None
    expansion: Expansion | None = None

    @property
    def probe_set(self) -> ProbeSet | None:
        """The set, where the file can be used."""
        return None if self.read is None else self.read.probe_set

    def add(
        self,
        check: str,
        at: Location,
        message: str,
        hint: str,
        *,
        accepted: str | None = None,
        sources: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        """Note a finding at a location of the YAML, or at its nearest parent."""
        line, column = self._mark(at)
        groups = () if self.probe_set is None else self.probe_set.groups
        said = shortened(mask_slurs(message, groups))
        problem = Problem(said, str(self.path), line, column, shortened(hint))
        self.findings.append(LintFinding(check, problem, accepted, tuple(sources)))

    def add_row(
        self, check: str, line: int, message: str, hint: str, *, accepted: str | None = None
    ) -> None:
        """Note a finding in a line of the table."""
        problem = Problem(shortened(message), self.table(), line, hint=shortened(hint))
        self.findings.append(LintFinding(check, problem, accepted))

    def table(self) -> str:
        """Return the path of the case file as people name it."""
        cases = None if self.probe_set is None else self.probe_set.cases
        return str(self.path if cases is None else self.path.parent / cases.file)

    def line(self, at: Location) -> int:
        """Return the line of a location."""
        return self._mark(at)[0]

    def _mark(self, at: Location) -> tuple[int, int]:
        """Return line and column of a location, or of the nearest parent that has one."""
        if self.read is not None:
            for length in range(len(at), 0, -1):
                mark = self.read.document.values.get(at[:length])
                if mark is not None:
                    return mark
        return 1, 1

    def phrases(self) -> Iterator[tuple[str, Placed[Any]]]:
        """Yield fillers, placebos and terms with their places."""
        return iter(()) if self.read is None else self.read.parts.phrases()

    def place_of_phrase(self, term: str) -> Location:
        """Return where a filler, placebo or term stands, by its id."""
        places = (phrase.at for _, phrase in self.phrases() if phrase.part.id == term)
        return next(places, ())

    def place_of_group(self, group: str) -> Location:
        """Return where a group stands, by its id."""
        groups = () if self.read is None else self.read.parts.groups
        return next((placed.at for placed in groups if placed.part.id == group), ("cases",))

    def place_of_unit(self, unit: str) -> Location:
        """Return where the first template of a carrier stands."""
        templates = () if self.read is None else self.read.parts.templates
        places = (p.at for p in templates if unit in {p.part.carrier, p.part.id})
        return next(places, ("templates",))

    def justification_of_unit(self, unit: str) -> str | None:
        """Return what the file says for a template that is like another."""
        templates = () if self.read is None else self.read.parts.templates
        said = (p.part.justification for p in templates if unit in {p.part.carrier, p.part.id})
        return next(said, None)

    @property
    def justification(self) -> str | None:
        """What the whole set says for testing wordings that are advised against."""
        head = None if self.read is None else self.read.parts.head
        return None if head is None else head.justification
