"""A run's figures by the names of published work."""

import numpy as np
import pytest

from audit.records import Prediction, Task
from tests.small_audits import SmallAudit, drawn

THREE = Task(labels=("Good", "Fair", "Bad"), favourable="Good", unfavourable=("Bad",))


def rows(summary):
    """Index the table by name and label."""
    return {(row["name"], row["label"]): row for row in summary.literature}


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(5)
    return rng.uniform(0, 1, (12, 3)), rng.uniform(0, 1, 12)


def audit_of(cells, reference):
    audit = SmallAudit()
    for t, (row, value) in enumerate(zip(cells, reference, strict=True)):
        audit.reference(t, float(value))
        audit.placebo(t, "tall", 0.9)
        for k, cell in enumerate(row):
            audit.term(t, "gh"[k % 2], f"k{k}", float(cell))
    return audit


def test_figures_are_those_of_all_terms_of_all_groups(table):
    cells, reference = table
    found = rows(audit_of(cells, reference).summary())
    X = cells - reference[:, None]
    gap = found["counterfactual token fairness gap", None]
    assert gap["estimate"] == pytest.approx(np.abs(X).mean(), abs=1e-12)
    assert "1809.10610" in gap["source"]
    assert found["ScoreDev", None]["estimate"] == pytest.approx(cells.std(axis=1).mean())
    spans = cells.max(axis=1) - cells.min(axis=1)
    assert found["ScoreRange", None]["estimate"] == pytest.approx(spans.mean())
    assert found["ScoreSens", None]["estimate"] is None
    assert all(row["warning"] for row in found.values() if row["label"] is None)


def test_label_distance_counts_the_sentences_of_one_majority_label(table):
    cells, reference = table
    found = rows(audit_of(cells, reference).summary())
    before, after = reference > 0.5, cells > 0.5
    both = (before[:, None] & after).sum(axis=0)
    either = (before[:, None] | after).sum(axis=0)
    assert found["LabelDist", "Bad"]["estimate"] == pytest.approx((1 - both / either).mean())


def test_a_label_nobody_got_has_no_distance_and_says_so(table):
    cells, reference = table
    summary = audit_of(cells, reference).summary(task=THREE, labels=THREE.labels)
    fair = rows(summary)["LabelDist", "Fair"]
    assert fair["estimate"] is None
    assert "3 of 3 terms have no distance" in fair["warning"]


def test_sentences_that_were_not_measured_do_not_count():
    audit = SmallAudit()
    for t in range(4):
        audit.reference(t, 0.9)
        audit.term(t, "g", "k", 0.9)
    refused = next(v.id for v in audit.variants if v.group and v.unit == "t3")
    audit.predictions = [
        Prediction(id=p.id, probabilities={"Bad": 0.0, "Good": 0.0}, unparsed=1.0)
        if p.id == refused
        else p
        for p in audit.predictions
    ]
    assert rows(audit.summary())["LabelDist", "Bad"]["estimate"] == 0.0


def test_drawn_labels_have_no_token_gap_but_a_reason():
    audit = SmallAudit()
    for t in range(8):
        audit.reference(t, 0, answer=lambda name: drawn(name, 1, 4))
        audit.term(t, "g", "k", 0, answer=lambda name: drawn(name, 2, 3))
    gap = rows(audit.summary())["counterfactual token fairness gap", None]
    assert gap["estimate"] is None
    assert "excess_disagreement" in gap["warning"]


def test_scores_are_in_their_own_unit_and_without_labels_there_is_no_label_distance(table):
    cells, reference = table
    audit = audit_of(cells, reference)
    audit.predictions = [
        Prediction(id=p.id, score=20 * p.probabilities["Bad"] - 10) for p in audit.predictions
    ]
    found = rows(audit.summary(task=Task(kind="score", range=(-10, 10))))
    expected = 20 * np.abs(cells - reference[:, None]).mean()
    assert found["counterfactual token fairness gap", None]["estimate"] == pytest.approx(expected)
    assert not [name for name, _ in found if name == "LabelDist"]
