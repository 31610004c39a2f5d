"""The fast ways against plain forward passes, on many architectures."""

from __future__ import annotations

import logging
from typing import Any

import pytest
import torch

from audit.classifiers.exact.forward import Forward, PlainForward, PrefixForward, TrieForward
from audit.classifiers.exact.selfcheck import TOLERANCE, self_check
from audit.classifiers.exact.trie import Block
from audit.classifiers.loading import quiet
from audit.errors import ClassifierError

from .families import CONFIGS, build, prompts

TRIE = {
    "gpt2", "gptj", "gpt_neo", "gpt_neox", "opt", "llama", "mistral", "qwen2", "qwen3", "gemma",
    "phi", "falcon", "stablelm", "olmo2", "mixtral",
}  # fmt: skip
PLAIN = {"mamba"}


def log_p(forward: Forward, sequences: list[tuple[int, ...]]) -> torch.Tensor:
    rows: list[Any] = [None] * len(sequences)
    for places, logits in forward.run(sequences):
        for place, row in zip(places, logits, strict=True):
            rows[place] = torch.log_softmax(row.double(), dim=-1)
    return torch.stack(rows)


@pytest.mark.parametrize("family", CONFIGS)
def test_the_way_taken_equals_a_plain_forward_pass_per_prompt(family: str) -> None:
    with quiet():
        model = build(family)
    checked = self_check(model, family, prompts(60))
    expected = "trie" if family in TRIE else "plain" if family in PLAIN else "prefix"
    assert checked.forward.engine == expected
    assert ("trie" in dict(checked.refused)) == (expected != "trie")
    assert checked.difference <= TOLERANCE
    asked = prompts(40, seed=1)
    with torch.inference_mode():
        own = [model(torch.tensor([ids])).logits[0, -1].double().log_softmax(-1) for ids in asked]
    assert float((log_p(checked.forward, asked) - torch.stack(own)).abs().max()) <= TOLERANCE


@pytest.mark.parametrize("family", ["gpt_neo-window-32", "mpt"])
def test_the_check_itself_catches_what_would_be_silently_wrong(
    family: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("audit.classifiers.exact.selfcheck._attention_window", lambda model: None)
    model = build(family)
    asked = prompts(60)
    assert float((log_p(TrieForward(model, family), asked) - log_p(
        PlainForward(model, family), asked)).abs().max()) > 0.1  # fmt: skip
    checked = self_check(model, family, asked)
    assert checked.forward.engine == "prefix"
    assert "differs from plain forward passes" in dict(checked.refused)["trie"]
    assert "Not used: trie (it differs" in checked.sentence


def test_a_block_never_passes_the_attention_window() -> None:
    model = build("gpt_neo")
    checked = self_check(model, "gpt_neo", prompts(200, prefix=150))
    assert isinstance(checked.forward, TrieForward)
    assert checked.forward.slots is not None
    assert checked.forward.slots <= 256
    asked = prompts(80, prefix=150, seed=3)
    plain = log_p(PlainForward(model, "gpt_neo"), asked)
    assert float((log_p(checked.forward, asked) - plain).abs().max()) <= TOLERANCE


@pytest.mark.parametrize("kind", [PlainForward, PrefixForward, TrieForward])
def test_results_do_not_depend_on_batch_order_or_history(kind: type[Forward]) -> None:
    model = build("llama")
    asked = prompts(30)
    forward = kind(model, "llama")
    together = log_p(forward, asked)
    backwards = log_p(forward, asked[::-1]).flip(0)
    other = log_p(forward, prompts(5, prefix=10, seed=9))
    alone = torch.cat([log_p(forward, [ids]) for ids in asked])
    assert torch.isfinite(other).all()
    assert float((together - backwards).abs().max()) < 1e-5
    assert float((together - alone).abs().max()) < 1e-5


def test_no_sequences_give_nothing() -> None:
    assert list(PlainForward(build("gpt2"), "gpt2").run([])) == []


def test_out_of_memory_halves_the_block_and_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    model = build("gpt2")
    asked = prompts(40)
    expected = log_p(PlainForward(model, "m"), asked)
    limit = 60

    def full(module: Any, args: Any, given: Any) -> None:
        if given["input_ids"].numel() > limit:
            raise torch.OutOfMemoryError("out of memory")

    hook = model.register_forward_pre_hook(full, with_kwargs=True)
    with caplog.at_level(logging.WARNING, logger="audit"):
        found = log_p(TrieForward(model, "m"), asked)
    assert float((found - expected).abs().max()) <= TOLERANCE
    assert "out of memory" in caplog.text
    limit = 1
    with pytest.raises(ClassifierError, match="not enough memory for one prompt"):
        log_p(PlainForward(model, "m"), asked)
    hook.remove()


def test_other_errors_of_a_model_are_not_taken_for_memory() -> None:
    model = build("gpt2")
    with pytest.raises(IndexError):
        log_p(PlainForward(model, "m"), [(1, 2, 10_000)])


def test_logits_that_are_no_numbers_end_the_check() -> None:
    model = build("gpt2")
    with torch.no_grad():
        model.transformer.ln_f.bias[0] = float("nan")
    with pytest.raises(ClassifierError, match="not a number"):
        self_check(model, "m", prompts(10))


def test_a_trie_holds_shared_beginnings_once() -> None:
    block = Block()
    for sequence in [(1, 2), (1, 2, 3), (1, 4), (5,)]:
        block.add(sequence)
    assert block.tokens == [1, 2, 3, 4, 5]
    assert block.depths == [0, 1, 2, 1, 0]
    assert block.ends == [1, 2, 3, 4]
    sees = [set(row.nonzero()[0].tolist()) for row in block.ancestors()]
    assert sees == [{0}, {0, 1}, {0, 1, 2}, {0, 3}, {4}]
