"""Override recommendations from findings, variants and predictions."""

import numpy as np
import pytest

from audit.oversight import NO_RULE, recommend_overrides
from audit.oversight.cells import run_cells
from audit.records import Finding, GroupGap, Interval, Outcome, Prediction, Task, Variant
from audit.statistics.cells import answers_of
from audit.statistics.overrides import override_curve
from audit.statistics.pairs import build_table

LABELS = ("Positive", "Neutral", "Negative")
TASK = Task(labels=LABELS, favourable="Positive", unfavourable=("Negative",))
OUTCOME = Outcome(
    name="Negative",
    unit="probability",
    range=(0.0, 1.0),
    favourable="Positive",
    unfavourable=("Negative",),
    favourable_end="low",
)
SCORE = Outcome(
    name="compound",
    unit="score",
    range=(-1.0, 1.0),
    favourable=None,
    unfavourable=(),
    favourable_end="high",
)


def finding(group="deaf", verdict="gap", direction="worse", role="group"):
    """A judged gap of 20 points."""
    return Finding(
        gap=GroupGap(
            id=group,
            label="Deaf people",
            role=role,
            estimate=0.2,
            interval=Interval(low=0.1, high=0.3, confidence_level=0.95, method="t"),
            n_templates=24,
            n_terms=2,
            n_pairs=48,
        ),
        verdict=verdict,
        reason=None,
        direction=direction,
        small_but_real=False,
    )


def variants(T=24, terms=("a", "b"), fillers=("r1", "r2"), **changes):
    """Variants of ``T`` templates: fillers and a group's terms."""
    rows = []
    for t in range(T):
        valence = ("positive", "neutral", "negative")[t % 3]
        common = {"context": f"c{t}", "unit": f"u{t}", "valence": valence} | changes
        for filler in fillers:
            rows.append(
                Variant(id=f"{t}-{filler}", text="x", role="reference", term=filler, **common)
            )
        for term in terms:
            rows.append(
                Variant(id=f"{t}-{term}", text="y", role="group", group="deaf", term=term, **common)
            )
    return rows


def exact(p):
    """Label probabilities with P(Negative) = p."""
    return {"Positive": (1 - p) * 0.9, "Neutral": (1 - p) * 0.1, "Negative": p}


def predictions(items, group, reference):
    """Predictions from P(Negative) by template for the group and the reference."""
    return [
        Prediction(
            id=v.id,
            probabilities=exact((reference if v.role == "reference" else group)(int(v.unit[1:]))),
        )
        for v in items
    ]


def recommend(items, answers, findings=None, *, task=TASK, outcome=OUTCOME, tolerance=0.05):
    """Call with the module's defaults."""
    labels = task.labels if task is not None and task.kind == "labels" else None
    return recommend_overrides(
        [finding()] if findings is None else findings,
        build_table(items),
        answers_of(items, answers, outcome, labels),
        task,
        outcome,
        tolerance=tolerance,
    )


