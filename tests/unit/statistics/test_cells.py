import numpy as np
import pytest

from audit.records import Outcome, Prediction, Task, Variant
from audit.statistics.cells import answers_of, outcome_of
from tests.small_audits import TASK, drawn, exact

SCORE = outcome_of(Task(kind="score", range=(-1, 1), favourable_end="high"))
LABELS = outcome_of(TASK)


def variants(count):
    return [
        Variant(id=str(i), text="", role="reference", context="c", unit="c", term=str(i))
        for i in range(count)
    ]


def read(*predictions, outcome=LABELS, **more):
    return answers_of(variants(len(predictions)), predictions, outcome, **more)


class TestOutcome:
    def test_two_labels_need_no_unfavourable(self):
        expected = Outcome(
            name="P(Bad)",
            unit="probability",
            range=(0.0, 1.0),
            favourable="Good",
            unfavourable=("Bad",),
            favourable_end="low",
        )
        assert outcome_of(TASK) == expected

    def test_three_labels(self):
        task = Task(labels=("P", "N", "U"), favourable="P", unfavourable=("N", "U"))
        assert outcome_of(task).name == "P(N or U)"

    @pytest.mark.parametrize(
        "task",
        [
            Task(labels=("P", "N", "U"), favourable="P"),
            Task(labels=("P", "N"), favourable=None),
            Task(labels=("P", "N"), favourable="X"),
            Task(labels=("P", "N"), favourable="P", unfavourable=("X",)),
        ],
    )
    def test_unfavourable_labels_must_be_named(self, task):
        with pytest.raises(ValueError, match="task: "):
            outcome_of(task)

    def test_score_range_from_task_or_target(self):
        assert SCORE.range == (-1, 1)
        assert SCORE.span == 2
        assert outcome_of(None, (0, 5)).range == (0, 5)
        assert outcome_of(None, (0, 5)).favourable_end == "high"
        low = outcome_of(Task(kind="score", favourable_end="low"), (0, 1))
        assert low.favourable_end == "low"

    @pytest.mark.parametrize("limits", [None, (1, 1), (2, 1), (0, float("inf"))])
    def test_score_needs_a_finite_range(self, limits):
        with pytest.raises(ValueError, match="score_range"):
            outcome_of(None, limits)


class TestLabels:
    def test_exact(self):
        answers = read(exact("0", 0.25, unparsed=0.2))
        assert answers.value[0] == pytest.approx(0.25)
        assert answers.noise[0] == 0
        assert answers.pair_noise[0] == 0
        assert answers.unparsed[0] == 0.2
        assert answers.refusal[:, 0] == pytest.approx([0.2, 0.4])
        assert answers.unresolved[:, 0] == pytest.approx([0.25, 0.25])
        assert np.isinf(answers.repeats[0])
        assert not answers.drawn[0]
        assert answers.counts[0] == pytest.approx([0.6, 0.2, 0.2])

    def test_unresolved_mass_opens_the_value(self):
        said = Prediction(
            id="0", probabilities={"Bad": 0.2, "Good": 0.6}, unparsed=0.1, unresolved=0.1
        )
        answers = read(said)
        assert answers.unresolved[:, 0] == pytest.approx([0.2 / 0.9, 0.3 / 0.9])
        assert answers.value[0] == pytest.approx(0.25)

    def test_hardly_any_label_mass_is_missing(self):
        answers = read(exact("0", 0.5, unparsed=0.995))
        assert np.isnan(answers.value[0])
        assert np.isnan(answers.shares[0]).all()
        assert answers.refusal[:, 0] == pytest.approx([0.0025, 0.9975])

    def test_sampled(self):
        answers = read(drawn("0", 3, 1, 1))
        assert answers.labels == ("Good", "Bad")
        assert answers.value[0] == pytest.approx(0.75)
        assert answers.noise[0] == pytest.approx(0.75 * 0.25 / 3)
        assert answers.pair_noise[0] == pytest.approx((1 - 0.75**2 - 0.25**2) / 3)
        assert answers.unparsed[0] == 0.2
        assert answers.refusal[:, 0] == pytest.approx([0.6, 0.8])
        assert answers.counts[0].tolist() == [1, 3, 1]
        assert answers.repeats[0] == 5
        assert answers.drawn[0]

    def test_one_repeat_has_unknown_noise(self):
        answers = read(drawn("0", 1, 0))
        assert answers.value[0] == 1
        assert np.isnan(answers.noise[0])
        assert np.isnan(answers.pair_noise[0])

    def test_all_unparsed_is_missing_not_zero(self):
        answers = read(drawn("0", 0, 0, 5), Prediction(id="1", unparsed=1.0))
        assert np.isnan(answers.value).all()
        assert answers.unparsed.tolist() == [1, 1]
        assert answers.refusal.tolist() == [[0, 0], [1, 1]]

    def test_exact_draws_are_for_people_to_read(self):
        masses = {"Bad": 0.5, "Good": 0.5}
        answers = read(Prediction(id="0", probabilities=masses, samples=("Bad", "Bad", "Good")))
        assert answers.value[0] == 0.5
        assert answers.counts[0].tolist() == [1, 2, 0]
        assert answers.unparsed[0] == 0

    def test_missing_prediction(self):
        answers = answers_of(variants(2), {"1": exact("1", 0.5)}, LABELS)
        assert answers.answered.tolist() == [False, True]
        assert np.isnan(answers.value[0])
        assert np.isnan(answers.unparsed[0])

    def test_labels_seen_or_named(self):
        answers = read(Prediction(id="0", samples=("Maybe", "Bad")))
        assert answers.labels == ("Good", "Bad", "Maybe")
        named = read(drawn("0", 1, 1), labels=["Bad", "Good", "Other"])
        assert named.labels == ("Bad", "Good", "Other")
        assert named.shares[0].tolist() == [0.5, 0.5, 0]


