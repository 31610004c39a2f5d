"""The guard around what people already have: a transformers pipeline, or an ASGI application."""

from __future__ import annotations

import asyncio
import dataclasses
import json
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Mapping, MutableMapping
from pathlib import Path
from typing import Any

from audit.errors import ConfigError
from audit.oversight.guard import Guard
from audit.oversight.policy_file import load_policy
from audit.oversight.policy_schema import PolicyDocument
from audit.records import Decision

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]

MOST_BYTES = 1_000_000


def guard_pipeline(
    pipeline: Callable[..., Any],
    path: str | Path,
    *,
    label_map: Mapping[str, str] | None = None,
    **options: Any,
) -> Guard:
    """Guard a text-classification pipeline of transformers.

    Parameters
    ----------
    pipeline : callable
        ``transformers.pipeline("text-classification", ...)``.
    path : path
        The policy file.
    label_map : mapping of str to str, optional
        Label of the policy's task by label of the pipeline; several may mean the same. Those that
        differ in capitals alone need none.
    **options
        As for `Guard`.

    Returns
    -------
    Guard
        Asks the pipeline for all its labels at once.

    Raises
    ------
    ConfigError
        If the policy cannot be used, or is about scores or other labels than the pipeline's.
    """
    policy = PolicyDocument.model_validate(load_policy(path))
    names = _names(pipeline, policy, label_map or {})

    def classify(texts: list[str]) -> list[dict[str, float]]:
        answers = []
        for row in pipeline(texts, top_k=None):
            shares: defaultdict[str, float] = defaultdict(float)
            for each in row:
                shares[names[each["label"]]] += float(each["score"])
            answers.append({name: min(1.0, share) for name, share in shares.items()})
        return answers

    return Guard(policy, classify, **options)


def _names(
    pipeline: Any, policy: PolicyDocument, label_map: Mapping[str, str]
) -> Mapping[str, str]:
    """Return the task's label by label of the pipeline."""
    if policy.task is None or policy.task.kind != "labels":
        raise ConfigError("the policy is about no labels, which is all that a pipeline gives")
    labels = policy.task.labels
    folded = {label.casefold(): label for label in labels}
    own = [str(name) for name in pipeline.model.config.id2label.values()]
    names = {name: label_map.get(name, folded.get(name.casefold(), name)) for name in own}
    strange = [name for name, label in names.items() if label not in labels]
    if strange:
        raise ConfigError(
            f"the pipeline's {', '.join(strange)} are no labels of the policy: {', '.join(labels)}",
            where="label_map",
            hint=f"say what each means, such as label_map={{{strange[0]!r}: {labels[0]!r}}}",
        )
    return names


class GuardMiddleware:
    """Stands before an ASGI application that decides about texts.

    A request with a JSON body on one of ``paths`` is decided first. Where the answer is ``auto``
    the application gets the request, and its reply the headers ``x-audit-route``,
    ``x-audit-decision`` and ``x-audit-reference``; else the reply is 202 with the decision, and
    the application is not asked.

    Parameters
    ----------
    app : ASGI application
        What decides without the guard.
    guard : Guard
        Who asks a person.
    paths : collection of str
        Paths that are guarded; all others pass.
    field : str
        Key of the text in the JSON body.
    """

    def __init__(
        self, app: Application, guard: Guard, *, paths: Collection[str], field: str = "text"
    ) -> None:
        self._app = app
        self._guard = guard
        self._paths = frozenset(paths)
        self._field = field

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Decide, and pass the request on where the answer is ``auto``."""
        if scope["type"] != "http" or scope["path"] not in self._paths:
            await self._app(scope, receive, send)
            return
        body = await _body(receive)
        if body is None:
            await _reply(send, 413, {"detail": f"the body is longer than {MOST_BYTES} bytes"})
            return
        try:
            text = json.loads(body)[self._field]
        except (ValueError, KeyError, TypeError):
            await _reply(send, 422, {"detail": f"the body is no JSON object with {self._field!r}"})
            return
        decision = await asyncio.to_thread(self._guard.decide, text)
        if decision.route == "review":
            await _reply(send, 202, decision_object(decision))
            return
        headers = [
            (b"x-audit-route", b"auto"),
            (b"x-audit-decision", decision.id.encode()),
            (b"x-audit-reference", (decision.reference or "").encode()),
        ]

        async def again() -> Message:
            return {"type": "http.request", "body": body, "more_body": False}

        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message.get("headers", ()), *headers]}
            await send(message)

        await self._app(scope, again, marked)


def decision_object(decision: Decision) -> dict[str, Any]:
    """Return a decision as JSON values."""
    return dataclasses.asdict(decision)


async def _body(receive: Receive) -> bytes | None:
    """Read a request's body; ``None`` where it is too long."""
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > MOST_BYTES:
            return None
        if not message.get("more_body"):
            return bytes(body)


async def _reply(send: Send, status: int, content: Mapping[str, Any]) -> None:
    body = json.dumps(content).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
