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
from benchmarks.workload import TASK

LARGEST_DIFFERENCE = 1e-4
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
    wanted = [loaded.tokenizer(f" {label}")["input_ids"][0] for label in TASK.labels]
    prompts = [tuple(loaded.tokenizer(classifier.prompt(text))["input_ids"]) for text in texts]
    worst = 0.0
    if classifier.engine is None:
        raise GateError("the classifier samples")
    for places, logits in classifier.engine.check.forward.run(prompts):
        ours = torch.log_softmax(logits.double(), dim=-1)[:, wanted]
        for row, place in enumerate(places):
            with torch.inference_mode():
                plain = loaded.model(input_ids=torch.tensor([prompts[place]])).logits[0, -1]
            theirs = torch.log_softmax(plain.double(), dim=-1)[wanted]
            worst = max(worst, float((ours[row] - theirs).abs().max()))
    if not worst <= LARGEST_DIFFERENCE:
        raise GateError(f"log-probabilities differ from plain forward passes by {worst:.2g}")
    return worst


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