class TestScores:
    def test_is_mapped_by_its_range(self):
        answers = read(Prediction(id="0", score=-0.5, samples=("Bad",)), outcome=SCORE)
        assert answers.value[0] == 0.25
        assert answers.noise[0] == 0
        assert answers.unparsed[0] == 0
        assert answers.labels == ("Bad",)
        assert answers.shares[0, 0] == 1

    def test_no_score_is_unparsed(self):
        said = [Prediction(id="0", unparsed=1.0), Prediction(id="1", score=1.0, unparsed=0.0)]
        answers = read(*said, outcome=SCORE)
        assert np.isnan(answers.value[0])
        assert answers.unparsed.tolist() == [1, 0]
        assert answers.refusal.tolist() == [[0, 1], [1, 1]]
        missing = answers_of(variants(1), [], SCORE)
        assert np.isnan(missing.unparsed[0])

    @pytest.mark.parametrize("score", [float("nan"), float("inf"), 1.01, -2])
    def test_impossible_scores_are_refused(self, score):
        with pytest.raises(ValueError, match="predictions: the score"):
            read(Prediction(id="0", score=score), outcome=SCORE)


@pytest.mark.parametrize(
    ("said", "message"),
    [
        (Prediction(id="0", probabilities={"Bad": 0.5, "Good": 0.4}), "sum to 1"),
        (Prediction(id="0", probabilities={"Bad": 1.2, "Good": -0.2}), "sum to 1"),
        (Prediction(id="0", probabilities={"Bad": float("nan")}), "sum to 1"),
        (Prediction(id="0", probabilities={"Bad": float("inf")}), "sum to 1"),
        (Prediction(id="0", probabilities={"Bad": 1.0}, unresolved=float("nan")), "sum to 1"),
        (Prediction(id="0", probabilities={"Bad": 1.0}, unparsed=float("nan")), "unparsed mass"),
        (Prediction(id="0", score=0.5), "sum to 1"),
        (Prediction(id="0", samples=("Worse",)), "'Worse', which is none of Good, Bad"),
        (Prediction(id="0", probabilities={"Worse": 1.0}), "'Worse'"),
        (Prediction(id="other", samples=("Bad",)), "answers no variant"),
    ],
)
def test_what_is_no_answer_is_refused(said, message):
    with pytest.raises(ValueError, match=f"predictions: .*{message}"):
        answers_of(variants(1), [said], LABELS, labels=("Good", "Bad"))


def test_ids_are_unique():
    with pytest.raises(ValueError, match="variants: ids"):
        answers_of(variants(1) * 2, [], LABELS)
    with pytest.raises(ValueError, match="answered twice"):
        answers_of(variants(1), [exact("0", 1), exact("0", 1)], LABELS)
