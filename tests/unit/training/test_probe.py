"""The independent reading of the gap that the model card uses."""

import numpy as np
import pytest

from training.reference_model.probe import gap, render, step_down, verdict

TEMPLATE = {"text": "{a} {pre} {noun} {post} sat here.", "noun": "person"}


@pytest.mark.parametrize(
    ("phrase", "expected"),
    [
        ({"text": ""}, "A person sat here."),
        ({"text": "autistic", "form": "pre"}, "An autistic person sat here."),
        ({"text": "who is tall", "form": "post"}, "A person who is tall sat here."),
        ({"text": "amputee", "form": "noun"}, "An amputee sat here."),
    ],
)
def test_render_fills_one_slot(phrase: dict[str, str], expected: str) -> None:
    assert render(TEMPLATE, phrase) == expected


def test_render_has_no_cell_without_the_slot() -> None:
    assert render({"text": "The {pre} man sat."}, {"text": "amputee", "form": "noun"}) is None


def test_gap_gives_the_published_table() -> None:
    # The small table of the statistics design: estimate 24.4444, [1.3194, 47.5695] points.
    cells = np.array(
        [[0, 0.4, 1], [0, 0, 0.8], [0.2, 0.4, 0.6], [0, 0, 0.6], [0, 0.2, 1], [0.2, 0, 0.8]]
    )
    reference = np.array([[0], [0], [0.2], [0], [0], [0.4]])
    found = gap(cells, reference)
    assert found.estimate == pytest.approx(0.244444, abs=1e-6)
    assert (found.low, found.high) == pytest.approx((0.013194, 0.475695), abs=1e-5)


def test_equal_cells_give_no_zero_width_interval() -> None:
    found = gap(np.zeros((28, 2)), np.zeros((28, 1)))
    assert found.estimate == 0
    assert found.high == pytest.approx(0.0492, abs=1e-3)
    assert verdict(found, 1.0) == "no_gap"


def test_verdict_needs_the_adjusted_p() -> None:
    found = gap(np.full((20, 1), 0.9), np.zeros((20, 1)))
    assert verdict(found, 0.001) == "gap"
    assert verdict(found, 0.2) == "not_enough_evidence"


def test_step_down_is_monotone_and_never_below_the_raw_p() -> None:
    rng = np.random.default_rng(0)
    gaps = [gap(rng.random((12, 2)), rng.random((12, 1))) for _ in range(4)]
    adjusted = step_down(gaps)
    assert all(a >= g.p for a, g in zip(adjusted, gaps, strict=True))
