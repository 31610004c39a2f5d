"""Parts of the work computed side by side: one thread for each part, as many parts as cores."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import accumulate
from typing import Any

import torch

_MANY_WEIGHTS = 8_000_000  # below, handing work over takes longer than it saves (measured)

Result = Callable[[], torch.Tensor]


class Workers:
    """Computes parts in the order given, up to some at the same time.

    Every part is computed with a single thread, so that its numbers do not depend on how many
    there are, and a core that other work holds up does not hold up the rest.

    Parameters
    ----------
    pool : ThreadPoolExecutor or None
        Without one, a part is computed when its result is asked for.
    ahead : int
        How many parts are worth starting before the first is done.
    """

    def __init__(self, pool: ThreadPoolExecutor | None, ahead: int) -> None:
        self._pool = pool
        self.ahead = ahead

    def start(self, work: Callable[[], torch.Tensor]) -> Result:
        """Start a part; return what waits for its result, and raises what it raised."""
        return work if self._pool is None else self._pool.submit(work).result


@contextmanager
def workers(model: Any) -> Iterator[Workers]:
    """Use the threads that torch was given, one for each part.

    A small model is computed without handing anything over, and one on another device as its
    device does it.

    Parameters
    ----------
    model : PreTrainedModel
        What the parts are computed with.
    """
    threads = torch.get_num_threads()
    if threads == 1 or model.device.type != "cpu":
        yield Workers(None, 1)
        return
    torch.set_num_threads(1)
    try:
        sizes = accumulate(parameter.numel() for parameter in model.parameters())
        if not any(size >= _MANY_WEIGHTS for size in sizes):
            yield Workers(None, 1)
            return
        with ThreadPoolExecutor(threads, initializer=lambda: torch.set_num_threads(1)) as pool:
            yield Workers(pool, threads + 1)
    finally:
        torch.set_num_threads(threads)
