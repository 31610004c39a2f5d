import numpy as np
from scipy.stats import chisquare

from audit.classifiers.draws import draw_labels, most_likely, request_seed

P = {"Positive": 0.5, "Neutral": 0.2, "Negative": 0.1}


def test_draws_depend_on_seed_and_id_only() -> None:
    first = draw_labels(P, 20, seed=0, request_id="a")
    assert first == draw_labels(P, 20, seed=0, request_id="a")
    assert first != draw_labels(P, 20, seed=1, request_id="a")
    assert first != draw_labels(P, 20, seed=0, request_id="b")
    assert first[:5] == draw_labels(P, 5, seed=0, request_id="a")


def test_draws_follow_the_probabilities_with_the_rest_as_no_label() -> None:
    draws = [label for n in range(2000) for label in draw_labels(P, 5, seed=7, request_id=str(n))]
    counts = [draws.count(label) for label in [*P, None]]
    assert chisquare(counts, np.array([0.5, 0.2, 0.1, 0.2]) * 10_000).pvalue > 1e-3


def test_certain_labels_are_always_drawn() -> None:
    assert set(draw_labels({"A": 1.0, "B": 0.0}, 100, seed=3, request_id="x")) == {"A"}
    assert set(draw_labels({"A": 0.0, "B": 0.0}, 100, seed=3, request_id="x")) == {None}


def test_seed_is_a_valid_torch_seed_even_for_a_negative_run_seed() -> None:
    assert 0 <= request_seed(-1, "a") < 2**63
    assert request_seed(1, "a", "b") != request_seed(1, "ab")


def test_most_likely_is_no_label_where_most_mass_is_on_none() -> None:
    assert most_likely({"A": 0.3, "B": 0.2}, 0.5) is None
    assert most_likely({"A": 0.3, "B": 0.5}, 0.2) == "B"
