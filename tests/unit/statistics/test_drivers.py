"""What a gap hangs on: leave-one-out gaps by hand, explanations, words, and gold labels."""

from __future__ import annotations

import numpy as np
import pytest

from audit.records import Prediction, Task
from tests.small_audits import SmallAudit


def one_bad_term(T: int = 40) -> SmallAudit:
    """Four terms, one of which alone moves the answer."""
    audit = SmallAudit()
    for t in range(T):
        audit.reference(t, 0.1)
        for name in ("blind person", "deaf person", "mentally ill", "tall"):
            audit.term(t, "g", name, 0.9 if name == "mentally ill" else 0.1)
    return audit


def test_the_gap_without_each_term_is_that_of_the_others() -> None:
    rng = np.random.default_rng(3)
    audit, cells = SmallAudit(), rng.uniform(size=(12, 4))
    for t, row in enumerate(cells):
        audit.reference(t, 0.5)
        for k, value in enumerate(row):
            audit.term(t, "g", f"k{k}", float(value))
    found = audit.summary().drivers[0]
    by_id = {entry["id"]: entry for entry in found["terms"]}
    for k in range(4):
        rest = np.delete(cells, k, axis=1).mean(axis=1) - 0.5
        assert by_id[f"k{k}"]["estimate_without"] == pytest.approx(float(rest.mean()), abs=1e-12)
    moved = [abs(entry["estimate_without"] - found["estimate"]) for entry in found["terms"]]
    assert moved == sorted(moved, reverse=True)


def test_one_term_that_explains_the_whole_gap_is_named() -> None:
    found = one_bad_term().summary().drivers[0]
    assert found["explained_by"]["kind"] == "term"
    assert found["explained_by"]["id"] == "mentally ill"
    assert found["explained_by"]["estimate_without"] == pytest.approx(0.0, abs=1e-12)
    low, high = (found["explained_by"]["interval_without"][end] for end in ("low", "high"))
    assert low <= 0 <= high


def test_the_interval_without_a_term_is_that_of_an_audit_without_it() -> None:
    whole = one_bad_term().summary().drivers[0]["explained_by"]["interval_without"]
    other = SmallAudit()
    for t in range(40):
        other.reference(t, 0.1)
        for name in ("blind person", "deaf person", "tall"):
            other.term(t, "g", name, 0.1)
    interval = other.summary().groups[0].interval
    assert (whole["low"], whole["high"]) == pytest.approx((interval.low, interval.high))


def test_a_word_in_several_terms_can_explain_a_gap() -> None:
    audit = SmallAudit()
    for t in range(40):
        audit.reference(t, 0.1)
        for name in ("mentally ill", "chronically ill", "deaf", "blind"):
            audit.term(t, "g", name, 0.9 if "ill" in name else 0.1)
    found = audit.summary().drivers[0]
    assert found["explained_by"]["kind"] == "word"
    assert found["explained_by"]["text"] == "ill"
    assert sorted(found["explained_by"]["terms"]) == ["chronically ill", "mentally ill"]


def test_a_gap_that_all_terms_share_is_explained_by_none() -> None:
    audit = SmallAudit()
    for t in range(40):
        audit.reference(t, 0.1)
        for name in ("a", "b", "c"):
            audit.term(t, "g", name, 0.6)
    assert audit.summary().drivers[0]["explained_by"] is None


def test_a_group_of_one_term_has_no_drivers() -> None:
    audit = SmallAudit()
    for t in range(8):
        audit.reference(t, 0.1)
        audit.term(t, "g", "only", 0.9)
    assert audit.summary().drivers == []


def gold_audit() -> SmallAudit:
    """Four texts of a group and four references, half of each truly bad."""
    audit = SmallAudit()
    for t in range(4):
        gold = "Bad" if t % 2 else "Good"
        audit.reference(t, 0.9 if t % 2 else 0.1, gold=gold)
        audit.term(t, "g", "k", 0.8, gold=gold)
    return audit


