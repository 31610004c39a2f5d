"""One HTTP request: where it may go, and what every way of failing is called."""

from __future__ import annotations

import ipaddress
import json
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

from audit.classifiers.remote.asking import RetryLaterError
from audit.classifiers.remote.secrets import Secrets, looks_like_key
from audit.errors import ConfigError, ProviderError

_EXCERPT = 200
_MOST_BYTES = 8 * 2**20
_RETRY = {408, 409, 425, 429, 500, 502, 503, 504, 529}
_REFUSALS = {
    400: "the service does not understand the request",
    401: "the service does not accept the key",
    403: "the key may not use this",
    404: "there is nothing at this address, or no such model",
    413: "the text is too long for the service",
    422: "the service does not understand the request",
}
_REFUSAL_HINTS = {
    401: "check the key in the environment",
    403: "check what the key may be used for",
    404: "check the URL and the model's name",
}


def check_url(url: str, *, allow_insecure: bool, where: str) -> str:
    """Return a URL that may be sent texts and keys.

    Raises
    ------
    ConfigError
        If it is no http(s) URL, holds a password or key, or is unencrypted to another machine.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ConfigError(f"{url!r} is no http or https URL", where=where)
    if parts.username or parts.password or looks_like_key(url):
        raise ConfigError(
            "the URL holds a key or password",
            where=where,
            hint="name a header and the environment variable that holds its value",
        )
    if parts.scheme == "http" and not is_loopback(parts.hostname) and not allow_insecure:
        raise ConfigError(
            f"http:// to {parts.hostname} would send texts and keys unencrypted",
            where=where,
            hint="use https://, or --allow-insecure inside a network you trust",
        )
    return url


def is_loopback(host: str) -> bool:
    """Whether a host name is this machine by its form."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


class Transport:
    """Sends JSON and returns JSON, and says in words what went wrong.

    Redirects are never followed: keys and texts go to the host that was named.

    Parameters
    ----------
    where : str
        Name of the target, for messages.
    headers : mapping
        Sent with each request.
    secrets : Secrets
        Masked in every message.
    timeout : float
        Seconds for a whole answer; a service that sends a byte now and then is cut off too.
    """

    def __init__(
        self, where: str, headers: Mapping[str, str], secrets: Secrets, timeout: float
    ) -> None:
        import httpx2

        self._where, self._secrets, self._timeout = where, secrets, timeout
        self._client = httpx2.Client(
            headers=dict(headers), timeout=timeout, follow_redirects=False, trust_env=True
        )

    def send(self, method: str, url: str, body: Any) -> Any:
        """Send ``body`` and return the answer's JSON.

        Raises
        ------
        RetryLaterError
            If the service is busy, down, silent, or cut off its answer.
        ProviderError
            If it refuses, redirects, or does not answer with JSON.
        """
        import httpx2

        try:
            status, headers, data = self._read(method, url, body)
        except httpx2.TimeoutException as error:
            raise self._later(f"no answer within {self._timeout:g} seconds") from error
        except httpx2.TransportError as error:
            raise self._later(f"the connection failed: {error}") from error
        if 300 <= status < 400:
            target = urlsplit(headers.get("location", "")).hostname or "another address"
            raise self._failed(
                f"the service redirects to {target}, and keys are not sent on",
                "name the address itself, if you trust it",
            )
        if status in _RETRY:
            raise self._later(f"HTTP {status}{self._quote(data)}", _seconds(headers))
        if status >= 400:
            said = _REFUSALS.get(status, "the service refuses")
            raise self._failed(
                f"{said} (HTTP {status}){self._quote(data)}", _REFUSAL_HINTS.get(status)
            )
        return self._json(data)

    def _read(self, method: str, url: str, body: Any) -> tuple[int, Mapping[str, str], bytes]:
        """Read a whole answer, within the time and size that one may take."""
        deadline = time.monotonic() + self._timeout
        parts: list[bytes] = []
        with self._client.stream(method, url, json=body) as response:
            for part in response.iter_bytes():
                parts.append(part)
                if time.monotonic() > deadline:
                    raise self._later(f"the answer was not whole within {self._timeout:g} seconds")
                if sum(map(len, parts)) > _MOST_BYTES:
                    raise self._failed("the answer is longer than 8 MiB", None)
            return response.status_code, response.headers, b"".join(parts)

    def _json(self, data: bytes) -> Any:
        try:
            return json.loads(data)
        except ValueError as error:
            cut = data.lstrip()[:1] in (b"{", b"[")
            if cut and not data.rstrip().endswith((b"}", b"]")):
                raise self._later("the answer was cut off") from error
            raise self._failed(
                f"the answer is no JSON{self._quote(data)}",
                "check the URL; a proxy or a login page may stand in between",
            ) from error

    def _quote(self, data: bytes) -> str:
        """Quote the beginning of what the service said, without keys."""
        text = " ".join(data[: 4 * _EXCERPT].decode(errors="replace").split())
        return f": {self._secrets.scrub(text)[:_EXCERPT]}" if text else ""

    def _later(self, what: str, after: float | None = None) -> RetryLaterError:
        return RetryLaterError(self._secrets.scrub(what), where=self._where, after=after)

    def _failed(self, what: str, hint: str | None) -> ProviderError:
        return ProviderError(
            self._secrets.scrub(what), retryable=False, where=self._where, hint=hint
        )


def _seconds(headers: Mapping[str, str]) -> float | None:
    """Return what ``Retry-After`` asks for: seconds, or a date."""
    given = headers.get("retry-after")
    if given is None:
        return None
    try:
        return max(0.0, float(given))
    except ValueError:
        pass
    try:
        return max(0.0, (parsedate_to_datetime(given) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return None
