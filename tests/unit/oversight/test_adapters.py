"""The guard before an ASGI application."""

import asyncio
import json

import httpx

from audit.oversight.adapters import GuardMiddleware
from tests.unit.oversight.test_guard import guard

ASKED = []


async def application(scope, receive, send):
    """Answers everything, and remembers what it was asked."""
    body = (await receive())["body"]
    ASKED.append(body)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"mine"})


def post(path, content):
    """Ask the guarded application."""

    async def ask():
        app = GuardMiddleware(application, guard(), paths={"/predict"})
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return await client.post(path, content=content)

    ASKED.clear()
    return asyncio.run(ask())


def test_auto_reaches_the_application_whole():
    reply = post("/predict", json.dumps({"text": "A teacher came."}))
    assert (reply.status_code, reply.text) == (200, "mine")
    assert reply.headers["x-audit-route"] == "auto"
    assert json.loads(ASKED[0]) == {"text": "A teacher came."}


def test_review_does_not_reach_it():
    reply = post("/predict", json.dumps({"text": "A deaf teacher came."}))
    assert reply.status_code == 202
    assert reply.json()["route"] == "review"
    assert ASKED == []


def test_what_cannot_be_read_does_not_reach_it():
    for content, status in ((b"{", 422), (b"[]", 422), (b"\xff", 422), (b"x" * 1_000_001, 413)):
        reply = post("/predict", content)
        assert reply.status_code == status
        assert reply.json()["detail"]
    assert ASKED == []


def test_other_paths_pass():
    assert post("/other", b"anything").text == "mine"
