"""Exact scores against plain forward passes, transformers' own warpers, and real generation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from scipy.stats import chisquare

from audit.classifiers.causal import CausalClassifier
from audit.classifiers.loading import load_model, quiet
from audit.classifiers.prompt import FewShotPrompt
from audit.classifiers.scoring import LabelScorer, check_causal, warped_log_softmax
from audit.classifiers.tokens import encode, label_tokens
from audit.errors import ClassifierError
from audit.records import Request, Sampling, Task

from .conftest import options


def plain_probability(
    model: Any, prompt: Sequence[int], label: Sequence[int], temperature: float
) -> float:
    """One unpadded forward pass over prompt and label, summed in float64."""
    with torch.inference_mode():
        logits = model(torch.tensor([[*prompt, *label]])).logits[0].double() / temperature
    log_p = torch.log_softmax(logits, dim=-1)
    places = range(len(prompt) - 1, len(prompt) + len(label) - 1)
    return float(sum(log_p[place, token] for place, token in zip(places, label, strict=True)).exp())


@pytest.mark.parametrize("checkpoint", ["gpt_neo", "gpt_neo_pieces", "gpt2"])
@pytest.mark.parametrize("temperature", [0.1, 1.0, 2.0])
def test_equals_a_plain_forward_pass_per_prompt(
    checkpoint: str,
    temperature: float,
    task: Task,
    requests: list[Request],
    request: pytest.FixtureRequest,
) -> None:
    folder = request.getfixturevalue(checkpoint)
    loaded = load_model("causal", str(folder), "causal", options())
    prompt = FewShotPrompt(task)
    labels = label_tokens(loaded.tokenizer, prompt, loaded.name)
    prompts = encode(loaded.tokenizer, [prompt.render(r.text) for r in requests])
    sampling = Sampling(temperature=temperature)
    for rows in (1, 3, 32):
        scores = LabelScorer(loaded.model, labels, sampling, rows).score(prompts)
        expected = [
            [plain_probability(loaded.model, ids, label, temperature) for label in labels]
            for ids in prompts
        ]
        assert scores.probabilities == pytest.approx(np.array(expected), abs=1e-5)
        assert scores.probabilities.sum(axis=1) + scores.unparsed == pytest.approx(1.0)


def test_checkpoints_cover_single_and_several_token_labels(
    gpt_neo: Path, gpt_neo_pieces: Path, task: Task
) -> None:
    lengths = []
    for folder in (gpt_neo, gpt_neo_pieces):
        tokenizer = load_model("causal", str(folder), "causal", options()).tokenizer
        labels = label_tokens(tokenizer, FewShotPrompt(task), "x")
        lengths.append([len(ids) for ids in labels])
    assert lengths[0] == [1, 1, 1]
    assert max(lengths[1]) > 1


def test_labels_sharing_a_first_token_and_one_inside_another(gpt_neo_pieces: Path) -> None:
    loaded = load_model("causal", str(gpt_neo_pieces), "causal", options())
    labels = [(5,), (5, 6), (5, 6, 7), (5, 8), (9, 6)]
    prompts = [[20, 21, 22], [20, 21]]
    scores = LabelScorer(loaded.model, labels, Sampling(temperature=1.0), 8).score(prompts)
    for row, prompt in enumerate(prompts):
        p = {ids: plain_probability(loaded.model, prompt, ids, 1.0) for ids in labels}
        expected = [
            p[5,] - p[5, 6] - p[5, 8],
            p[5, 6] - p[5, 6, 7],
            p[5, 6, 7],
            p[5, 8],
            p[9, 6],
        ]
        assert scores.probabilities[row] == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(
    "sampling",
    [
        Sampling(temperature=0.5),
        Sampling(temperature=1.0, top_k=5),
        Sampling(temperature=2.0, top_p=0.6),
        Sampling(temperature=0.7, top_k=20, top_p=0.9),
        Sampling(temperature=1.0, top_k=10_000, top_p=0.05),
    ],
)
def test_truncation_equals_transformers_warpers(sampling: Sampling) -> None:
    from transformers import TemperatureLogitsWarper, TopKLogitsWarper, TopPLogitsWarper

    logits = torch.randn(6, 300, generator=torch.Generator().manual_seed(4)).double() * 3
    scores = TemperatureLogitsWarper(sampling.temperature)(None, logits)
    if sampling.top_k:
        scores = TopKLogitsWarper(sampling.top_k)(None, scores)
    if sampling.top_p < 1:
        scores = TopPLogitsWarper(sampling.top_p)(None, scores)
    expected = scores.softmax(dim=-1)
    assert torch.allclose(warped_log_softmax(logits, sampling).exp(), expected, atol=1e-12)


def test_temperature_zero_puts_all_mass_on_the_most_likely_token() -> None:
    logits = torch.tensor([[1.0, 3.0, 3.0], [2.0, 0.0, 1.0]]).double()
    found = warped_log_softmax(logits, Sampling(temperature=0)).exp()
    assert found.tolist() == [[0, 1, 0], [1, 0, 0]]


@pytest.mark.parametrize("checkpoint", ["gpt_neo", "gpt2"])
@pytest.mark.parametrize(
    "settings",
    [
        {"temperature": 1.0, "top_k": 0, "top_p": 1.0},
        {"temperature": 2.0, "top_k": 50, "top_p": 1.0},
        {"temperature": 1.0, "top_k": 0, "top_p": 0.9},
    ],
)
def test_real_generation_follows_the_exact_probabilities(
    checkpoint: str, settings: dict[str, Any], task: Task, request: pytest.FixtureRequest
) -> None:
    """3,000 samples; the labels are the three likeliest single tokens that are written in letters.

    One new token is generated, so the canonical token is the only spelling of each label.
    """
    folder = request.getfixturevalue(checkpoint)
    loaded = load_model("causal", str(folder), "causal", options())
    asked = Request(id="v", text="I'm a disabled joyful person.")
    own = replace(task, shots=())
    labels = likely_words(loaded, FewShotPrompt(own).render(asked.text))
    own = replace(own, labels=labels)
    settings = {**settings, "repeats": 1000, "max_new_tokens": 1}
    exact = CausalClassifier(loaded, own, options(**settings)).predict([asked])[0]
    sampler = CausalClassifier(loaded, own, options(scoring="sampled", **settings))
    drawn = [
        label
        for number in range(3)
        for label in sampler.predict([Request(id=f"v{number}", text=asked.text)])[0].samples
    ]
    assert exact.probabilities is not None
    expected = np.array([*exact.probabilities.values(), exact.unparsed]) * 3000
    counts = np.array([drawn.count(label) for label in [*labels, None]])
    assert expected[:3].sum() > 30
    assert np.array_equal(counts[expected == 0], counts[expected == 0] * 0)
    assert chisquare(counts[expected > 0], expected[expected > 0]).pvalue > 1e-3


def likely_words(loaded: Any, prompt: str) -> tuple[str, ...]:
    """The three likeliest next tokens that are a space and letters, and no one else's spelling."""
    ids = encode(loaded.tokenizer, [prompt])[0]
    with torch.inference_mode():
        order = loaded.model(torch.tensor([ids])).logits[0, -1].argsort(descending=True)
    words = [loaded.tokenizer.decode([token]) for token in order.tolist()]
    # without its space the same word would be a second spelling, which sampling also reads
    found = [
        word[1:]
        for word in words
        if word[0] == " " and word[1:].isalpha() and word[1:].isascii() and word[1:] not in words
    ]
    return tuple(found[:3])


