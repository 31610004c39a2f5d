import numpy as np
import pytest

from audit.records import Task
from audit.statistics import strata
from audit.statistics.intervals import floor_h, listed_interval
from audit.statistics.strata import WORDING_DIFFERENCE, worst_group
from tests.small_audits import SmallAudit, table_audit


def worded(T=12):
    rng = np.random.default_rng(0)
    audit = SmallAudit()
    values = rng.random((T, 4)).round(2)
    for t in range(T):
        more = {"valence": "positive" if t % 2 else "negative", "use": "mention"}
        audit.reference(t, 0.1, "plain", **more)
        audit.reference(t, 0.3, "local", **more)
        audit.term(t, "g", "who is blind", values[t, 0], "person-first", **more)
        audit.term(t, "g", "blind", values[t, 1], "identity-first", **more)
        audit.term(t, "h", "deaf", values[t, 2], "identity-first", **more)
        audit.placebo(t, "tall", values[t, 3], **more)
    return audit, values


def rows(summary, by, group="g"):
    return {r["value"]: r for r in summary.strata if r["by"] == by and r["group"] == group}


def test_wording_strata_and_their_paired_difference():
    audit, values = worded()
    summary = audit.summary()
    found = rows(summary, "wording")
    assert found["person-first"]["estimate"] == pytest.approx(values[:, 0].mean() - 0.2)
    h = float(floor_h(np.concatenate([values[:, 0], [0.1, 0.3] * 12])))
    expected = listed_interval(values[:, 0] - 0.2, h)
    assert found["person-first"]["interval"]["low"] == pytest.approx(float(expected.low))
    difference = values[:, 0] - values[:, 1]
    expected = listed_interval(difference, float(floor_h(values[:, :2].ravel())))
    assert found[WORDING_DIFFERENCE]["estimate"] == pytest.approx(difference.mean())
    assert found[WORDING_DIFFERENCE]["interval"]["high"] == pytest.approx(float(expected.high))
    assert set(rows(summary, "wording", "h")) == {"identity-first"}


def test_valence_and_use_strata():
    audit, values = worded()
    summary = audit.summary()
    found = rows(summary, "valence", "h")
    assert found["negative"]["estimate"] == pytest.approx(values[::2, 2].mean() - 0.2)
    assert found["positive"]["estimate"] == pytest.approx(values[1::2, 2].mean() - 0.2)
    assert set(rows(summary, "use")) == {"mention"}


def test_template_table_has_no_interval():
    audit, values = worded()
    found = rows(audit.summary(), "template", "h")
    assert found["t3"]["estimate"] == pytest.approx(values[3, 2] - 0.2)
    assert found["t3"]["interval"] is None
    assert len(found) == 12


def test_a_stratum_of_one_template_has_no_interval():
    audit = SmallAudit()
    audit.reference(0, 0.1, valence="positive")
    audit.term(0, "g", "blind", 0.2, valence="positive")
    (row,) = [r for r in audit.summary().strata if r["by"] == "valence"]
    assert row["estimate"] == pytest.approx(0.1)
    assert row["interval"] is None


def test_large_tables_are_left_out_and_said_to_be(monkeypatch):
    monkeypatch.setattr(strata, "MOST_TEMPLATE_ROWS", 10)
    monkeypatch.setattr("audit.statistics.caveats.MOST_TEMPLATE_ROWS", 10)
    monkeypatch.setattr(strata, "MOST_FILLERS", 1)
    monkeypatch.setattr("audit.statistics.caveats.MOST_FILLERS", 1)
    summary = worded()[0].summary()
    assert not rows(summary, "template")
    assert summary.reference_sensitivity == []
    left_out = [w.where for w in summary.warnings if w.code == "table_left_out"]
    assert left_out == ["strata", "reference_sensitivity"]


def test_reference_sensitivity_is_the_gap_against_each_filler():
    audit, values = worded()
    found = {
        (r["group"], r["filler"]): r["estimate"] for r in audit.summary().reference_sensitivity
    }
    assert found["h", "plain"] == pytest.approx(values[:, 2].mean() - 0.1)
    assert found["h", "local"] == pytest.approx(values[:, 2].mean() - 0.3)


def test_reference_sensitivity_skips_fillers_a_group_never_meets():
    audit = SmallAudit()
    audit.reference(0, 0.1, "plain")
    audit.reference(1, 0.2, "local")
    audit.term(0, "g", "blind", 0.5)
    found = audit.summary().reference_sensitivity
    assert [(r["filler"], round(r["estimate"], 3)) for r in found] == [("plain", 0.4)]


def test_placebo_adjusted_is_paired_by_template():
    audit, values = worded()
    adjusted = audit.summary().groups[1].placebo_adjusted
    difference = values[:, 2] - values[:, 3]
    expected = listed_interval(difference, float(floor_h(values[:, 2:].ravel())))
    assert adjusted.estimate == pytest.approx(difference.mean())
    assert adjusted.interval.low == pytest.approx(float(expected.low))
    assert adjusted.p_value == pytest.approx(float(expected.p_value))


def test_without_placebos_nothing_is_adjusted():
    summary = table_audit([[0.1], [0.2]], [0, 0]).summary()
    assert summary.groups[0].placebo_adjusted is None
    assert summary.placebos == ()


def test_dispersion_between_terms():
    audit, _ = worded()
    first, second = audit.summary().dispersion
    assert first["group"] == "g"
    assert first["sd"] >= 0
    assert 0 <= first["p_value"] <= 1
    assert (second["sd"], second["f"], second["p_value"]) == (None, None, None)


def test_secondary_outcomes_stand_outside_the_verdicts():
    audit, values = worded()
    found = {(r["outcome"], r["group"]): r for r in audit.summary().secondary}
    assert found["favourable", "h"]["estimate"] == pytest.approx(0.2 - values[:, 2].mean())
    assert found["unparsed", "h"]["estimate"] == 0
    assert found["unparsed", "h"]["interval"]["high"] > 0.05


def test_secondary_outcomes_of_scores_are_fractions():
    audit = table_audit([[1.0]] * 8, [1.0] * 8)
    task = Task(kind="score", range=(-10, 10))
    audit.predictions = [
        type(p)(id=p.id, score=0.0) if v.role == "reference" else type(p)(id=p.id, unparsed=1.0)
        for v, p in zip(audit.variants, audit.predictions, strict=True)
    ]
    (row,) = audit.summary(task=task).secondary
    assert (row["outcome"], row["estimate"]) == ("unparsed", 1.0)
    assert row["interval"]["high"] == 1.0


def test_worst_group_by_the_unfavourable_end():
    gaps = {"a": 0.1, "b": -0.3, "c": None}
    assert worst_group(gaps, high_is_worse=True) == ("a", 0.1)
    assert worst_group(gaps, high_is_worse=False) == ("b", -0.3)
    assert worst_group({"c": None}, high_is_worse=True) is None
