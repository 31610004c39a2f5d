"""Measuring rates side by side: in turns, in processor time, on one core."""

from __future__ import annotations

import os
import resource
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Rate:
    """Prompts per second of processor time and of wall time, one value for each round."""

    processor: list[float] = field(default_factory=list)
    wall: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        """Median of the rounds, in prompts per second of processor time."""
        return statistics.median(self.processor)

    def time(self, answer: Callable[[Sequence[str]], Any], texts: Sequence[str]) -> Any:
        """Time one round and return the answers."""
        wall, processor = time.perf_counter(), time.process_time()
        found = answer(texts)
        self.processor.append(len(texts) / (time.process_time() - processor))
        self.wall.append(len(texts) / (time.perf_counter() - wall))
        return found


def one_core() -> int:
    """Pin this process to one core and torch to one thread; return the core's number."""
    import torch

    core = max(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {core})
    torch.set_num_threads(1)
    return core


def peak_memory() -> float:
    """Return the most memory this process has held so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def gemm_peak(rows: int = 256, width: int = 768, inner: int = 3072) -> float:
    """Return the best rate of a float32 matrix product of the model's shape, in GFLOP/s."""
    import torch

    left, right = torch.randn(rows, width), torch.randn(inner, width)
    best = 0.0
    for _ in range(15):
        start = time.process_time()
        for _ in range(5):
            torch.nn.functional.linear(left, right)
        best = max(best, 5 * 2 * rows * width * inner / (time.process_time() - start) / 1e9)
    return best
