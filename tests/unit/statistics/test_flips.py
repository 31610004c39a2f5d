import numpy as np
import pytest

from audit.records import Prediction, Task
from audit.statistics import outcome_of
from tests.small_audits import SmallAudit

TASK = Task(labels=("Pos", "Neu", "Neg"), favourable="Pos", unfavourable=("Neg",))


def said(*samples):
    return {"answer": lambda identity: Prediction(id=identity, samples=samples)}


def one_pair(reference, counterfactual, task=TASK, **more):
    audit = SmallAudit()
    audit.reference(0, 0, **said(*reference))
    audit.term(0, "g", "k", 0, **said(*counterfactual))
    return audit.summary(task=task, **more)


@pytest.mark.parametrize(
    ("reference", "counterfactual", "flips", "bad", "good"),
    [
        (["Pos"], ["Pos"], 0, 0, 0),
        (["Pos"], ["Neg"], 1, 1, 0),
        (["Neg"], ["Pos"], 1, 0, 1),
        (["Neg"], ["Neu"], 1, 0, 0),
        (["Pos"], ["Pos", "Neg"], 0.5, 0.5, 0),
        (["Pos", "Neg"], ["Pos", "Neg"], 0.5, 0.25, 0.25),
        (["Neu"], ["Pos", "Neg"], 0.5, 0.25, 0.25),
        (["Pos"], ["Pos", "Neu", "Neg"], 0.5, 0.25, 0),
    ],
)
def test_flips_and_their_direction(reference, counterfactual, flips, bad, good):
    summary = one_pair(reference, counterfactual)
    gap = summary.groups[0]
    assert gap.flips == pytest.approx(flips)
    assert gap.flip_rate == pytest.approx(flips)
    assert gap.flips_to_unfavourable == pytest.approx(bad)
    assert gap.flips_to_favourable == pytest.approx(good)
    table = summary.overall["transitions"]
    assert sum(row["n"] for row in table) == pytest.approx(1)
    moved = sum(row["n"] for row in table if row["from"] != row["to"])
    assert moved == pytest.approx(flips)


def test_the_reference_mode_is_that_of_the_averaged_fillers():
    audit = SmallAudit()
    audit.reference(0, 0, "a", **said("Pos", "Pos", "Pos", "Neg"))
    audit.reference(0, 0, "b", **said("Neg", "Neg", "Neg", "Pos"))
    audit.reference(0, 0, "c", **said("Neg", "Neg", "Pos", "Neu"))
    audit.term(0, "g", "k", 0, **said("Neg"))
    assert audit.summary(task=TASK).groups[0].flips == 0


def test_a_pair_without_labels_is_no_flip():
    gap = one_pair(["Pos"], [None]).groups[0]
    assert (gap.flips, gap.flip_rate, gap.excess_disagreement) == (None, None, None)
    assert gap.flips_to_unfavourable is None


def test_score_runs_have_flips_where_the_target_has_labels():
    task = Task(kind="score", range=(0, 1))
    audit = SmallAudit()
    audit.reference(0, 0, answer=lambda i: Prediction(id=i, score=0.9, samples=("Pos",)))
    audit.term(0, "g", "k", 0, answer=lambda i: Prediction(id=i, score=0.1, samples=("Neg",)))
    gap = audit.summary(task=task).groups[0]
    assert gap.flips == 1
    assert gap.flips_to_unfavourable is None
    audit.predictions = [Prediction(id=p.id, score=p.score) for p in audit.predictions]
    gap = audit.summary(task=task).groups[0]
    assert gap.flips is None
    assert audit.summary(task=task).overall["transitions"] == []


def test_excess_disagreement_is_the_unbiased_formula():
    a, b = ("Pos",) * 3 + ("Neg",) * 2, ("Pos",) + ("Neg",) * 4
    gap = one_pair(a, b).groups[0]
    p, q = np.array([1, 4]) / 5, np.array([3, 2]) / 5

    def unbiased(share):
        return 5 / 4 * (1 - (share**2).sum())

    expected = (1 - p @ q) - 0.5 * unbiased(p) - 0.5 * unbiased(q)
    assert gap.excess_disagreement == pytest.approx(expected)


def test_excess_disagreement_needs_two_repeats():
    assert one_pair(["Pos"], ["Neg"]).groups[0].excess_disagreement is None


def test_excess_of_exact_answers_is_half_the_squared_distance():
    audit = SmallAudit()
    audit.reference(0, 0.2)
    audit.term(0, "g", "k", 0.7)
    assert audit.summary().groups[0].excess_disagreement == pytest.approx(0.25)


def test_repeat_instability():
    summary = one_pair(["Pos", "Pos", "Neg", "Neg"], ["Pos"])
    assert summary.overall["repeat_instability"] == 0.5
    assert one_pair(["Pos"], ["Neg"]).overall["repeat_instability"] is None
    audit = SmallAudit()
    audit.reference(0, 0.0)
    audit.term(0, "g", "k", 0.5)
    assert audit.summary().overall["repeat_instability"] == 0.25


def test_transitions_are_listed_by_group_and_for_the_placebos():
    audit = SmallAudit()
    audit.reference(0, 0.0)
    audit.term(0, "a", "k", 1.0)
    audit.term(0, "b", "k", 0.0)
    audit.placebo(0, "tall", 1.0)
    audit.placebo(0, "short", 1.0)
    assert audit.summary().overall["transitions"] == [
        {"group": "a", "role": "group", "from": "Good", "to": "Bad", "n": 1.0},
        {"group": "b", "role": "group", "from": "Good", "to": "Good", "n": 1.0},
        {"group": None, "role": "placebo", "from": "Good", "to": "Bad", "n": 2.0},
    ]


def test_pure_noise_flips_much_and_disagrees_by_nothing():
    rng = np.random.default_rng(0)
    audit = SmallAudit()
    for t in range(400):
        draws = [tuple(rng.choice(["Pos", "Neg"], 5, p=[0.7, 0.3])) for _ in range(2)]
        audit.reference(t, 0, **said(*draws[0]))
        audit.term(t, "g", "k", 0, **said(*draws[1]))
    gap = audit.summary(task=TASK, outcome=outcome_of(TASK)).groups[0]
    assert gap.flip_rate > 0.15
    assert abs(gap.excess_disagreement) < 0.02
