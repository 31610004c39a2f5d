"""Servers with OpenAI's interface, through the official SDK."""

from __future__ import annotations

import os
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any, Literal
from urllib.parse import urlsplit

from audit.classifiers.remote.asking import Answered
from audit.classifiers.remote.failures import Failures
from audit.classifiers.remote.secrets import from_environment, secrets_of
from audit.classifiers.remote.transport import check_url
from audit.records import RemoteOptions

Endpoint = Literal["completions", "chat", "moderations"]
KEY = "OPENAI_API_KEY"
BASE_URL = "OPENAI_BASE_URL"
DEFAULT_URL = "https://api.openai.com/v1"
_NO_KEY = "none"  # what is sent to a server of one's own that needs no key


class OpenAIService:
    """One server, asked once per call: patience and limits are the `Asker`'s.

    The key comes from ``OPENAI_API_KEY``, and only a server of one's own does without one.

    Parameters
    ----------
    name : str
        Name of the target, for messages.
    remote : RemoteOptions
        ``base_url`` (else ``OPENAI_BASE_URL``, else OpenAI's), ``timeout``, ``allow_insecure``.

    Raises
    ------
    ConfigError
        If the key is missing, or the address is not safe.
    """

    def __init__(self, name: str, remote: RemoteOptions) -> None:
        import openai

        from audit.classifiers.remote.bounded import bounded_client

        self.url = remote.base_url or os.environ.get(BASE_URL) or DEFAULT_URL
        check_url(self.url, allow_insecure=remote.allow_insecure, where=name)
        needed = urlsplit(self.url).hostname == urlsplit(DEFAULT_URL).hostname
        given = needed or os.environ.get(KEY, "").strip()
        key = from_environment(KEY, where=name) if given else _NO_KEY
        self.failures = Failures(name, secrets_of([key]) if given else secrets_of([]),
                                 remote.timeout)  # fmt: skip
        self.host = urlsplit(self.url).hostname
        self.versions = {"openai": version("openai")}
        self._client = openai.OpenAI(
            api_key=key,
            base_url=self.url,
            timeout=remote.timeout,
            max_retries=0,
            http_client=bounded_client(self, self.failures),
        )

    def ask(self, endpoint: Endpoint, body: Mapping[str, Any]) -> Answered:
        """Send one request and return the answer's JSON object with the tokens it cost.

        Raises
        ------
        RetryLaterError
            If the service is busy, down, silent, or cut off its answer.
        ProviderError
            If it refuses, redirects, or does not answer with a JSON object.
        """
        import openai

        resource: Any = {
            "completions": self._client.completions,
            "chat": self._client.chat.completions,
            "moderations": self._client.moderations,
        }[endpoint]
        # what the SDK raises can quote the key that a service echoes, so nothing is chained to it
        try:
            answer = resource.with_raw_response.create(**body)
        except openai.APITimeoutError:
            raise self.failures.of_timeout() from None
        except openai.APIConnectionError as error:
            raise self.failures.of_connection(error.__cause__ or error) from None
        except openai.APIStatusError as error:
            response = error.response
            raise self.failures.of_status(
                response.status_code, response.headers, response.content
            ) from None
        found = self.failures.json(answer.content)
        if not isinstance(found, dict):
            raise self.failures.misplaced("object", found)
        return Answered(found, *_tokens(found.get("usage")))


def _tokens(usage: Any) -> tuple[int, int]:
    """Return the tokens read and written that a service reports, 0 where it does not."""
    if not isinstance(usage, Mapping):
        return 0, 0
    counts = [usage.get("prompt_tokens"), usage.get("completion_tokens")]
    read, written = (n if isinstance(n, int) and n > 0 else 0 for n in counts)
    return read, written
