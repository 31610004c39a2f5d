"""What happens to an intersectional group beyond the sum of its parts."""

import numpy as np
import pytest

from audit.records import Group, Limits, Task, Term
from audit.statistics.intersections import intersection_excess
from audit.statistics.intervals import floor_h, listed_interval
from audit.statistics.multiplicity import holm
from tests.small_audits import SmallAudit

GROUPS = ("a", "b", "ab", "ac")


def crossed(seed=3, T=20):
    """Groups a, b and ab with random cells, in front of a reference of .3."""
    values = np.random.default_rng(seed).uniform(0, 1, (T, len(GROUPS)))
    audit = SmallAudit()
    for t, row in enumerate(values):
        audit.reference(t, 0.3)
        for name, value in zip(GROUPS, row, strict=True):
            audit.term(t, name, f"term-{name}", float(value))
    return audit, values


def groups(**parts):
    """Return the audit's groups with the parts that some name."""
    return [
        Group(id=name, label=name, terms=(Term(id=f"term-{name}", text=name),),
              parts=parts.get(name, ()))
        for name in GROUPS
    ]  # fmt: skip


def test_excess_over_the_sum_of_the_parts_is_paired_by_template():
    audit, y = crossed()
    (found,) = audit.summary(groups=groups(ab=("a", "b"))).intersections
    excess = (y[:, 2] - 0.3) - (y[:, 0] - 0.3) - (y[:, 1] - 0.3)
    h = float(floor_h(np.concatenate([y[:, :3].ravel(), np.full(20, 0.3)])))
    expected = listed_interval(excess, h, bound=3.0)
    assert (found["group"], found["parts"], found["n_templates"]) == ("ab", ["a", "b"], 20)
    assert found["estimate"] == pytest.approx(y[:, 2].mean() - 0.3, abs=1e-12)
    assert found["expected"] == pytest.approx(y[:, :2].sum(axis=1).mean() - 0.6, abs=1e-12)
    assert found["excess"] == pytest.approx(excess.mean(), abs=1e-12)
    assert found["interval"]["low"] == pytest.approx(float(expected.low), abs=1e-12)
    assert found["interval"]["high"] == pytest.approx(float(expected.high), abs=1e-12)
    assert found["p_value"] == pytest.approx(float(expected.p_value), abs=1e-12)


def test_only_templates_that_have_the_group_and_all_parts_count():
    audit, y = crossed()
    gone = next(v.id for v in audit.variants if v.unit == "t4" and v.group == "b")
    keep = [p for p in audit.predictions if p.id != gone]
    audit.predictions = keep
    (found,) = audit.summary(groups=groups(ab=("a", "b"))).intersections
    rest = np.delete(y, 4, axis=0)
    assert found["n_templates"] == 19
    assert found["estimate"] == pytest.approx(rest[:, 2].mean() - 0.3)
    assert found["excess"] == pytest.approx(found["estimate"] - found["expected"])


def test_nothing_shared_is_not_available_rather_than_zero():
    audit = SmallAudit()
    for t in range(12):
        audit.reference(t, 0.3)
        audit.term(t, "ab", "term-ab", 0.5)
        audit.term(t, "a" if t % 2 else "b", "term", 0.4)
    named = [g for g in groups(ab=("a", "b")) if g.id != "ac"]
    (found,) = audit.summary(groups=named).intersections
    assert (found["estimate"], found["excess"], found["interval"]) == (None, None, None)
    assert (found["p_value"], found["p_adjusted"], found["n_templates"]) == (None, None, 0)


def test_p_values_are_adjusted_over_the_intersections():
    audit, _ = crossed(T=40)
    found = audit.summary(groups=groups(ab=("a", "b"), ac=("a", "b"))).intersections
    assert [row["p_adjusted"] for row in found] == pytest.approx(
        holm([row["p_value"] for row in found]).tolist()
    )


@pytest.mark.parametrize("parts", [(), ("a",), ("a", "nobody")])
def test_without_all_parts_in_the_run_there_is_no_row(parts):
    audit, _ = crossed()
    assert audit.summary(groups=groups(ab=parts)).intersections == []


def test_scores_have_their_own_unit():
    audit, y = crossed()
    audit.predictions = [
        type(p)(id=p.id, score=10 * p.probabilities["Bad"]) for p in audit.predictions
    ]
    task = Task(kind="score", range=(0, 10))
    (found,) = audit.summary(task=task, groups=groups(ab=("a", "b")), limits=Limits()).intersections
    assert found["excess"] == pytest.approx(10 * (y[:, 2] - y[:, 0] - y[:, 1] + 0.3).mean())


def test_excess_of_arrays():
    rng = np.random.default_rng(1)
    whole, one, other = rng.normal(0.1, 0.05, (3, 15))
    got = intersection_excess(whole, [one, other], 0.3)
    expected = listed_interval(whole - one - other, 0.3, bound=3.0)
    assert got.estimate == pytest.approx(float(expected.estimate))
    assert got.high == pytest.approx(float(expected.high))


def test_an_intersection_needs_two_parts():
    with pytest.raises(ValueError, match="parts"):
        intersection_excess([0.1], [[0.1]])
