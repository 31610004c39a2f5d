"""Webhooks: a real receiver on this machine, the signature checked by its published library."""

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from audit.errors import ConfigError
from audit.monitor.webhooks import (
    Courier,
    Message,
    Receiver,
    delivery_counts,
    messages,
    read_receivers,
)
from audit.store import open_store, verify_store
from tests.monitor.boards import NOW, board
from tests.monitor.inbox import Inbox

SECRET = "whsec_" + base64.b64encode(b"k" * 32).decode()


@pytest.fixture(scope="module")
def server():
    inbox = Inbox()
    yield inbox
    inbox.close()


@pytest.fixture
def inbox(server):
    server.got.clear()
    server.statuses.clear()
    return server


@pytest.fixture
def store(tmp_path):
    with open_store(str(tmp_path / "audit.db")) as opened:
        yield opened


@pytest.fixture
def receiver(inbox):
    return Receiver(name="on-call", url=f"{inbox.url}/hook", secret=SECRET)


def message(name="m1"):
    return Message(id=name, time=NOW.isoformat(), type="audit.alarm.raised", text="Alert: x < y",
                   data={"state": "alert"})  # fmt: skip


def courier(store, *receivers, now=lambda: datetime.now(UTC)):
    return Courier(store, receivers, wait_unit=0.01, now=now)


def test_messages_are_signed_so_that_the_published_library_accepts_them(store, receiver, inbox):
    (told,) = courier(store, receiver).deliver([message()])
    headers, body = inbox.got[0]
    assert told.outcome == "delivered"
    assert Webhook(SECRET).verify(body, headers)["type"] == "audit.alarm.raised"
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(body.replace("alert", "ok"), headers)


def test_what_was_taken_is_not_told_again_even_after_a_restart(tmp_path, receiver, inbox):
    for _ in range(2):
        with open_store(str(tmp_path / "audit.db")) as store:
            for _ in range(2):
                courier(store, receiver).deliver([message()])
    assert len(inbox.got) == 1


def test_a_busy_receiver_is_asked_again_under_the_same_id(store, receiver, inbox):
    inbox.statuses = [503, 429]
    (told,) = courier(store, receiver).deliver([message()])
    assert (told.outcome, told.attempts) == ("delivered", 3)
    assert {headers["webhook-id"] for headers, _ in inbox.got} == {"m1"}


def test_a_failed_round_is_on_record_and_tried_again_later(store, receiver, inbox):
    inbox.statuses = [500] * 4
    (told,) = courier(store, receiver).deliver([message()])
    assert (told.outcome, told.attempts, told.why) == ("failed", 4, "HTTP 500")
    assert courier(store, receiver).deliver([message()]) == []
    later = courier(store, receiver, now=lambda: datetime.now(UTC) + timedelta(minutes=3))
    assert [told.outcome for told in later.deliver([message()])] == ["delivered"]
    assert delivery_counts(store) == {"delivered": 1, "failed": 1}
    assert verify_store(store).clean


@pytest.mark.parametrize("status", [301, 307, 308])
def test_a_redirect_is_not_followed(store, receiver, inbox, status):
    inbox.statuses = [status]
    (told,) = courier(store, receiver).deliver([message()])
    assert (told.outcome, told.attempts, told.why) == ("failed", 1, f"HTTP {status}")
    assert len(inbox.got) == 1


def test_nobody_listening_costs_one_round_and_no_other_receiver(store, receiver):
    gone = Receiver(name="gone", url="http://127.0.0.1:9/hook", secret=SECRET)
    told = courier(store, gone, receiver).deliver([message("a"), message("b")])
    assert [(t.receiver, t.outcome) for t in told] == [
        ("gone", "failed"), ("on-call", "delivered"), ("on-call", "delivered"),
    ]  # fmt: skip
    assert told[0].why == "ConnectError"


def test_slack_gets_escaped_text_and_nothing_else(store, inbox):
    slack = Receiver(name="slack", url=f"{inbox.url}/services/T/B/x", form="slack")
    courier(store, slack).deliver([message()])
    headers, body = inbox.got[0]
    assert json.loads(body) == {"text": "Alert: x &lt; y"}
    assert "webhook-signature" not in headers


def test_changes_of_alarms_become_messages_without_people_or_counts():
    found = messages(board(), url="https://audit.example/")
    assert {m.type for m in found} == {"audit.alarm.raised"}
    by_group = {m.data["group"]: m for m in found}
    assert set(by_group) == {"blind", "wheelchair", None}
    blind = by_group["blind"]
    assert blind.data["change_week"] == "2026-09-07"
    assert blind.data["url"].startswith("https://audit.example/monitor/alarms/gap.")
    assert "robin" not in str(found)
    assert len({m.id for m in found}) == 3
    assert [m.id for m in found] == [m.id for m in messages(board())]


def test_receivers_are_read_from_a_file_and_secrets_from_the_environment(tmp_path, monkeypatch):
    path = tmp_path / "webhooks.yaml"
    path.write_text("schema: 1\nreceivers:\n  - {name: a, url_from: URL_A, secret_from: SECRET_A}\n"
                    "  - {name: b, url_from: URL_A, form: slack}\n")  # fmt: skip
    monkeypatch.setenv("URL_A", "https://example.org/hook")
    monkeypatch.setenv("SECRET_A", SECRET)
    first, second = read_receivers(path)
    assert (first.url, first.secret, first.form) == ("https://example.org/hook", SECRET, "signed")
    assert (second.form, second.secret) == ("slack", "")
    assert SECRET not in repr(first)
    assert "example.org" not in repr(first)


@pytest.mark.parametrize(
    ("text", "url", "said"),
    [
        ("receivers: []", "", "at least one"),
        ("receivers: [x]", "", "must be a mapping"),
        ("receivers: [{name: a, url_form: U}]", "", "did you mean 'url_from'"),
        ("receivers: [{name: a, url_from: U, form: mail}]", "https://x.org", "signed, slack"),
        ("receivers: [{name: a, url_from: U, form: slack}]", "", "U is not set"),
        ("receivers: [{name: a, url_from: U, form: slack}]", "http://x.org/s3cret", "use https"),
        ("receivers: [{name: a, url_from: U, form: slack}]", "https://u:s3cret@x.org", "password"),
        ("receivers: [{name: a, url_from: U, form: slack}]", "x.org/s3cret", "no https:// URL"),
        ("receivers: [{name: a, url_from: U, form: slack}]", "https://x:s3cret", "is no URL"),
        ("receivers: [{name: a, url_from: U, secret_from: U}]", "https://x.org", "openssl"),
        ("schema: 2\nreceivers: []", "", "schema 2"),
    ],
)
def test_a_bad_webhooks_file_is_refused_with_its_line(tmp_path, monkeypatch, text, url, said):
    path = tmp_path / "webhooks.yaml"
    path.write_text(text)
    monkeypatch.setenv("U", url)
    with pytest.raises(ConfigError) as error:
        read_receivers(path)
    assert said in str(error.value)
    assert "s3cret" not in str(error.value)