def test_equal_prompts_are_computed_once(gpt_neo: Path) -> None:
    loaded = load_model("causal", str(gpt_neo), "causal", options())
    seen: list[int] = []
    hook = loaded.model.register_forward_pre_hook(
        lambda _module, _args, given: seen.append(len(given["input_ids"])), with_kwargs=True
    )
    scores = LabelScorer(loaded.model, [(5,)], Sampling(), 8).score([[1, 2], [3], [1, 2], [1, 2]])
    hook.remove()
    assert seen == [2]
    assert scores.probabilities[0] == scores.probabilities[2] == scores.probabilities[3]


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_output_that_is_no_number_is_an_error(gpt_neo: Path, value: float) -> None:
    loaded = load_model("causal", str(gpt_neo), "causal", options())
    with torch.no_grad():
        loaded.model.transformer.ln_f.bias[0] = value
    with pytest.raises(ClassifierError, match="not a number"):
        LabelScorer(loaded.model, [(5,)], Sampling(), 8).score([[1, 2]])


def test_an_encoder_loaded_as_a_decoder_is_refused(bert: Path) -> None:
    from transformers import BertLMHeadModel

    with quiet():
        model = BertLMHeadModel.from_pretrained(bert, local_files_only=True).eval()
        with pytest.raises(ClassifierError, match="no causal language model"):
            check_causal(model, [5, 6, 7, 8], "bert")
