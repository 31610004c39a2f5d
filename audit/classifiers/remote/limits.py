"""What a remote target may be asked: so fast, so often, and for so much money."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

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
        self._lock = threading.Lock()
        self.requests = 0
        self.cost = 0.0

    def before_request(self, where: str) -> None:
        """Count one request.

        Raises
        ------
        ProviderError
            If it would be one too many, or the money is spent. The run can be resumed.
        """
        with self._lock:
            if self._max_requests is not None and self.requests >= self._max_requests:
                raise _spent(f"the limit of {self._max_requests} requests is reached",
                             "--max-requests", where)  # fmt: skip
            if self._max_cost is not None and self.cost >= self._max_cost:
                raise _spent(f"{self.cost:.4f} of {self._max_cost:g} is spent", "--max-cost", where)
            self.requests += 1

    def after_answer(self, tokens_in: int, tokens_out: int) -> None:
        """Count the tokens of an answer."""
        with self._lock:
            self.cost += (tokens_in * self._prices[0] + tokens_out * self._prices[1]) / 1e6


def _spent(what: str, option: str, where: str) -> ProviderError:
    return ProviderError(
        what,
        retryable=False,
        where=where,
        hint=f"nothing is lost: raise {option} and repeat the command with --resume",
    )
