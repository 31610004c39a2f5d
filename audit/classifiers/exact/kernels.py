"""The same arithmetic by faster routines: matrix products by oneDNN, one pass for a GELU."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from itertools import accumulate
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

_MANY_WEIGHTS = 8_000_000  # from about here a second core makes a model faster, measured
_backend: Any = torch.backends.mkldnn
# what torch's own compiler calls; none where torch is built without oneDNN
_onednn: Any = (
    getattr(torch.ops.mkldnn, "_linear_pointwise", None) if _backend.is_available() else None
)


@contextmanager
def fast_kernels(model: Any) -> Iterator[None]:
    """Compute what a model computes, by routines that are faster on a processor in float32.

    The model is left as it was found. Nothing is changed on other devices and in other formats,
    whose routines are the fast ones already. What comes out differs in rounding only, which
    `audit.classifiers.exact.selfcheck` makes sure of before every run.

    Parameters
    ----------
    model : PreTrainedModel
        Any model.
    """
    if model.device.type != "cpu" or model.dtype != torch.float32:
        yield
        return
    with ExitStack() as stack:
        stack.enter_context(_fused_gelus(model))
        if _onednn is not None:
            stack.enter_context(_Products())
        yield


@contextmanager
def only_at(model: Any, places: torch.Tensor) -> Iterator[None]:
    """Leave out of the last layer's feed-forward part the tokens whose outputs nobody reads.

    That part treats every token by itself. Where a model's is not called ``mlp``, or gives more
    than one tensor, it is computed for every token as ever.

    Parameters
    ----------
    model : PreTrainedModel
        Any model.
    places : Tensor of shape (n,)
        Places, in the one row of the batch, of the tokens that are read.
    """
    lists = [one for one in model.modules() if isinstance(one, torch.nn.ModuleList) and len(one)]
    part = getattr(max(lists, key=len)[-1], "mlp", None) if lists else None
    if part is None:
        yield
        return

    size = 0

    def gather(module: Any, args: tuple[Any, ...]) -> Any:
        nonlocal size
        if len(args) != 1 or args[0].dim() != 3:
            return None
        size = args[0].shape[1]
        return (args[0][:, places],)

    def scatter(module: Any, args: tuple[Any, ...], output: Any) -> Any:
        if not size or not isinstance(output, torch.Tensor):
            return None
        whole = output.new_zeros((output.shape[0], size, output.shape[2]))
        whole[:, places] = output
        return whole

    hooks = part.register_forward_pre_hook(gather), part.register_forward_hook(scatter)
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


@contextmanager
def fit_threads(model: Any) -> Iterator[None]:
    """Compute a small model with one thread: handing it to more takes longer than it saves.

    Parameters
    ----------
    model : PreTrainedModel
        Any model; those of more weights use the threads that torch was given.
    """
    threads = torch.get_num_threads()
    sizes = accumulate(parameter.numel() for parameter in model.parameters())
    if threads == 1 or any(size >= _MANY_WEIGHTS for size in sizes):
        yield
        return
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


class _Products(TorchFunctionMode):
    """Matrix products by oneDNN, where torch itself would call its general BLAS."""

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        if not kwargs:
            if func is torch.nn.functional.linear:
                inputs, weight, bias = (*args, None)[:3]
                if _suits(inputs, weight, bias):
                    return _product(inputs, weight, bias)
            elif func is torch.addmm:
                bias, inputs, weight = args
                if weight.dim() == 2 and _suits(inputs, weight.t(), bias):
                    return _product(inputs, weight.t(), bias)
        return func(*args, **(kwargs or {}))


def _product(inputs: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None) -> Any:
    return _onednn(inputs, weight, bias, "none", [], "")


def _suits(inputs: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None) -> bool:
    """Whether these are plain matrices of float32."""
    return (
        all(
            type(one) in (torch.Tensor, torch.nn.Parameter)
            and one.dtype == torch.float32
            and one.layout == torch.strided
            for one in (inputs, weight, *(() if bias is None else (bias,)))
        )
        and weight.dim() == 2
        and inputs.dim() >= 2
        and inputs.numel() > 0
        and (bias is None or bias.shape == weight.shape[:1])
    )


@contextmanager
def _fused_gelus(model: Any) -> Iterator[None]:
    """Replace GELUs that are written out in single steps by torch's own, which is one."""
    from transformers.activations import FastGELUActivation, NewGELUActivation

    fused = torch.nn.GELU(approximate="tanh")
    found = [
        (owner, name, child)
        for owner in model.modules()
        for name, child in owner.named_children()
        if type(child) in (NewGELUActivation, FastGELUActivation)
    ]
    try:
        for owner, name, _ in found:
            setattr(owner, name, fused)
        yield
    finally:
        for owner, name, child in found:
            setattr(owner, name, child)
