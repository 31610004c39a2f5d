"""Answer distributions against enumerating every answer, and against real generation."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy.stats import chisquare
from transformers import TemperatureLogitsWarper, TopKLogitsWarper, TopPLogitsWarper

from audit.classifiers.exact.forward import PlainForward, PrefixForward, TrieForward
from audit.classifiers.exact.masses import Draws, token_masses
from audit.classifiers.exact.scorer import AnswerRule, ExactScorer
from audit.classifiers.exact.vocabulary import read_vocabulary
from audit.classifiers.generation import Generator
from audit.classifiers.labels import parse_label
from audit.errors import ClassifierError
from audit.records import Sampling

from .leaky import LABELS, STOPS, model, prompts, tokenizer


def scorer(
    rule: Any = "starts_with", *, most: int = 3, eps: float = 0.0, draws: Draws | None = None
) -> ExactScorer:
    tokens = tokenizer()
    vocabulary = read_vocabulary(tokens, len(tokens), [tokens.eos_token_id], "leaky")
    how = AnswerRule(
        labels=LABELS, rule=rule, stops=STOPS, max_new_tokens=most, eps=eps,
        draws=draws or Draws(temperatures=(1.0,)),
    )  # fmt: skip
    return ExactScorer(vocabulary, how, "leaky")


def enumerated(prompt: tuple[int, ...], rule: Any, most: int, draws: Draws) -> NDArray[np.float64]:
    """Walk through every answer of ``most`` tokens, with transformers' own warpers."""
    tokens, end = tokenizer(), tokenizer().eos_token_id
    masses = np.zeros(len(LABELS) + 1)
    open_: list[tuple[tuple[int, ...], float]] = [((), 1.0)]
    for depth in range(most):
        with torch.inference_mode():
            ids = torch.tensor([[*prompt, *path] for path, _ in open_])
            scores = TemperatureLogitsWarper(draws.temperatures[0])(
                None, model()(ids).logits[:, -1]
            )
            if draws.top_k:
                scores = TopKLogitsWarper(draws.top_k)(None, scores)
            if draws.top_p < 1:
                scores = TopPLogitsWarper(draws.top_p)(None, scores)
            rows = scores.double().softmax(-1).numpy()
        following: list[tuple[tuple[int, ...], float]] = []
        for (path, mass), row in zip(open_, rows, strict=True):
            for token in np.flatnonzero(row):
                joint = mass * row[token]
                if token != end and depth + 1 < most:
                    following.append(((*path, int(token)), joint))
                    continue
                text = tokens.decode(path if token == end else (*path, token))
                read = parse_label(text, LABELS, rule=rule, stops=STOPS)
                masses[LABELS.index(read) if read else -1] += joint
        open_ = following
    return masses


@pytest.mark.parametrize("rule", ["starts_with", "exact"])
@pytest.mark.parametrize(
    ("temperature", "top_k", "top_p"), [(1.0, 0, 1.0), (0.3, 0, 1.0), (2.0, 7, 1.0), (1.0, 12, 0.8)]
)
def test_equals_enumerating_every_answer(
    rule: str, temperature: float, top_k: int, top_p: float
) -> None:
    draws = Draws(temperatures=(temperature,), top_k=top_k, top_p=top_p)
    found = scorer(rule, draws=draws).score(TrieForward(model(), "leaky"), prompts(2))
    assert np.all(found.unresolved == 0)
    for row, prompt in enumerate(prompts(2)):
        expected = enumerated(prompt, rule, 3, draws)
        assert found.labels[row, 0] == pytest.approx(expected[:-1], abs=1e-6)
        assert found.unparsed[row, 0] == pytest.approx(expected[-1], abs=1e-6)


@pytest.mark.parametrize("rule", ["starts_with", "exact"])
def test_intervals_hold_the_probability_and_are_as_narrow_as_asked(rule: str) -> None:
    asked = prompts(5)
    forward = PrefixForward(model(), "leaky")
    exact = scorer(rule, most=5).score(forward, asked)
    for eps in (0.2, 0.05, 0.01):
        found = scorer(rule, most=5, eps=eps).score(forward, asked)
        assert np.all(found.unresolved <= eps)
        assert np.all(found.labels <= exact.labels + 1e-9)
        assert np.all(exact.labels <= found.labels + found.unresolved[..., None] + 1e-9)
        assert np.all(exact.unparsed <= found.unparsed + found.unresolved + 1e-9)
        total = found.labels.sum(-1) + found.unparsed + found.unresolved
        assert total == pytest.approx(1.0)


def test_the_usual_tokens_alone_miss_other_spellings() -> None:
    """Why every tokenisation counts: the mass of the label's usual token is not its probability."""
    usual = tokenizer()(" Neg")["input_ids"]
    assert len(usual) == 1
    found = scorer(most=4).score(PlainForward(model(), "leaky"), prompts(5)).labels[:, 0, 2]
    with torch.inference_mode():
        rows = [model()(torch.tensor([p])).logits[0, -1].softmax(-1) for p in prompts(5)]
    missed = found - np.array([float(row[usual[0]]) for row in rows])
    assert np.all(missed > 0)
    assert missed.max() > 0.004


