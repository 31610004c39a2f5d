"""What has to be right before any speed is printed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from scipy.stats import chisquare

from audit.classifiers.causal import CausalClassifier
from audit.classifiers.generation import Generator
from audit.classifiers.labels import parse_label
from audit.classifiers.loading import LoadedModel
from audit.records import Request, Sampling
from benchmarks.competitors import LABELS, Method
from benchmarks.workload import TASK

LARGEST_DIFFERENCE = 1e-4
_OF_OTHERS = 1e-3  # theirs are not the product's errors: they only have to be the same question
SMALLEST_P = 1e-3
_SAMPLES = 2_000
_AT_ONCE = 250


class GateError(Exception):
    """An answer is wrong, so that its speed means nothing."""


def difference_from_plain(
    classifier: CausalClassifier, loaded: LoadedModel, texts: Sequence[str]
) -> float:
    """Return the largest difference of a label token's log P from a plain forward pass.

    Raises
    ------
    GateError
        If it is more than 1e-4.
    """
    if classifier.engine is None:
        raise GateError("the classifier samples")
    prompts = [tuple(loaded.tokenizer(classifier.prompt(text))["input_ids"]) for text in texts]
    plain = plain_scores(classifier, loaded, texts)
    worst = 0.0
    for places, logits in classifier.engine.check.forward.run(prompts):
        ours = torch.log_softmax(logits.double(), dim=-1)[:, _label_tokens(loaded)]
        worst = max(worst, float((ours.cpu() - plain[places]).abs().max()))
    if not worst <= LARGEST_DIFFERENCE:
        raise GateError(f"log-probabilities differ from plain forward passes by {worst:.2g}")
    return worst


def plain_scores(
    classifier: CausalClassifier, loaded: LoadedModel, texts: Sequence[str]
) -> torch.Tensor:
    """Return log P of each label's token from one plain forward pass for each text."""
    found = []
    for text in texts:
        ids = loaded.tokenizer(classifier.prompt(text), return_tensors="pt")["input_ids"]
        with torch.inference_mode():
            logits = loaded.model(input_ids=ids.to(loaded.model.device)).logits[0, -1]
        found.append(torch.log_softmax(logits.double(), dim=-1)[_label_tokens(loaded)].cpu())
    return torch.stack(found)


def check_competitor(
    method: Method, plain: torch.Tensor, texts: Sequence[str], largest: float = _OF_OTHERS
) -> None:
    """Refuse to time a way that answers another question.

    Raises
    ------
    GateError
        If its log-probabilities are not those of plain forward passes.
    """
    if not method.scores:
        return
    worst = float((method.answer(texts) - plain).abs().max())
    if not worst <= largest:
        raise GateError(f"{method.title}: log-probabilities are {worst:.2g} off")


def _label_tokens(loaded: LoadedModel) -> list[int]:
    return [loaded.tokenizer(label)["input_ids"][0] for label in LABELS]


def agreement_with_sampling(classifier: CausalClassifier, loaded: LoadedModel, text: str) -> float:
    """Return the p-value of 2,000 generated answers against the exact distribution of a text.

    Raises
    ------
    GateError
        If it is below 0.001.
    """
    exact = classifier.predict([Request(id="gate", text=text)])[0]
    sampling = Sampling(repeats=_AT_ONCE, temperature=1.0, max_new_tokens=6)
    generator = Generator(loaded.model, loaded.tokenizer, sampling, ["\n", TASK.separator])
    ids = loaded.tokenizer(classifier.prompt(text))["input_ids"]
    answers = [
        parse_label(answer, TASK.labels, stops=["\n", TASK.separator])
        for number in range(_SAMPLES // _AT_ONCE)
        for answer in generator.sample([ids], seed=0, ids=[str(number)])[0]
    ]
    masses = np.array([*(exact.probabilities or {}).values(), exact.unparsed or 0.0])
    # what stayed unresolved belongs to one of the outcomes; it is shared out among them
    expected = masses / masses.sum() * len(answers)
    counts = np.array([answers.count(label) for label in (*TASK.labels, None)])
    p = float(chisquare(counts, expected).pvalue)
    if not p >= SMALLEST_P:
        raise GateError(f"generated answers do not follow the exact distribution (p = {p:.1e})")
    return p
