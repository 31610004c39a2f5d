"""Faster routines: the same numbers up to rounding, and the model as it was found."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from audit.classifiers.exact.kernels import FastKernels

from .families import CONFIGS, build, prompts

WRITTEN_OUT = {
    "gpt2",
    "gptj",
    "gpt_neo",
    "gpt_neo-window-32",
    "phi",
}  # their GELU is not torch's own


def logits(model: Any, ids: torch.Tensor) -> torch.Tensor:
    with torch.inference_mode():
        found: torch.Tensor = model(input_ids=ids).logits[0].double()
    return found


@pytest.mark.parametrize("family", CONFIGS)
def test_fast_kernels_change_rounding_only_and_leave_the_model_alone(family: str) -> None:
    model = build(family)
    ids = torch.tensor([prompts(1)[0]])
    before, modules = logits(model, ids), dict(model.named_modules())
    with FastKernels(model) as kernels, kernels.computing():
        inside, within = logits(model, ids), dict(model.named_modules())
    assert float((inside - before).abs().max()) < 1e-4
    assert dict(model.named_modules()) == modules
    assert torch.equal(logits(model, ids), before)
    assert (within != modules) == (family in WRITTEN_OUT)


def test_the_model_is_restored_after_an_error() -> None:
    model = build("gpt_neo")
    modules = dict(model.named_modules())
    with pytest.raises(IndexError), FastKernels(model) as kernels, kernels.computing():
        logits(model, torch.tensor([[10_000]]))
    assert dict(model.named_modules()) == modules


@pytest.mark.skipif(not torch.backends.mkldnn.is_available(), reason="torch without oneDNN")
@pytest.mark.parametrize("family", ["llama", "gpt2"])
def test_products_are_taken_over_in_float32_alone(
    family: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[tuple[int, ...]] = []
    own = torch.ops.mkldnn._linear_pointwise

    def counted(inputs: torch.Tensor, *rest: Any) -> Any:
        taken.append(tuple(inputs.shape))
        return own(inputs, *rest)

    monkeypatch.setattr("audit.classifiers.exact.kernels._onednn", counted)
    model, ids = build(family), torch.tensor([prompts(1)[0]])
    with FastKernels(model) as kernels, kernels.computing():
        logits(model, ids)
    assert len(taken) > 8
    taken.clear()
    model.to(torch.bfloat16)
    with FastKernels(model) as kernels, kernels.computing():
        logits(model, ids)
    assert not taken


def test_products_of_odd_kinds_go_their_usual_way() -> None:
    linear = torch.nn.functional.linear
    x, weight = torch.randn(3, 4), torch.randn(5, 4)
    bias = torch.randn(5)
    with FastKernels(build("gpt2")).computing(), torch.inference_mode():
        assert linear(x[0], weight).shape == (5,)
        assert linear(x[:0], weight).shape == (0, 5)
        assert linear(x.double(), weight.double()).dtype == torch.float64
        assert torch.allclose(linear(x, weight, bias=bias), x @ weight.T + bias, atol=1e-5)
        assert torch.allclose(linear(x, weight, bias), x @ weight.T + bias, atol=1e-5)
        assert torch.allclose(linear(x, weight.T.contiguous().T), x @ weight.T, atol=1e-5)
        sums = torch.addmm(torch.ones(3, 5), x, weight.T.contiguous())
        assert torch.allclose(sums, 1 + x @ weight.T, atol=1e-5)


@pytest.mark.parametrize("family", CONFIGS)
def test_the_places_that_are_read_are_right(family: str) -> None:
    model = build(family)
    ids = torch.tensor([prompts(1)[0]])
    read = torch.tensor([3, 7, ids.shape[1] - 1])
    whole = logits(model, ids)
    with FastKernels(model) as kernels, kernels.computing(read):
        some = logits(model, ids)
    assert float((some[read] - whole[read]).abs().max()) < 1e-4
    assert torch.equal(logits(model, ids), whole)


def test_what_is_not_read_is_not_computed() -> None:
    model = build("llama")
    seen: list[int] = []
    hook = model.model.layers[-1].mlp.down_proj.register_forward_hook(
        lambda module, args, out: seen.append(out.shape[1])
    )
    with FastKernels(model) as kernels:
        with kernels.computing(torch.tensor([5, 9])):
            logits(model, torch.tensor([prompts(1)[0]]))
        with kernels.computing():
            logits(model, torch.tensor([prompts(1)[0]]))
    hook.remove()
    assert seen == [2, len(prompts(1)[0])]


def test_kernels_that_are_not_used_change_nothing() -> None:
    model = build("gpt_neo")
    modules, ids = dict(model.named_modules()), torch.tensor([prompts(1)[0]])
    before = logits(model, ids)
    with FastKernels(model, used=False) as kernels, kernels.computing(torch.tensor([3])):
        assert dict(model.named_modules()) == modules
        assert torch.equal(logits(model, ids), before)


@pytest.mark.skipif(not torch.backends.mkldnn.is_available(), reason="torch without oneDNN")
@pytest.mark.parametrize("family", ["llama", "gpt2"])
def test_second_copies_of_weights_follow_the_first(family: str) -> None:
    model, ids = build(family), torch.tensor([prompts(1)[0]])
    kernels = FastKernels(model)
    with kernels, kernels.computing():
        first = logits(model, ids)
        copies = len(kernels._packed or {})
        again = logits(model, ids)
        assert len(kernels._packed or {}) == copies > 8
        assert torch.equal(first, again)
        with torch.no_grad():
            for weights in model.parameters():
                weights.mul_(1.1)
        changed = logits(model, ids)
    assert float((changed - logits(model, ids)).abs().max()) < 1e-3
    assert float((changed - first).abs().max()) > 0.1


def test_large_models_have_no_second_copies(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("audit.classifiers.exact.kernels._PACKED_BYTES", 1000)
    kernels = FastKernels(build("llama"))
    with kernels:
        assert kernels._packed is None