class TestLabels:
    def test_unsure_answers_are_enough(self):
        items = variants(T=60)
        # Every fourth template: an unsure unfavourable answer about the group only.
        answers = predictions(items, lambda t: 0.6 if t % 4 == 0 else 0.0, lambda t: 0.0)
        like, right = recommend(items, answers)
        assert like.assumption == "human_like_reference"
        assert right.assumption == "human_right"
        assert like.threshold == right.threshold == 0.65
        assert like.rule == (
            "send to a person when the text mentions Deaf people and the predicted label is "
            "Negative with a confidence below 0.65"
        )
        assert like.review_load_per_1000 == pytest.approx(150)
        assert like.residual_gap == pytest.approx(0.0)
        assert like.reason is None
        assert not like.illustration_only
        # A third of the routed templates are rightly Negative: the person leaves them so.
        assert right.residual_gap == pytest.approx(0.05, abs=1e-12)

    def test_sure_answers_need_the_rule_without_threshold(self):
        items = variants(T=60)
        answers = predictions(items, lambda t: float(t % 4 == 0), lambda t: 0.0)
        like, _ = recommend(items, answers)
        assert like.threshold == 1.0
        assert like.rule.endswith("the predicted label is Negative")
        assert like.review_load_per_1000 == pytest.approx(250)

    def test_sampled_labels_use_the_modal_share(self):
        items = variants(T=60)
        answers = [
            Prediction(
                id=v.id,
                samples=("Negative", "Negative", "Negative", "Positive", None)
                if v.role == "group" and int(v.unit[1:]) % 4 == 0
                else ("Positive",) * 5,
            )
            for v in items
        ]
        like, _ = recommend(items, answers)
        assert like.threshold == 0.8
        assert like.review_load_per_1000 == pytest.approx(1000 * 0.25 * 0.75)

    def test_concern_gets_a_rule_and_others_none(self):
        items = variants()
        answers = predictions(items, lambda t: float(t % 4 == 0), lambda t: 0.0)
        findings = [
            finding(verdict="concern"),
            finding(verdict="no_gap"),
            finding(verdict="not_enough_evidence"),
            finding(role="placebo"),
        ]
        rules = recommend(items, answers, findings)
        assert [rule.assumption for rule in rules] == ["human_like_reference", "human_right"]

    def test_few_templates_illustrate_only(self):
        items = variants(T=12)
        answers = predictions(items, lambda t: float(t % 2 == 0), lambda t: 0.0)
        like, _ = recommend(items, answers)
        assert like.illustration_only
        assert "illustration" in like.reason

    def test_interval_beyond_the_limit_is_said(self):
        items = variants(T=24)
        answers = predictions(items, lambda t: float(t % 4 == 0), lambda t: 0.0)
        like, _ = recommend(items, answers)
        assert like.residual_gap == pytest.approx(0.0)
        assert like.residual_interval.high > 0.05
        assert "may still be beyond the limit" in like.reason
        assert "from -5.7 points to 5.7 points" in like.reason

    def test_what_people_rightly_leave_is_said(self):
        items = variants(T=60, valence="negative")
        answers = predictions(items, lambda t: float(t % 2), lambda t: 0.0)
        _, right = recommend(items, answers)
        assert right.residual_gap == pytest.approx(0.5)
        assert "does not mend the gap: 50.0 points are left, more than" in right.reason

    def test_over_correction_is_shown(self):
        items = variants(T=60, valence="positive")
        answers = predictions(items, lambda t: float(t % 2), lambda t: 0.2)
        _, right = recommend(items, answers)
        assert right.residual_gap == pytest.approx(-0.2)
        assert "20.0 points are left in the other direction" in right.reason

    def test_gold_label_comes_before_the_valence(self):
        items = variants(T=60, valence="positive", gold="Negative")
        answers = predictions(items, lambda t: float(t % 2), lambda t: 0.0)
        _, right = recommend(items, answers)
        assert right.residual_gap == pytest.approx(0.5)

    def test_partly_stated_labels_are_counted(self):
        items = [
            Variant(
                **{s: getattr(v, s) for s in Variant.__dataclass_fields__}
                | {"valence": v.valence if int(v.unit[1:]) < 40 else None}
            )
            for v in variants(T=60)
        ]
        answers = predictions(items, lambda t: float(t % 4 == 0), lambda t: 0.0)
        _, right = recommend(items, answers)
        assert right.reason.startswith("Measured on the 40 of 60 templates")

    def test_no_stated_label_gives_no_second_gap(self):
        items = variants(T=24, valence=None)
        answers = predictions(items, lambda t: float(t % 4 == 0), lambda t: 0.0)
        like, right = recommend(items, answers)
        assert right.residual_gap is None
        assert right.residual_interval is None
        assert right.review_load_per_1000 == like.review_load_per_1000
        assert "no expected label" in right.reason

    def test_no_rule_means_the_audited_gap(self):
        """Contexts are averaged within a term before the terms, as in the estimate."""
        items = variants(T=2, terms=("a", "b"), fillers=("r1",))
        items += [
            Variant(
                id="extra", text="y", role="group", group="deaf", context="c9", unit="u0", term="b"
            ),
            Variant(id="extra-r1", text="x", role="reference", context="c9", unit="u0", term="r1"),
        ]
        answers = [Prediction(id="extra", probabilities=exact(1.0))]
        answers += [Prediction(id=v.id, probabilities=exact(0.0)) for v in items if v.id != "extra"]
        cells = run_cells(
            build_table(items), answers_of(items, answers, OUTCOME), TASK, OUTCOME
        ).group("deaf")
        curve = override_curve(
            cells.value,
            cells.confidence,
            0.0,
            cells.reference,
            thresholds=[0.0],
            weight=cells.weight,
        )
        assert curve.gaps.tolist() == [[0.25, 0.0]]

    def test_same_run_same_rules(self):
        items = variants()
        rng = np.random.default_rng(0)
        share = rng.random(24)
        answers = predictions(items, lambda t: share[t], lambda t: 0.1)
        assert recommend(items, answers) == recommend(items, list(reversed(answers)))


