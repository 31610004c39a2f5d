"""What a remote target may be asked: so fast, so often, and for so much money."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from audit.errors import ProviderError


class TokenBucket:
    """Lets through so many units a minute, with a burst of at most a tenth of that.

    Parameters
    ----------
    per_minute : float
        Units a minute, above 0.
    clock, sleep : callable
        Monotonic seconds, and waiting for some; for tests.
    """

    def __init__(
        self,
        per_minute: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._rate = per_minute / 60.0
        self._most = max(1.0, per_minute / 10.0)
        self._left = self._most
        self._clock, self._sleep = clock, sleep
        self._then = clock()
        self._lock = threading.Lock()

    def take(self, amount: float = 1.0) -> None:
        """Wait until ``amount`` units are free, and take them; more than a burst goes into debt."""
        with self._lock:
            now = self._clock()
            self._left = min(self._most, self._left + (now - self._then) * self._rate)
            self._then = now
            self._left -= amount
            wait = max(0.0, -self._left / self._rate)
        if wait:
            self._sleep(wait)


class Budget:
    """Counts requests and money, and stops before either passes its limit.

    A request is counted at the largest price it can have from before it is sent until its answer
    says what it cost, so that requests under way at once cannot pass the limit together. Where an
    answer says nothing, the largest price stays.

    Parameters
    ----------
    max_requests : int, optional
        Most requests of this process, retries included.
    max_cost : float, optional
        Most money, in the unit of ``prices``.
    prices : tuple of (float, float), optional
        Price of a million tokens read and of a million tokens written.
    """

    def __init__(
        self,
        max_requests: int | None = None,
        max_cost: float | None = None,
        prices: tuple[float, float] | None = None,
    ) -> None:
        self._max_requests, self._max_cost = max_requests, max_cost
        self._prices = prices or (0.0, 0.0)
        self._changed = threading.Condition()
        self._under_way: list[float] = []
        self._dearest = 0.0
        self.requests = 0
        self.cost = 0.0

    @contextmanager
    def request(self, where: str, most: tuple[int, int]) -> Iterator[Callable[[int, int], None]]:
        """Count one request; wait while only the answers under way can tell whether it fits.

        Parameters
        ----------
        where : str
            Name of the target, for messages.
        most : tuple of int
            Tokens it reads and writes at most.

        Yields
        ------
        callable
            Takes the tokens read and written that the answer reports, 0 and 0 for none. A request
            that fails costs nothing.

        Raises
        ------
        ProviderError
            If it would be one too many, or could cost more than is left. The run can be resumed.
        """
        with self._changed:
            price = self._admit(where, self._price(*most))
        spent = 0.0

        def reported(read: int, written: int) -> None:
            nonlocal spent
            spent = self._price(read, written) if read or written else price

        try:
            yield reported
        finally:
            with self._changed:
                self._under_way.remove(price)
                self._dearest = max(self._dearest, spent)
                self.cost += spent
                self._changed.notify_all()

    def _admit(self, where: str, price: float) -> float:
        """Return at what price a request is under way; never less than the dearest so far."""
        if self._max_cost is not None:
            self._changed.wait_for(lambda: not self._under_way or self._left(price) >= 0)
        if self._max_requests is not None and self.requests >= self._max_requests:
            raise _spent(f"the limit of {self._max_requests} requests is reached",
                         "--max-requests", where)  # fmt: skip
        price = max(price, self._dearest)
        if self._max_cost is not None and self._left(price) < 0:
            what = f"{self.cost:.4f} of {self._max_cost:g} is spent"
            if self.cost < self._max_cost:
                what += f", and one more request may cost {price:.4f}"
            raise _spent(what, "--max-cost", where)
        self.requests += 1
        self._under_way.append(price)
        return price

    def _left(self, price: float) -> float:
        """Return what is left if all that is under way, and one more, cost the most they can."""
        most = max(price, self._dearest)
        return (self._max_cost or 0.0) - self.cost - sum(self._under_way) - most

    def _price(self, read: int, written: int) -> float:
        return (read * self._prices[0] + written * self._prices[1]) / 1e6


def _spent(what: str, option: str, where: str) -> ProviderError:
    return ProviderError(
        what,
        retryable=False,
        where=where,
        hint=f"nothing is lost: raise {option} and repeat the command with --resume",
    )
