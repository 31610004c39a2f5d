"""Small audits for the tests of the statistics: tables of cell values as variants and answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from audit.records import Group, Limits, Prediction, Task, Term, Variant
from audit.statistics import GapSummary, outcome_of, summarise_gaps

TASK = Task(labels=("Good", "Bad"), favourable="Good")
GOLDEN_A = ((0, 0.2, 0.4), (0, 0, 0.2), (0.2, 0.2, 0.4), (0, 0, 0), (0, 0.2, 0), (0, 0, 0.2))
GOLDEN_B = ((0, 0.4, 1), (0, 0, 0.8), (0.2, 0.4, 0.6), (0, 0, 0.6), (0, 0.2, 1), (0.2, 0, 0.8))
REFERENCE_B = (0, 0, 0.2, 0, 0, 0.4)


def exact(identity: str, bad: float, unparsed: float = 0.0) -> Prediction:
    """Answer with exact probabilities of Good and Bad."""
    rest = 1 - unparsed
    masses = {"Bad": bad * rest, "Good": (1 - bad) * rest}
    return Prediction(id=identity, probabilities=masses, unparsed=unparsed)


def drawn(identity: str, bad: int, good: int, nothing: int = 0) -> Prediction:
    """Answer with repeats."""
    return Prediction(id=identity, samples=("Bad",) * bad + ("Good",) * good + (None,) * nothing)


@dataclass
class SmallAudit:
    """Variants with their answers, and the groups they name."""

    variants: list[Variant] = field(default_factory=list)
    predictions: list[Prediction] = field(default_factory=list)
    groups: dict[str, dict[str, Term]] = field(default_factory=dict)
    placebos: dict[str, Term] = field(default_factory=dict)

    def reference(self, t: int, value: float, filler: str = "plain", **more: object) -> None:
        """Add a reference variant of template ``t``."""
        self._add("reference", t, filler, value, **more)

    def term(
        self, t: int, group: str, name: str, value: float, wording: str | None = None, **more
    ) -> None:
        """Add a group's variant in template ``t``."""
        self.groups.setdefault(group, {})[name] = Term(id=name, text=name, wording=wording)
        self._add("group", t, name, value, group=group, **more)

    def placebo(self, t: int, name: str, value: float, **more: object) -> None:
        """Add a placebo variant in template ``t``."""
        self.placebos[name] = Term(id=name, text=name)
        self._add("placebo", t, name, value, **more)

    def _add(self, role, t, name, value, *, group=None, **more) -> None:
        answer = more.pop("answer", None)
        place = {"context": f"t{t}", "unit": f"t{t}"} | more
        identity = f"{len(self.variants)}"
        text = f"{name} carrier{t} alpha{t} beta{t} gamma{t}"
        self.variants.append(
            Variant(id=identity, text=text, role=role, term=name, group=group, **place)
        )
        self.predictions.append(answer(identity) if answer else exact(identity, value))

    def summary(
        self, *, task: Task | None = TASK, limits: Limits | None = None, **more: object
    ) -> GapSummary:
        """Aggregate the audit."""
        groups = [
            Group(id=name, label=name.title(), terms=tuple(terms.values()))
            for name, terms in self.groups.items()
        ]
        given = {
            "groups": groups,
            "placebos": tuple(self.placebos.values()),
            "outcome": outcome_of(task),
            "limits": limits or Limits(),
            "rng": np.random.default_rng(0),
        }
        return summarise_gaps(self.variants, self.predictions, **(given | more))


def table_audit(
    table: Sequence[Sequence[float]], reference: Sequence[float], group: str = "g"
) -> SmallAudit:
    """Make an audit of one group from template x term values and one reference each."""
    audit = SmallAudit()
    for t, (row, value) in enumerate(zip(table, reference, strict=True)):
        audit.reference(t, value)
        for k, cell in enumerate(row):
            audit.term(t, group, f"k{k}", cell)
    return audit
