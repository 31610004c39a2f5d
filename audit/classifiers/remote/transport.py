"""One HTTP request: where it may go, and what comes back."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from audit.classifiers.remote.failures import Failures
from audit.classifiers.remote.secrets import looks_like_key
from audit.errors import ConfigError

_KEY_NAMES = {"key", "apikey", "token", "accesstoken", "auth", "secret", "password", "signature"}


def check_url(url: str, *, allow_insecure: bool, where: str) -> str:
    """Return a URL that may be sent texts and keys.

    Raises
    ------
    ConfigError
        If it is no http(s) URL, holds a password or key, or is unencrypted to another machine.
    """
    try:
        parts = urlsplit(url)
        known = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        known = False
    named = known and _KEY_NAMES & {
        name.lower().replace("_", "").replace("-", "") for name, _ in parse_qsl(parts.query)
    }
    if looks_like_key(url) or named or (known and (parts.username or parts.password)):
        raise ConfigError(
            "the URL holds a key or password",
            where=where,
            hint="keys come from the environment; in a service file a header names the variable",
        )
    if not known or parts.hostname is None:
        # it is not quoted: nobody can tell where in it a password stands
        raise ConfigError("the address is no http or https URL", where=where)
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
    """Sends JSON and returns JSON.

    Parameters
    ----------
    failures : Failures
        Says in words what went wrong; its ``timeout`` holds for a whole answer.
    headers : mapping
        Sent with each request.
    """

    def __init__(self, failures: Failures, headers: Mapping[str, str]) -> None:
        from audit.classifiers.remote.bounded import bounded_client

        self._failures = failures
        self._client = bounded_client(self, failures, headers)

    def send(self, method: str, url: str, body: Any) -> Any:
        """Send ``body`` and return the answer's JSON.

        Raises
        ------
        RetryLaterError
            If the service is busy, down, silent, or cut off its answer.
        ProviderError
            If it refuses, redirects, or does not answer with JSON.
        """
        from audit.classifiers.remote.bounded import carry

        request = self._client.build_request(method, url, json=body)
        return self._failures.json(carry(self._client, request, self._failures))
