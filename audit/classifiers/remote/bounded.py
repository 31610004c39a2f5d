"""An HTTP client that follows no redirect and reads no endless answer."""

from __future__ import annotations

import time
import weakref
from collections.abc import Iterator, Mapping

import httpx2

from audit.classifiers.remote.failures import Failures

_MOST_BYTES = 8 * 2**20


class _Bounded(httpx2.SyncByteStream):
    """The bytes of an answer, cut off when they take too long or become too many."""

    def __init__(self, stream: httpx2.SyncByteStream, failures: Failures) -> None:
        self._stream, self._failures = stream, failures

    def __iter__(self) -> Iterator[bytes]:
        deadline = time.monotonic() + self._failures.timeout
        size = 0
        for part in self._stream:
            yield part
            size += len(part)
            if time.monotonic() > deadline:
                raise self._failures.passing(
                    f"the answer was not whole within {self._failures.timeout:g} seconds"
                )
            if size > _MOST_BYTES:
                raise self._failures.lasting("the answer is longer than 8 MiB")

    def close(self) -> None:
        self._stream.close()


def bounded_client(
    owner: object, failures: Failures, headers: Mapping[str, str] | None = None
) -> httpx2.Client:
    """Return a client for one service.

    Redirects are never followed: keys and texts go to the host that was named. A service that
    sends a byte now and then is cut off when the time for a whole answer is over. Compressed
    answers are not asked for and not read, as a small one can unfold to any size.

    Parameters
    ----------
    owner : object
        Who uses it; its connections are closed when nobody holds the owner any more.
    failures : Failures
        Its ``timeout`` holds for a whole answer, and it names what happens.
    headers : mapping, optional
        Sent with each request.
    """

    def bound(response: httpx2.Response) -> None:
        if response.headers.get("content-encoding", "identity") != "identity":
            raise failures.lasting("the answer is compressed, and that was not asked for")
        if isinstance(response.stream, httpx2.SyncByteStream):
            response.stream = _Bounded(response.stream, failures)

    client = httpx2.Client(
        headers={**(headers or {}), "Accept-Encoding": "identity"},
        timeout=failures.timeout,
        follow_redirects=False,
        trust_env=True,
        event_hooks={"response": [bound]},
    )
    weakref.finalize(owner, client.close)
    return client


def carry(client: httpx2.Client, request: httpx2.Request, failures: Failures) -> bytes:
    """Send a request and return the bytes of a successful answer.

    Raises
    ------
    RetryLaterError
        If the service is busy, down or silent.
    ProviderError
        If it refuses or redirects.
    """
    try:
        answer = client.send(request)
    except httpx2.TimeoutException as error:
        raise failures.of_timeout() from error
    except httpx2.RequestError as error:
        raise failures.of_connection(error) from error
    if answer.status_code >= 300:
        raise failures.of_status(answer.status_code, answer.headers, answer.content)
    return answer.content
