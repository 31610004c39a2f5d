"""Hugging Face Inference through huggingface_hub's client, which finds provider and form."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any

import httpx2
from huggingface_hub import InferenceClient
from huggingface_hub.errors import HfHubHTTPError

from audit.classifiers.remote.bounded import bounded_client, carry
from audit.classifiers.remote.failures import Failures
from audit.classifiers.remote.secrets import from_environment, secrets_of
from audit.classifiers.remote.transport import check_url
from audit.records import RemoteOptions

KEY = "HF_TOKEN"
_ALL = 1000  # labels of a classifier, more than any has
_NO_KEY = "none"  # else the client would look for a key in the user's files


class _BoundedClient(InferenceClient):
    """The client, sending by ours: no redirects, no endless answers, named failures."""

    def __init__(self, failures: Failures, **given: Any) -> None:
        super().__init__(**given)
        self._failures = failures
        self._carrier = bounded_client(self, failures)

    def _inner_post(self, request_parameters: Any, *, stream: bool = False) -> Any:
        """Send what the client prepared; ``stream`` is never asked for."""
        request = self._carrier.build_request(
            "POST",
            request_parameters.url,
            json=request_parameters.json,
            headers=request_parameters.headers,
        )
        data = carry(self._carrier, request, self._failures)
        found = self._failures.json(data)
        if isinstance(found, Mapping) and "error" in found:
            if "loading" in str(found["error"]).lower():
                raise self._failures.of_status(503, {}, data)
            raise self._failures.misplaced("result, but an error", found)
        return data


class InferenceService:
    """One model on Hugging Face Inference, asked once per call.

    The key comes from ``HF_TOKEN`` only, never from a login's file. An endpoint of one's own
    (``base_url``) does without one.

    Parameters
    ----------
    model : str
        Name of the model.
    name : str
        Name of the target, for messages.
    remote : RemoteOptions
        ``base_url``, ``provider``, ``timeout``, ``allow_insecure``.

    Raises
    ------
    ConfigError
        If the key is missing, or the address is not safe.
    """

    def __init__(self, model: str, name: str, remote: RemoteOptions) -> None:
        url = remote.base_url
        if url is not None:
            check_url(url, allow_insecure=remote.allow_insecure, where=name)
        given = url is None or os.environ.get(KEY, "").strip()
        key = from_environment(KEY, where=name) if given else _NO_KEY
        self.failures = Failures(name, secrets_of([key] if given else []), remote.timeout)
        self.url, self._key = url, key if given else None
        self.model = model
        self._client = _BoundedClient(
            self.failures,
            model=url or model,
            provider=remote.provider,
            token=key,
            timeout=remote.timeout,
        )

    def kind(self) -> str:
        """Return what the model is for, as the hub says: ``chat``, ``classification`` or text.

        Raises
        ------
        ProviderError
            If the hub does not answer, or has no such model.
        """
        from huggingface_hub import HfApi

        found = self._named(lambda: HfApi(token=self._key).model_info(self.model))
        if found.pipeline_tag == "text-classification":
            return "classification"
        return "chat" if "conversational" in (found.tags or []) else "completions"

    def complete(self, prompt: str, settings: Mapping[str, Any]) -> str:
        """Return the text that follows a prompt."""
        return self._text(self._named(lambda: self._client.text_generation(prompt, **settings)))

    def talk(self, messages: list[Any], settings: Mapping[str, Any]) -> Any:
        """Return a chat's answer as the service gives it."""
        return self._named(
            lambda: self._client.chat_completion(messages, model=self.model, **settings)
        )

    def classify(self, text: str) -> list[tuple[str, float]]:
        """Return the model's labels for a text with their probabilities."""
        found = self._named(lambda: self._client.text_classification(text, top_k=_ALL))
        elements = found if isinstance(found, list) else [found]
        pairs = [(one.label, one.score) for one in elements]
        if not pairs or not all(
            isinstance(label, str) and isinstance(score, int | float) for label, score in pairs
        ):
            raise self.failures.misplaced("labels with scores", str(found))
        return [(self.failures.secrets.scrub(label), score) for label, score in pairs]

    def _text(self, found: Any) -> str:
        if not isinstance(found, str):
            raise self.failures.misplaced("text", str(found))
        return found

    def _named(self, call: Callable[[], Any]) -> Any:
        """Make a call of the client; what goes wrong in it gets a name and quotes no key."""
        try:
            return call()
        except HfHubHTTPError as error:
            answer = error.response
            raise self.failures.of_status(
                answer.status_code, answer.headers, answer.content
            ) from None
        except httpx2.TimeoutException:
            raise self.failures.of_timeout() from None
        except httpx2.RequestError as error:
            raise self.failures.of_connection(error) from None
        except (LookupError, TypeError, AttributeError, ValueError) as error:
            raise self.failures.lasting(
                f"the answer has not what this kind of service returns ({error!r:.200})",
                "name the interface with --endpoint, or another --provider",
            ) from None