def test_ways_order_and_repetition_change_nothing() -> None:
    asked = prompts(5)
    ways = [kind(model(), "leaky") for kind in (PlainForward, PrefixForward, TrieForward)]
    expected = scorer().score(ways[0], asked)
    for way in ways:
        again = scorer().score(way, [*asked[::-1], *asked])
        assert again.labels[5:] == pytest.approx(expected.labels, abs=1e-6)
        assert again.labels[:5] == pytest.approx(expected.labels[::-1], abs=1e-6)
        alone = [scorer().score(way, [prompt]).labels[0] for prompt in asked]
        assert np.stack(alone) == pytest.approx(expected.labels, abs=1e-6)


def test_beginnings_often_followed_come_with_the_prompts() -> None:
    """Learning what to compute early saves forward passes and changes no mass."""
    learning = scorer(eps=0.01)
    passes: list[int] = []
    hook = model().register_forward_pre_hook(lambda *_: passes.append(1))
    forward = TrieForward(model(), "leaky")
    first = learning.score(forward, prompts(5))
    before = len(passes)
    again = learning.score(forward, prompts(5))
    hook.remove()
    assert len(passes) - before < before
    assert np.all(np.abs(again.labels - first.labels) <= first.unresolved[..., None] + 1e-6)


def test_many_temperatures_at_once_equal_one_after_the_other() -> None:
    temperatures = (0.0, 0.1, 0.7, 1.0, 2.0)
    forward = TrieForward(model(), "leaky")
    together = scorer(draws=Draws(temperatures=temperatures)).score(forward, prompts())
    for place, temperature in enumerate(temperatures):
        one = scorer(draws=Draws(temperatures=(temperature,))).score(forward, prompts())
        assert together.labels[:, place] == pytest.approx(one.labels[:, 0], abs=1e-6)
    assert set(together.labels[:, 0].ravel()) <= {0.0, 1.0}


def test_beginnings_without_end_stay_unresolved() -> None:
    """Where following everything would take for ever, what is left is said, not guessed."""
    found = scorer(most=30, eps=1e-9).score(TrieForward(model(), "leaky"), prompts(1))
    assert 0 < found.unresolved[0, 0] < 0.2


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
@pytest.mark.parametrize("top_k", [0, 3])
def test_logits_that_are_no_numbers(value: float, top_k: int) -> None:
    logits = torch.zeros(2, 10)
    logits[1, 3] = value
    with pytest.raises(ClassifierError, match="not a number"):
        token_masses(logits, np.array([1]), Draws(temperatures=(1.0,), top_k=top_k), "m")


def test_impossible_tokens_have_no_mass() -> None:
    logits = torch.zeros(1, 4)
    logits[0, 2] = float("-inf")
    masses = token_masses(logits, np.arange(4), Draws(temperatures=(0.5, 1.0)), "m")
    assert masses[0, 1] == pytest.approx([1 / 3, 1 / 3, 0, 1 / 3])


CASES = [
    *product(["starts_with"], [0.5, 1.0], [0], [8]),
    ("starts_with", 2.0, 10, 3),
    ("exact", 1.0, 0, 8),
    ("exact", 0.5, 10, 2),
    ("exact", 2.0, 0, 9),
]


@pytest.mark.slow
@pytest.mark.parametrize(("rule", "temperature", "top_k", "most"), CASES)
def test_real_generation_follows_the_exact_distribution(
    rule: Any, temperature: float, top_k: int, most: int
) -> None:
    """12,000 samples of ``generate()`` each; the seed is fixed, so the test is not random."""
    draws = Draws(temperatures=(temperature,), top_k=top_k)
    prompt = prompts(1)[0]
    how = scorer(rule, most=most, eps=1e-4, draws=draws)
    exact = how.score(TrieForward(model(), "leaky"), [prompt])
    assert exact.unresolved[0, 0] < 2e-3
    sampling = Sampling(
        repeats=2000, temperature=temperature, top_k=top_k, max_new_tokens=most, seed=0
    )
    generator = Generator(model(), tokenizer(), sampling, STOPS)
    drawn = [
        parse_label(text, LABELS, rule=rule, stops=STOPS)
        for number in range(6)
        for text in generator.sample([prompt], seed=1, ids=[str(number)])[0]
    ]
    counts = np.array([drawn.count(label) for label in (*LABELS, None)])
    masses = np.append(exact.labels[0, 0], exact.unparsed[0, 0])
    expected = masses / masses.sum() * len(drawn)
    assert len(drawn) == 12_000
    assert np.count_nonzero(expected > 50) >= 2
    assert np.all(counts[expected == 0] == 0)
    some = expected > 0
    assert chisquare(counts[some], expected[some]).pvalue > 1e-3
