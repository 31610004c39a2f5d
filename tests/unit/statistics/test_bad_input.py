"""Bad input, one test each: a verdict with its reason, or an error that names the argument."""

import dataclasses

import numpy as np
import pytest

from audit.records import Group, Prediction, Task, Term
from audit.statistics.intervals import (
    census_interval,
    floor_h,
    listed_interval,
    phrases_interval,
)
from audit.statistics.multiplicity import benjamini_hochberg, holm, max_t
from audit.statistics.sequential import run_rounds
from audit.verdicts import judge, overall_verdict
from tests.small_audits import SmallAudit, drawn, exact

SCORE = Task(kind="score", range=(-1, 1), favourable_end="high")


def plain(T=30, groups=("g", "h"), value=0.4):
    """Make an audit of one term a group against a constant reference."""
    audit = SmallAudit()
    for t in range(T):
        audit.reference(t, 0.2 + 0.01 * (t % 5))
        for name in groups:
            audit.term(t, name, f"term-{name}", value)
    return audit


def with_answer(audit, answer, group="g", unit=None):
    """Replace the answers of one group (in one template)."""
    chosen = {v.id for v in audit.variants if v.group == group and unit in {None, v.unit}}
    audit.predictions = [answer(p.id) if p.id in chosen else p for p in audit.predictions]
    return audit


def judged(summary):
    """Return verdict and reason of every group."""
    findings = judge(summary.groups, summary.limits, summary.outcome)
    return {f.gap.id: (f.verdict, f.reason) for f in findings}, overall_verdict(findings)


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf")], ids=str)
@pytest.mark.parametrize("kind", ["probability", "unparsed", "score", "unresolved"])
def test_nan_and_infinities_in_an_answer_are_refused(bad, kind):
    answers = {
        "probability": lambda i: Prediction(id=i, probabilities={"Bad": bad, "Good": 0.5}),
        "unparsed": lambda i: Prediction(id=i, probabilities={"Good": 0.5}, unparsed=bad),
        "score": lambda i: Prediction(id=i, score=bad),
        "unresolved": lambda i: Prediction(id=i, probabilities={"Good": 0.5}, unresolved=bad),
    }
    audit = plain()
    if kind == "score":
        audit.predictions = [Prediction(id=p.id, score=0.1) for p in audit.predictions]
    with_answer(audit, answers[kind], unit="t3")
    with pytest.raises(ValueError, match="predictions"):
        audit.summary(**({"task": SCORE} if kind == "score" else {}))


INFINITE = [0.1, np.inf, 0.2, 0.0, 0.1, 0.3]


@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("D", lambda bad: listed_interval(bad, 0.5)),
        ("X", lambda bad: phrases_interval([[x, x] for x in bad], 0.5)),
        ("y", lambda bad: census_interval([[x] for x in bad], 5, [[0.1]] * len(bad), 5)),
        ("b", lambda bad: census_interval([[0.1]] * len(bad), 5, [[x] for x in bad], 5)),
        ("cells", floor_h),
        ("D", lambda bad: max_t([bad], [0.5], rng=np.random.default_rng(0))),
        ("D", lambda bad: run_rounds(bad, 0.5, 0.05, looks=3)),
        ("p", holm),
        ("p", benjamini_hochberg),
    ],
)
def test_infinities_in_arrays_name_the_argument(name, call):
    with pytest.raises(ValueError, match=rf"\b{name}\b"):
        call(INFINITE)


def test_nan_in_arrays_is_a_missing_cell_and_never_zero():
    D = np.array([0.1, np.nan, 0.3, 0.2, 0.1, 0.3, 0.25])
    found = listed_interval(D, 0.25)
    alone = listed_interval(D[~np.isnan(D)], 0.25)
    assert (found.templates, found.estimate) == (6, alone.estimate)
    assert found.low == alone.low
    assert np.isnan(listed_interval([np.nan] * 8, 0.25).estimate)


def test_one_template_is_not_enough_by_design():
    summary = plain(T=1).summary()
    gap = summary.groups[0]
    assert gap.estimate == pytest.approx(0.2)
    assert (gap.interval, gap.p_value, gap.smallest_detectable_gap) == (None, None, None)
    assert judged(summary) == (
        {"g": ("not_enough_evidence", "design"), "h": ("not_enough_evidence", "design")},
        "not_enough_evidence",
    )


def test_one_group_is_judged_alone():
    found, whole = judged(plain(groups=("g",)).summary())
    assert (found, whole) == ({"g": ("gap", None)}, "gap")


def test_no_group_at_all_is_no_pass():
    audit = SmallAudit()
    for t in range(30):
        audit.reference(t, 0.2)
        audit.placebo(t, "tall", 0.2)
    summary = audit.summary(groups=())
    assert summary.groups == ()
    assert judged(summary)[1] == "not_enough_evidence"