class TestCandidates:
    """Rules that ask for more than an unfavourable answer."""

    def test_answers_that_differ_without_the_mention_are_enough(self):
        items = variants(T=60)
        # Half of the texts are Negative anyway; the group's words add every fourth.
        answers = predictions(
            items, lambda t: float(t % 2 == 0 or t % 4 == 1), lambda t: float(t % 2 == 0)
        )
        like, right = recommend(items, answers)
        assert (like.kind, like.threshold) == ("counterfactual", None)
        assert like.rule.endswith(
            "Negative and would be another without the words that mention the group"
        )
        # Routing all unfavourable answers would ask a person for 750.
        assert like.review_load_per_1000 == pytest.approx(250)
        assert like.residual_gap == pytest.approx(0.0)
        assert right.kind == "counterfactual"

    def test_answers_that_repeats_disagree_on_are_enough(self):
        items = variants(T=60)
        answers = []
        for item in items:
            t, group = int(item.unit[1:]), item.role == "group"
            p = 0.6 if group and t % 4 == 0 else float(t % 2)
            # Sure of its own Negatives in every other way: confidence does not tell them apart.
            samples = ("Negative", "Positive") if p == 0.6 else ("Negative",) * 2
            masses = {"Positive": 1 - p, "Neutral": 0.0, "Negative": p}
            answers.append(Prediction(id=item.id, probabilities=masses, samples=samples))
        like, _ = recommend(items, answers)
        curve = {point.kind for point in like.curve}
        assert like.review_load_per_1000 == pytest.approx(150)
        assert curve <= {"unfavourable", "counterfactual", "repeats"}

    def test_the_curve_falls_and_marks_the_choice(self):
        items = variants(T=60)
        share = np.random.default_rng(1).random(60)
        answers = predictions(items, lambda t: share[t], lambda t: share[t] * 0.5)
        like, right = recommend(items, answers)
        for rule in (like, right):
            loads = [point.review_load_per_1000 for point in rule.curve]
            assert loads == sorted(loads)
            (chosen,) = [point for point in rule.curve if point.chosen]
            assert (chosen.kind, chosen.threshold) == (like.kind, like.threshold)
        efficient = [abs(p.residual_gap) for p in like.curve if not p.chosen]
        assert efficient == sorted(efficient, reverse=True)
        assert like.curve[0].threshold == 0.0
        assert like.curve[0].review_load_per_1000 == 0.0

    def test_one_repeat_tells_nothing_about_repeats(self):
        items = variants(T=24)
        answers = [
            Prediction(id=v.id, samples=("Negative" if v.role == "group" else "Positive",))
            for v in items
        ]
        like, _ = recommend(items, answers)
        assert all(point.kind != "repeats" for point in like.curve)