def test_gold_labels_give_error_rates_and_aucs() -> None:
    found = gold_audit().summary().gold
    assert found is not None
    assert (found["positive"], found["n_texts"], found["n_positive"]) == (["Bad"], 8, 4)
    assert found["overall"] == {"false_positive_rate": 0.5, "false_negative_rate": 0.0}
    assert (found["fped"], found["fned"]) == (0.5, 0.0)
    group = found["groups"][0]
    assert group["false_positive_rate"] == 1.0
    assert group["subgroup_auc"] == 0.5
    assert group["bpsn_auc"] == 1.0
    assert group["bnsp_auc"] == 1.0
    assert group["accuracy"]["estimate"] == 0.5


def test_gold_labels_of_scores_need_to_know_the_bad_end() -> None:
    score = Task(kind="score", range=(0.0, 1.0), favourable_end="low")
    named = Task(kind="score", range=(0.0, 1.0), favourable_end="low", unfavourable=("Bad",))
    audit = gold_audit()
    from audit.records import Prediction

    audit.predictions = [
        Prediction(id=p.id, score=(p.probabilities or {})["Bad"]) for p in audit.predictions
    ]
    assert audit.summary(task=score).gold is None
    found = audit.summary(task=named).gold
    assert found is not None
    assert found["fped"] is None
    assert found["groups"][0]["bpsn_auc"] == 1.0


def test_without_gold_labels_there_is_no_table() -> None:
    assert one_bad_term(8).summary().gold is None


def test_terms_that_move_nothing_are_not_named() -> None:
    audit = SmallAudit()
    for t in range(12):
        audit.reference(t, 0.1)
        for name in ("a", "b", "c"):
            audit.term(t, "g", name, 0.6)
    found = audit.summary().drivers[0]
    assert (found["terms"], found["explained_by"]) == ([], None)


@pytest.mark.parametrize(
    ("task", "labels", "code", "said"),
    [
        (None, ("Good", "Bad"), None, ""),
        (None, ("Good", "Bda"), "gold_label_unknown", "12 texts have a gold label"),
        (
            Task(kind="score", range=(0, 1), favourable_end="low"),
            ("Good", "Bad"),
            "gold_unused",
            "'Good', 'Bad'",
        ),
        (
            Task(kind="score", range=(0, 1), favourable_end="low", unfavourable=("Bad",)),
            ("Good", "Bad"),
            None,
            "",
        ),
        (
            Task(kind="score", range=(0, 1), favourable_end="low", unfavourable=("Bda",)),
            ("Good", "Bad"),
            "gold_label_unknown",
            "24 texts",
        ),
    ],
)
def test_gold_labels_that_do_not_count_as_meant_are_said(task, labels, code, said) -> None:
    audit = SmallAudit()
    answer = None if task is None else lambda i: Prediction(id=i, score=0.5)
    for t in range(12):
        audit.reference(t, 0.1, gold=labels[0], answer=answer)
        audit.term(t, "g", "a", 0.6, gold=labels[1], answer=answer)
    summary = audit.summary(**({} if task is None else {"task": task}))
    warnings = [w for w in summary.warnings if w.code.startswith("gold")]
    assert [w.code for w in warnings] == ([code] if code else [])
    assert all(said in w.message for w in warnings)
    assert (summary.gold is None) == (code == "gold_unused")


def test_a_group_without_a_gold_label_of_its_own_has_no_accuracy() -> None:
    audit = gold_audit()
    for t in range(10):
        audit.term(t, "h", "m", 0.8)
    found = audit.summary().gold["groups"]
    assert found[0]["accuracy"] is not None
    assert found[1] == {
        "group": "h", "n_texts": 0, "false_positive_rate": None, "false_negative_rate": None,
        "accuracy": None, "subgroup_auc": None, "bpsn_auc": None, "bnsp_auc": None,
    }  # fmt: skip
