"""``POST /v1/events``: other systems send what they decided."""

import json

import pytest

from audit.monitor import build_dashboard, change_settings
from audit.web import create_app
from tests.monitor.events import decision, review
from tests.unit.oversight.test_guard import hearing, policy
from tests.web.pages import Browser


@pytest.fixture
def programs(store):
    """Programs before a server that asks for a token."""
    from audit import Guard

    change_settings(store, unfavourable=("Negative",))
    return Browser(create_app(Guard(policy(), hearing), token="t0ken", store=store))


def send(programs, events, word="t0ken"):
    headers = {"Authorization": f"Bearer {word}", "Content-Type": "application/json"}
    body = json.dumps({"events": events})
    return programs.post("/v1/events", content=body, headers=headers)


def test_events_count_once_however_often_they_are_sent(programs, store):
    events = [decision(1, label="Negative", route="review"), review(1), {"id": "x", "secret": "s"}]
    first, second = send(programs, events), send(programs, events)
    assert first.json()["taken"] == 2
    assert second.json() | {"messages": []} == {
        "taken": 0, "duplicates": 2, "rejected": 1, "messages": [],
    }  # fmt: skip
    assert "event 3" in first.json()["messages"][0]
    shown = build_dashboard(store)
    assert shown.health.counters["duplicates"] == 2
    assert shown.waiting == 0


def test_who_has_no_token_sends_nothing(programs, store):
    assert send(programs, [decision(1)], word="guessed").status_code == 401
    assert programs.post("/v1/events", json={"events": []}).status_code == 401
    assert build_dashboard(store).groups == ()


@pytest.mark.parametrize(
    "body", [{}, {"events": {}}, {"events": [1]}, {"events": [], "more": 1}, [], None,
             {"events": [{}] * 1001}],
)  # fmt: skip
def test_bodies_that_are_no_events(programs, body):
    reply = programs.post("/v1/events", json=body, headers={"Authorization": "Bearer t0ken"})
    assert reply.status_code == 422


@pytest.mark.parametrize(
    "event", [{"id": "\ud800"}, {"\ud800": 1}, {"id": "x", "time": "2026", "groups": [[[]]]},
              {"event": {}}, {"id": "a\x00b", "time": "2026-01-01"},
              {"id": "x", "time": "2026-01-01", "groups": ["\x00"]}],
)  # fmt: skip
def test_odd_events_are_refused_not_errors(programs, event):
    assert send(programs, [event]).status_code == 200