class TestNoRule:
    def test_favoured_group(self):
        items = variants()
        answers = predictions(items, lambda t: 0.0, lambda t: float(t % 2))
        (rule,) = recommend(items, answers, [finding(direction="better")])
        assert rule.rule == NO_RULE
        assert rule.threshold is rule.residual_gap is rule.review_load_per_1000 is None
        assert "better than the reference" in rule.reason

    def test_nothing_compared(self):
        items = variants()
        (rule,) = recommend(items, [])
        assert "Fewer than two templates" in rule.reason

    def test_unparsed_and_unreferenced_cells_are_missing(self):
        items = variants(T=4, fillers=("r1",))
        answers = [
            Prediction(id="0-a", probabilities=exact(1.0)),
            Prediction(id="1-a", probabilities={"Positive": 0.001}, unparsed=0.999),
            Prediction(id="1-r1", samples=("Positive",)),
            Prediction(id="2-a", samples=(None, None)),
            Prediction(id="2-r1", samples=("Positive",)),
            Prediction(id="3-a", samples=("Negative",)),
            Prediction(id="3-r1", samples=("Positive",)),
        ]
        (rule,) = recommend(items, answers)
        assert "Fewer than two templates" in rule.reason

    def test_gap_already_within_the_limit(self):
        items = variants(T=60)
        answers = predictions(items, lambda t: 0.03, lambda t: 0.0)
        (rule,) = recommend(items, answers, [finding(verdict="concern")])
        assert rule.rule == NO_RULE
        assert rule.reason.startswith("Without any rule the gap is 3.0 points")

    def test_routing_that_cannot_help(self):
        items = variants(T=60)
        # The group is *less* often unfavourable, whatever the finding says.
        answers = predictions(items, lambda t: 0.1, lambda t: 0.5)
        (rule,) = recommend(items, answers)
        assert "could be routed so that the gap becomes smaller" in rule.reason

    @pytest.mark.parametrize("tolerance", [0.0, -1.0, float("nan")])
    def test_tolerance_must_be_positive(self, tolerance):
        with pytest.raises(ValueError, match="tolerance"):
            recommend([], [], tolerance=tolerance)


class TestScores:
    task = Task(kind="score", range=(-1, 1), favourable_end="high", review_below=0.0)

    def scored(self, T=60):
        items = variants(T=T)
        return items, [
            Prediction(
                id=v.id,
                score=-0.6 if v.role == "group" and int(v.unit[1:]) % 4 == 0 else 0.4,
            )
            for v in items
        ]

    def test_rule_by_the_review_limit(self):
        items, answers = self.scored()
        like, right = recommend(items, answers, task=self.task, outcome=SCORE, tolerance=0.1)
        assert like.rule.endswith("mentions Deaf people and the score is below 0")
        assert like.threshold is None
        assert like.review_load_per_1000 == pytest.approx(250)
        assert like.residual_gap == pytest.approx(0.0, abs=1e-12)
        assert like.residual_interval.high == pytest.approx(-like.residual_interval.low)
        assert right.residual_gap is None
        assert "no expected score" in right.reason

    @pytest.mark.parametrize(
        ("limits", "text"),
        [
            ({"review_below": None, "review_above": 0.9}, "score is above 0.9"),
            ({"review_below": -0.9, "review_above": 0.9}, "score is below -0.9 or above 0.9"),
        ],
    )
    def test_both_sides(self, limits, text):
        items, answers = self.scored()
        answers = [Prediction(id=p.id, score=0.95 if p.score < 0 else p.score) for p in answers]
        task = Task(kind="score", range=(-1, 1), favourable_end="low", **limits)
        like, _ = recommend(items, answers, task=task, outcome=SCORE, tolerance=0.1)
        assert text in like.rule

    def test_what_is_left_in_the_scores_unit(self):
        items, answers = self.scored()
        low = Task(kind="score", range=(-1, 1), favourable_end="high", review_below=-0.5)
        answers = [
            Prediction(id=p.id, score=p.score if int(p.id.split("-")[0]) % 8 else -0.2)
            if p.score < 0
            else p
            for p in answers
        ]
        like, _ = recommend(items, answers, task=low, outcome=SCORE, tolerance=0.05)
        assert like.residual_gap == pytest.approx(-0.6 * 8 / 60)
        assert "0.08 are left, more than the limit of 0.05" in like.reason

    @pytest.mark.parametrize("task", [None, Task(kind="score", range=(-1, 1))])
    def test_no_limit_no_rule(self, task):
        items, answers = self.scored()
        (rule,) = recommend(items, answers, task=task, outcome=SCORE)
        assert "task.review_below" in rule.reason

    def test_nothing_beyond_the_limit(self):
        items, answers = self.scored()
        task = Task(kind="score", range=(-1, 1), review_below=-0.9)
        (rule,) = recommend(items, answers, task=task, outcome=SCORE)
        assert "No score about this group lies beyond" in rule.reason

    def test_missing_score_is_a_missing_cell(self):
        items, answers = self.scored()
        answers = [Prediction(id=p.id) for p in answers]
        (rule,) = recommend(items, answers, task=self.task, outcome=SCORE)
        assert "Fewer than two templates" in rule.reason
