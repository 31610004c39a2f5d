"""The same arithmetic by faster routines: matrix products by oneDNN, one pass for a GELU."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from itertools import accumulate
from typing import Any, Self

import torch
from torch.overrides import TorchFunctionMode

_backend: Any = torch.backends.mkldnn
# what torch's own compiler calls; none where torch is built without oneDNN
_onednn: Any = (
    getattr(torch.ops.mkldnn, "_linear_pointwise", None) if _backend.is_available() else None
)
_PACKED_BYTES = 2**30  # second copies of weights are kept for models up to this size


class FastKernels:
    """Computes what a model computes, by routines that are faster and with nothing left unread.

    Inside the context the model is changed, and left as it was found. What comes out differs in
    rounding only, which `audit.classifiers.exact.selfcheck` makes sure of before every run.

    On a processor in float32, matrix products go to oneDNN, for models of up to 1 GiB with a second
    copy of the weights in its own layout, and GELUs that are written out in single steps become
    torch's own. Everywhere, the last layer's feed-forward part is left out for
    the tokens whose outputs nobody reads, where it is called ``mlp`` and gives one tensor: such a
    part treats every token by itself.

    Parameters
    ----------
    model : PreTrainedModel
        Any model.
    used : bool
        Without, nothing is changed at all.
    """

    def __init__(self, model: Any, *, used: bool = True) -> None:
        self._model = model
        self._used = used
        self._read = threading.local()
        self._changes = ExitStack()
        self._packed: dict[Any, torch.Tensor] | None = None

    def __enter__(self) -> Self:
        if self._in_float32():
            self._packed = {} if self._packed is None and _fits(self._model) else self._packed
            self._changes.enter_context(_fused_gelus(self._model))
        for hook in self._trim() if self._used else ():
            self._changes.callback(hook.remove)
        return self

    def __exit__(self, *_: object) -> None:
        self._changes.close()

    @contextmanager
    def computing(self, places: torch.Tensor | None = None) -> Iterator[None]:
        """Let this thread run the model, to read the outputs at some places only.

        Parameters
        ----------
        places : Tensor of shape (n,), optional
            Places in the one row of the batch; without them all outputs are read.
        """
        self._read.places = places
        try:
            if self._in_float32() and _onednn is not None:
                with _Products(self._packed):
                    yield
            else:
                yield
        finally:
            self._read.places = None

    def _in_float32(self) -> bool:
        """Whether torch would take routines that are not the fastest."""
        on_cpu = self._model.device.type == "cpu"
        return self._used and on_cpu and self._model.dtype == torch.float32

    def _trim(self) -> list[Any]:
        """Put hooks on the last layer's feed-forward part."""
        lists = [
            one for one in self._model.modules() if isinstance(one, torch.nn.ModuleList) and one
        ]
        part = getattr(max(lists, key=len)[-1], "mlp", None) if lists else None
        if part is None:
            return []

        def gather(module: Any, args: tuple[Any, ...]) -> Any:
            places = getattr(self._read, "places", None)
            self._read.size = None
            if places is None or len(args) != 1 or args[0].dim() != 3:
                return None
            self._read.size = args[0].shape[1]
            return (args[0][:, places],)

        def scatter(module: Any, args: tuple[Any, ...], output: Any) -> Any:
            if self._read.size is None or not isinstance(output, torch.Tensor):
                return None
            whole = output.new_zeros((output.shape[0], self._read.size, output.shape[2]))
            whole[:, self._read.places] = output
            return whole

        return [part.register_forward_pre_hook(gather), part.register_forward_hook(scatter)]


class _Products(TorchFunctionMode):
    """Matrix products by oneDNN, where torch itself would call its general BLAS.

    ``packed`` keeps the weights in oneDNN's own layout; without it they stay as they are.
    """

    def __init__(self, packed: dict[Any, torch.Tensor] | None) -> None:
        super().__init__()
        self._packed = packed

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
                    return self._product(inputs, weight, weight, bias)
            elif func is torch.addmm:
                bias, inputs, weight = args
                if weight.dim() == 2 and _suits(inputs, weight.t(), bias):
                    return self._product(inputs, weight, weight.t(), bias)
        return func(*args, **(kwargs or {}))

    def _product(
        self,
        inputs: torch.Tensor,
        stored: torch.Tensor,
        weight: torch.Tensor,
        bias: torch.Tensor | None,
    ) -> Any:
        """Multiply; ``stored`` is what the model holds, and ``weight`` that or its transpose."""
        if self._packed is not None and type(stored) is torch.nn.Parameter:
            # a weight that was written to since has another version
            key = stored.data_ptr(), tuple(stored.shape), stored is weight, stored._version
            if key not in self._packed:
                rows = inputs.numel() // inputs.shape[-1]
                self._packed[key] = torch.ops.mkldnn._reorder_linear_weight(weight, rows)
            weight = self._packed[key]
        return _onednn(inputs, weight, bias, "none", [], "")


def _fits(model: Any) -> bool:
    """Whether a second copy of the weights is a small matter."""
    sizes = accumulate(parameter.nbytes for parameter in model.parameters())
    return all(size <= _PACKED_BYTES for size in sizes)


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
