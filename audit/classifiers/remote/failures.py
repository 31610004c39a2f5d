"""What every way of failing of a service is called, and whether asking again can help."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

from audit.classifiers.remote.asking import RetryLaterError
from audit.classifiers.remote.secrets import Secrets
from audit.errors import ProviderError

_EXCERPT = 200
_RETRY = {408, 409, 425, 429, 500, 502, 503, 504, 529}
_NO_CREDIT = (b"insufficient_quota", b"exceeded your current quota", b"monthly included credits")
_REFUSALS = {
    400: "the service does not understand the request",
    401: "the service does not accept the key",
    402: "the credit or quota of this key is used up",
    403: "the key may not use this",
    404: "there is nothing at this address, or no such model",
    413: "the text is too long for the service",
    422: "the service does not understand the request",
}
_REFUSAL_HINTS = {
    401: "check the key in the environment",
    402: "nothing is lost: raise the quota and repeat the command with --resume",
    403: "check what the key may be used for",
    404: "check the URL and the model's name",
}


class RefusedError(ProviderError):
    """The service was reached, and refuses what was asked; ``status`` is HTTP's."""

    def __init__(self, what: str, *, status: int, where: str, hint: str | None) -> None:
        super().__init__(what, retryable=False, where=where, hint=hint)
        self.status = status


class Failures:
    """Says in words what went wrong with a request, without any key.

    Parameters
    ----------
    where : str
        Name of the target.
    secrets : Secrets
        Masked in every message.
    timeout : float
        Seconds that a whole answer may take.
    """

    def __init__(self, where: str, secrets: Secrets, timeout: float) -> None:
        self.where, self.secrets, self.timeout = where, secrets, timeout

    def of_status(self, status: int, headers: Mapping[str, str], data: bytes) -> ProviderError:
        """Return the error for an answer that is no success."""
        if 300 <= status < 400:
            target = urlsplit(headers.get("location", "")).hostname or "another address"
            return self.lasting(
                f"the service redirects to {target}, and keys are not sent on",
                "name the address itself, if you trust it",
            )
        no_credit = status == 429 and any(words in data.lower() for words in _NO_CREDIT)
        if status in _RETRY and not no_credit:
            named = _seconds(headers)
            after = _loading_seconds(data) if named is None else named
            return self.passing(f"HTTP {status}{self.quote(data)}", after)
        said = _REFUSALS.get(402 if no_credit else status, "the service refuses")
        return RefusedError(
            self.secrets.scrub(f"{said} (HTTP {status}){self.quote(data)}"),
            status=status,
            where=self.where,
            hint=_REFUSAL_HINTS.get(402 if no_credit else status),
        )

    def of_timeout(self) -> ProviderError:
        """Return the error for silence."""
        return self.passing(f"no answer within {self.timeout:g} seconds")

    def of_connection(self, error: BaseException) -> ProviderError:
        """Return the error for a connection that was not made, or broke."""
        return self.passing(f"the connection failed: {error}")

    def json(self, data: bytes) -> Any:
        """Return what an answer says.

        Raises
        ------
        RetryLaterError
            If it was cut off.
        ProviderError
            If it is no JSON.
        """
        try:
            return json.loads(data)
        except (ValueError, RecursionError) as error:
            cut = data.lstrip()[:1] in (b"{", b"[")
            if cut and not data.rstrip().endswith((b"}", b"]")):
                raise self.passing("the answer was cut off") from error
            raise self.lasting(
                f"the answer is no JSON{self.quote(data)}",
                "check the URL; a proxy or a login page may stand in between",
            ) from error

    def misplaced(self, what: str, body: Any) -> ProviderError:
        """Return the error for an answer without what every answer has."""
        data = json.dumps(body).encode()
        return self.lasting(
            f"the answer has no {what}{self.quote(data)}",
            "check the URL: this is no service of the kind that was named",
        )

    def passing(self, what: str, after: float | None = None) -> RetryLaterError:
        """Return an error that asking again may mend."""
        return RetryLaterError(self.secrets.scrub(what), where=self.where, after=after)

    def lasting(self, what: str, hint: str | None = None) -> ProviderError:
        """Return an error that asking again does not mend."""
        return ProviderError(self.secrets.scrub(what), retryable=False, where=self.where, hint=hint)

    def quote(self, data: bytes) -> str:
        """Quote the beginning of what the service said, without keys."""
        text = " ".join(data[: 4 * _EXCERPT].decode(errors="replace").split())
        return f": {self.secrets.scrub(text)[:_EXCERPT]}" if text else ""


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


def _loading_seconds(data: bytes) -> float | None:
    """Return in how many seconds a model that is being loaded will be there, if the answer says."""
    try:
        named = json.loads(data)["estimated_time"]
    except (ValueError, RecursionError, KeyError, TypeError):
        return None
    known = isinstance(named, int | float) and not isinstance(named, bool)
    return max(0.0, float(named)) if known else None
