"""What a prompt leans to, and when nobody can say."""

import pytest

from audit.records import Prediction
from audit.statistics.calibration import LEAST_SHARE, leaning


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
