"""Parts side by side: the same numbers with any number of threads, and torch as it was found."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
import torch

from audit.classifiers.exact.forward import Forward, PlainForward, PrefixForward, TrieForward
from audit.errors import ClassifierError

from .families import build, prompts


@pytest.fixture(autouse=True)
def _two_threads() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def _large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("audit.classifiers.exact.workers._MANY_WEIGHTS", 1)


def rows(forward: Forward, asked: list[tuple[int, ...]]) -> torch.Tensor:
    found: list[Any] = [None] * len(asked)
    for places, logits in forward.run(asked):
        for place, row in zip(places, logits, strict=True):
            found[place] = row
    return torch.stack(found)


@pytest.mark.usefixtures("_large")
@pytest.mark.parametrize("family", ["gpt_neo", "llama", "gpt2"])
@pytest.mark.parametrize("kind", [PlainForward, PrefixForward, TrieForward])
def test_threads_change_no_number(kind: type[Forward], family: str) -> None:
    model, asked = build(family), prompts(80)
    together = rows(kind(model, "m"), asked)
    torch.set_num_threads(1)
    assert torch.equal(rows(kind(model, "m"), asked), together)


@pytest.mark.usefixtures("_large")
def test_parts_are_computed_side_by_side_with_one_thread_each() -> None:
    model, seen, met = build("gpt2"), set(), threading.Barrier(2, timeout=60)
    own = threading.get_ident()

    def enter(*_: Any) -> None:
        if threading.get_ident() != own:
            seen.add((threading.get_ident(), torch.get_num_threads()))
            if len(calls) < 2:
                calls.append(1)
                met.wait()  # passes only if two parts are computed at the same time

    calls: list[int] = []
    hook = model.register_forward_pre_hook(enter)
    rows(TrieForward(model, "m", tokens=40), prompts(80))
    hook.remove()
    assert len(seen) == 2
    assert {threads for _, threads in seen} == {1}
    assert torch.get_num_threads() == 2


def test_small_models_are_computed_without_handing_over() -> None:
    model, seen = build("gpt2"), set()
    hook = model.register_forward_pre_hook(
        lambda *_: seen.add((threading.get_ident(), torch.get_num_threads()))
    )
    rows(TrieForward(model, "m"), prompts(40))
    hook.remove()
    assert seen == {(threading.get_ident(), 1)}
    assert torch.get_num_threads() == 2


@pytest.mark.usefixtures("_large")
def test_out_of_memory_in_one_part_starts_again_from_there() -> None:
    model, asked = build("gpt2"), prompts(60)
    expected = rows(PlainForward(model, "m"), asked)
    limit = 40

    def full(module: Any, args: Any, given: Any) -> None:
        if given["input_ids"].numel() > limit:
            raise torch.OutOfMemoryError("out of memory")

    hook = model.register_forward_pre_hook(full, with_kwargs=True)
    found = rows(TrieForward(model, "m"), asked)
    assert float((found - expected).abs().max()) < 1e-4
    limit = 1
    with pytest.raises(ClassifierError, match="not enough memory for one prompt"):
        rows(TrieForward(model, "m"), asked)
    hook.remove()
    assert torch.get_num_threads() == 2


@pytest.mark.usefixtures("_large")
def test_errors_of_a_part_are_told_and_leave_everything_as_it_was() -> None:
    model = build("gpt_neo")
    modules = dict(model.named_modules())
    with pytest.raises(IndexError):
        rows(TrieForward(model, "m"), [*prompts(5), (1, 2, 10_000)])
    assert torch.get_num_threads() == 2
    assert dict(model.named_modules()) == modules
    assert not model.transformer.h[-1].mlp._forward_hooks


@pytest.mark.usefixtures("_large")
def test_a_run_that_is_left_early_leaves_everything_as_it_was() -> None:
    model = build("gpt_neo")
    modules = dict(model.named_modules())
    run = TrieForward(model, "m", tokens=40).run(prompts(60))
    next(run)
    run.close()
    assert torch.get_num_threads() == 2
    assert dict(model.named_modules()) == modules
