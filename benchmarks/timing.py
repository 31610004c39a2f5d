"""Measuring rates side by side: in turns, in processor time, on one core."""

from __future__ import annotations

import os
import resource
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_STATUS, _RESET = Path("/proc/self/status"), Path("/proc/self/clear_refs")


@dataclass(slots=True)
class Rate:
    """Prompts per second of processor time and of wall time, one value for each round."""

    processor: list[float] = field(default_factory=list)
    wall: list[float] = field(default_factory=list)
    prompts: int = 0

    @property
    def median(self) -> float:
        """Median of the rounds, in prompts per second of processor time."""
        return statistics.median(self.processor)

    def time(self, answer: Callable[[Sequence[str]], Any], texts: Sequence[str]) -> Any:
        """Time one round and return the answers."""
        _wait()
        wall, processor = time.perf_counter(), time.process_time()
        found = answer(texts)
        _wait()
        self.processor.append(len(texts) / (time.process_time() - processor))
        self.wall.append(len(texts) / (time.perf_counter() - wall))
        self.prompts += len(texts)
        return found

    def record(self) -> dict[str, Any]:
        """Return the figures for the page."""
        return {"processor": self.processor, "wall": self.wall, "timed": self.prompts}


def _wait() -> None:
    """Let a GPU finish what was given to it."""
    import torch

    if torch.cuda.is_available():
        torch.cuda.synchronize()


def one_core() -> int:
    """Pin this process to one core and torch to one thread; return the core's number."""
    import torch

    core = max(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {core})
    torch.set_num_threads(1)
    return core


def forget_peak() -> None:
    """Measure `peak_memory` from here on, where the system can."""
    if _RESET.exists():
        _RESET.write_text("5")


def peak_memory() -> float:
    """Return the most memory this process has held since `forget_peak`, in MB."""
    if _STATUS.exists():
        lines = _STATUS.read_text().splitlines()
        held = next(line for line in lines if line.startswith("VmHWM:"))
        return float(held.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def gemm_peak(
    rows: int = 256, width: int = 768, inner: int = 3072, *, device: str = "cpu", dtype: Any = None
) -> float:
    """Return the best rate of a matrix product of the model's shape, in GFLOP/s.

    On a processor the better of torch's BLAS and oneDNN is taken.
    """
    import torch

    given = {"device": device, "dtype": dtype or torch.float32}
    left, right = torch.randn(rows, width, **given), torch.randn(inner, width, **given)
    ways: list[Callable[[], Any]] = [lambda: torch.nn.functional.linear(left, right)]
    if device == "cpu" and torch.backends.mkldnn.is_available():  # type: ignore[no-untyped-call]
        product: Any = torch.ops.mkldnn._linear_pointwise
        ways.append(lambda: product(left, right, None, "none", [], ""))
    return 2 * rows * width * inner / 1e9 / min(map(_seconds, ways))


def memory_rate(device: str) -> float:
    """Return how many GB a second can be read, by summing a large tensor."""
    import torch

    numbers = torch.ones(2**28, device=device)
    return numbers.nbytes / 1e9 / _seconds(numbers.sum)


def _seconds(work: Callable[[], Any]) -> float:
    """Shortest time of one call, over several tries of five calls."""
    best = float("inf")
    for _ in range(15):
        _wait()
        start = time.perf_counter()
        for _ in range(5):
            work()
        _wait()
        best = min(best, (time.perf_counter() - start) / 5)
    return best