def test_all_unparsed_is_no_gap_of_zero_but_a_refusal():
    nothing = lambda i: Prediction(id=i, probabilities={}, unparsed=1.0)  # noqa: E731
    summary = with_answer(plain(), nothing).summary()
    gap = summary.groups[0]
    assert (gap.estimate, gap.interval, gap.p_adjusted, gap.group_mean) == (None,) * 4
    assert gap.unparsed_gap == 1.0
    found, whole = judged(summary)
    assert found == {"g": ("not_enough_evidence", "refusals"), "h": ("gap", None)}
    assert whole == "gap"
    assert "missing_cells" in {warning.code for warning in summary.warnings}


def test_all_unparsed_everywhere():
    audit = plain()
    audit.predictions = [drawn(p.id, 0, 0, 5) for p in audit.predictions]
    summary = audit.summary()
    assert summary.overall["unparsed_rate"] == 1.0
    assert summary.overall["repeat_instability"] is None
    assert all(gap.estimate is None and gap.flips is None for gap in summary.groups)
    assert judged(summary)[1] == "not_enough_evidence"


def test_repeats_that_differ_between_cells_count_alike_and_are_said():
    audit = plain(value=0.4)
    with_answer(audit, lambda i: drawn(i, 8, 12), unit="t1")
    with_answer(audit, lambda i: drawn(i, 2, 3), unit="t2")
    with_answer(audit, lambda i: drawn(i, 1, 0), unit="t4")
    summary = audit.summary()
    reference = np.array([0.2 + 0.01 * (t % 5) for t in range(30)])
    values = np.full(30, 0.4)
    values[4] = 1.0
    assert summary.groups[0].estimate == pytest.approx((values - reference).mean())
    (warning,) = [w for w in summary.warnings if w.code == "mixed_repeats"]
    assert "(1, 5, 20, exact)" in warning.message


def test_a_template_without_a_reference_is_listed_and_not_compared():
    audit = plain()
    gone = [v.id for v in audit.variants if v.role == "reference" and v.unit == "t0"]
    audit.variants = [v for v in audit.variants if v.id not in gone]
    audit.predictions = [p for p in audit.predictions if p.id not in gone]
    summary = audit.summary()
    assert [(item.what, item.why) for item in summary.not_tested] == [
        ("context t0", "no reference variant to compare with")
    ]
    assert [gap.n_templates for gap in summary.groups] == [29, 29]


def test_a_template_whose_reference_was_not_answered_is_missing_with_a_warning():
    audit = plain()
    gone = {v.id for v in audit.variants if v.role == "reference" and v.unit == "t0"}
    audit.predictions = [p for p in audit.predictions if p.id not in gone]
    summary = audit.summary()
    assert [gap.n_templates for gap in summary.groups] == [29, 29]
    assert {"missing_predictions", "missing_cells"} <= {w.code for w in summary.warnings}


@pytest.mark.parametrize("masses", [{"Bad": 0.5, "Good": 0.6}, {"Bad": 0.3}, {"Bad": 1.2}, {}])
def test_probabilities_that_do_not_sum_to_one_are_refused(masses):
    audit = with_answer(plain(), lambda i: Prediction(id=i, probabilities=masses), unit="t5")
    with pytest.raises(ValueError, match="predictions: the label shares of"):
        audit.summary()


def test_negative_probabilities_are_refused():
    masses = {"Bad": -0.2, "Good": 1.2}
    audit = with_answer(plain(), lambda i: Prediction(id=i, probabilities=masses), unit="t5")
    with pytest.raises(ValueError, match="predictions"):
        audit.summary()


@pytest.mark.parametrize(
    "answer",
    [
        lambda i: Prediction(id=i, probabilities={"Bad": 0.2, "Ugly": 0.8}),
        lambda i: Prediction(id=i, samples=("Good", "Ugly")),
    ],
)
def test_labels_outside_the_task_are_refused(answer):
    audit = with_answer(plain(), answer, unit="t5")
    with pytest.raises(ValueError, match=r"predictions: .*'Ugly', which is none of Good, Bad"):
        audit.summary(labels=("Good", "Bad"))


def test_unfavourable_labels_outside_the_task_are_refused():
    with pytest.raises(ValueError, match="task"):
        plain().summary(task=Task(labels=("Good", "Bad"), unfavourable=("Ugly",)))


def test_groups_that_nobody_named_are_refused():
    one = [Group(id="g", label="G", terms=(Term(id="term-g", text="g"),))]
    with pytest.raises(ValueError, match="groups: the variants also name h"):
        plain().summary(groups=one)


def test_scores_outside_their_range_are_refused():
    audit = plain()
    audit.predictions = [Prediction(id=p.id, score=0.1) for p in audit.predictions]
    with_answer(audit, lambda i: Prediction(id=i, score=1.5), unit="t2")
    with pytest.raises(ValueError, match=r"predictions: the score 1.5 .* outside \[-1, 1\]"):
        audit.summary(task=SCORE)


def test_answers_twice_or_for_nobody_are_refused():
    audit = plain()
    twice = [*audit.predictions, audit.predictions[0]]
    nobody = [*audit.predictions, exact("nobody", 0.1)]
    for predictions, said in ((twice, "answered twice"), (nobody, "answers no variant")):
        changed = dataclasses.replace(audit, predictions=predictions)
        with pytest.raises(ValueError, match=f"predictions: .* {said}|predictions: .*{said}"):
            changed.summary()
