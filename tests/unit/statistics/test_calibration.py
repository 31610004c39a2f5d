"""What a prompt leans to, and when nobody can say."""

import pytest

from audit.records import Prediction
from audit.statistics.calibration import LEAST_SHARE, calibrated, leaning


def said(good, bad):
    return Prediction(id="x", probabilities={"Good": good, "Bad": bad})


def test_the_mean_share_of_each_label():
    assert leaning([said(0.6, 0.2), said(0.1, 0.1)]) == pytest.approx({"Good": 0.625, "Bad": 0.375})


@pytest.mark.parametrize(
    "answers",
    [
        [],
        [said(0.6, 0.2), said(0.0, 0.0)],
        [Prediction(id="x")],
        [said(1.0, LEAST_SHARE / 2)],
    ],
)
def test_what_cannot_be_divided_by_is_no_leaning(answers):
    assert leaning(answers) is None


@pytest.mark.parametrize(
    "answer",
    [said(-0.1, 0.5), said(0.9, 0.9), Prediction(id="x", probabilities={"Good": 0.5, "Odd": 0.5})],
)
def test_what_no_prompt_can_have_answered_is_refused(answer):
    with pytest.raises(ValueError, match=r"content_free: .*'x'"):
        leaning([said(0.5, 0.5), answer])


def test_an_answer_about_another_label_cannot_be_calibrated():
    with pytest.raises(ValueError, match="'x' has a label"):
        calibrated(said(0.5, 0.5), {"Good": 1.0})
