from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from audit.classifiers.exact.decide import Decider
from audit.classifiers.remote.certified import Beginning, Reading, certify
from audit.classifiers.remote.next_tokens import NextTokens, read_next_tokens, temper
from audit.errors import ProviderError


@example(weights=[0.4, 0.4], returned=2, lost=0, few=True, temperature=0.0)
@example(weights=[0.5, 0.3, 0.2], returned=3, lost=0, few=True, temperature=0.0)
@given(
    weights=st.lists(st.floats(1e-6, 1.0), min_size=2, max_size=40),
    returned=st.integers(1, 40),
    lost=st.integers(0, 39),
    few=st.booleans(),
    temperature=st.sampled_from([0.0, 0.1, 0.3, 0.7, 1.0]),
)
def test_bounds_hold_whatever_is_missing(
    weights: list[float], returned: int, lost: int, few: bool, temperature: float
) -> None:
    whole = sorted((w / sum(weights) for w in weights), reverse=True)
    shown = list(range(min(returned, len(whole))))
    if few and len(shown) > 1:
        shown.pop(lost % len(shown))  # any token can be the one that did not come back
    found = NextTokens(
        tuple(b"x" for _ in shown), tuple(math.log(whole[place]) for place in shown), returned
    )
    bounds = temper(found, temperature)
    if temperature == 0:
        true = [1.0] + [0.0] * (len(whole) - 1)
    else:
        powers = (np.array(whole) / whole[0]) ** (1 / temperature)
        true = (powers / powers.sum()).tolist()
    assert sum(bounds.masses) + bounds.open == pytest.approx(1.0)
    for low, place in zip(bounds.masses, shown, strict=True):
        assert low <= true[place] + 1e-9
        assert true[place] <= low + bounds.open + 1e-9


def test_above_temperature_one_nothing_is_promised() -> None:
    found = NextTokens((b"a", b"b"), (math.log(0.5), math.log(0.3)), 2)
    with pytest.raises(ValueError, match="above temperature 1"):
        temper(found, 1.2)


def test_both_forms_are_read() -> None:
    legacy = {"logprobs": {"top_logprobs": [{" No": -2.0, " Yes": -0.5, "bytes:\\xe5": -9.0}]}}
    found = read_next_tokens(legacy, 2, "x")
    assert found == NextTokens((b" Yes", b" No"), (-0.5, -2.0), 2)
    whole = read_next_tokens(legacy, 5, "x")
    assert whole is not None
    assert whole.tokens[2] == b"\xe5"
    tops = [
        {"token": "\ufffd", "bytes": [245], "logprob": -3.0},
        {"token": "", "bytes": [], "logprob": -4.0},
        {"token": " Yes", "logprob": -0.5},
        {"token": "\ufffd", "logprob": -5.0},
    ]
    content = {"logprobs": {"content": [{"token": " Yes", "top_logprobs": tops}]}}
    read = read_next_tokens(content, 9, "x")
    assert read is not None
    assert read.tokens == (b" Yes", b"\xf5", None, None)


@pytest.mark.parametrize(
    "choice", [{}, {"logprobs": None}, {"logprobs": {}}, {"logprobs": {"top_logprobs": []}},
               {"logprobs": {"content": [{"top_logprobs": ["x"]}]}}, {"logprobs": 3}],
)  # fmt: skip
def test_no_log_probabilities_are_no_error(choice: dict[str, object]) -> None:
    assert read_next_tokens(choice, 5, "x") is None


@pytest.mark.parametrize("value", [0.7, float("nan"), "low", True, None, -1e9])
def test_what_is_no_distribution_is_refused(value: object) -> None:
    with pytest.raises(ProviderError, match="none"):
        read_next_tokens({"logprobs": {"top_logprobs": [{"a": value}]}}, 5, "x")
    with pytest.raises(ProviderError, match="sum to"):
        read_next_tokens({"logprobs": {"top_logprobs": [{"a": -0.1, "b": -0.1}]}}, 5, "x")


LABELS = ("Positive", "Pos", "Negative")


def reading(rule: str = "starts_with", temperature: float = 1.0, most: int = 4) -> Reading:
    return Reading(
        decider=Decider(LABELS, rule, ("\n",)),  # type: ignore[arg-type]
        n_labels=3,
        temperature=temperature,
        max_new_tokens=most,
    )


def shown(tops: dict[str, float], asked: int = 5) -> NextTokens:
    pairs = sorted(tops.items(), key=lambda pair: -pair[1])
    return NextTokens(
        tuple(t.encode() or None for t, _ in pairs), tuple(math.log(p) for _, p in pairs), asked
    )


TREE = {
    b"": shown({" Pos": 0.5, " Neg": 0.3, " I": 0.1, "": 0.04}),
    b" Pos": shown({"itive": 0.9, ",": 0.08, "</s>": 0.02}),
    b" Neg": shown({"ative": 1.0}),
}


def test_labels_of_several_tokens_are_followed() -> None:
    asked: list[Beginning] = []

    def follow(wanted):  # type: ignore[no-untyped-def]
        asked.extend(beginning for _, beginning in wanted)
        return [TREE[beginning.data] for _, beginning in wanted]

    (found,) = certify(1, follow, reading())
    assert found.labels == pytest.approx((0.45, 0.05, 0.3))
    assert found.unparsed == pytest.approx(0.1)
    assert found.open == pytest.approx(0.1)
    assert found.missing == pytest.approx(0.06)
    assert asked == [Beginning(b"", 0), Beginning(b" Pos", 1), Beginning(b" Neg", 1)]


def test_what_cannot_be_followed_stays_open() -> None:
    def follow(wanted):  # type: ignore[no-untyped-def]
        return [TREE[b.data] if b.length == 0 else None for _, b in wanted]

    (found,) = certify(1, follow, reading())
    assert found.labels == (0.0, 0.0, 0.0)
    assert found.unparsed == pytest.approx(0.1)
    assert found.open == pytest.approx(0.9)


def test_the_last_token_settles() -> None:
    (found,) = certify(1, lambda wanted: [TREE[b.data] for _, b in wanted], reading(most=1))
    assert found.labels == pytest.approx((0.0, 0.5, 0.0))
    assert found.unparsed == pytest.approx(0.4)


def test_two_ways_to_one_beginning_stay_open() -> None:
    tree = {
        b"": shown({" ": 0.5, " P": 0.3, " Positive": 0.2}),
        b" ": shown({"Po": 1.0}),
        b" P": shown({"o": 1.0}),
        b" Po": shown({"sitive": 1.0}),
    }
    (found,) = certify(1, lambda wanted: [tree[b.data] for _, b in wanted], reading())
    assert found.labels == pytest.approx((0.2, 0.0, 0.0))
    assert found.open == pytest.approx(0.8)
