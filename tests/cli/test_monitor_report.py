"""``audit monitor report``, ``tell`` and ``recipes``."""

import base64

import pytest
from click.testing import CliRunner

from audit.cli.monitor import monitor
from audit.errors import AuditError, ConfigError, ResultsError
from audit.monitor import change_settings
from audit.monitor.ecosystem import RECIPES
from audit.monitor.rounds import watch_round
from audit.store import open_store
from tests.monitor.inbox import Inbox
from tests.store.decisions import decision

FILE = "receivers:\n  - {name: inbox, url_from: INBOX_URL, secret_from: INBOX_SECRET}\n"


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder with a store in which an alarm about an expired audit stands."""
    monkeypatch.chdir(tmp_path)
    with open_store("audit.db") as store:
        change_settings(store, expires="2020-01-01T00:00:00+00:00")
        store.record([decision()], [None])
        watch_round(store)
    (tmp_path / "webhooks.yaml").write_text(FILE)
    monkeypatch.setenv("INBOX_SECRET", "whsec_" + base64.b64encode(b"k" * 32).decode())
    return tmp_path


def run(*arguments):
    return CliRunner().invoke(monitor, arguments, standalone_mode=False)


def test_a_report_is_one_file_and_an_alarm_that_stands_is_exit_1(place):
    done = run("report", "-o", "here.html")
    assert done.return_value == 1
    assert "alarms stand unacknowledged. Report: here.html" in done.output
    assert "alarms stand</h2>" in (place / "here.html").read_text()


def test_webhooks_are_told_once(place, monkeypatch):
    inbox = Inbox()
    monkeypatch.setenv("INBOX_URL", inbox.url)
    first = run("tell", "--webhooks", "webhooks.yaml")
    again = run("tell", "--webhooks", "webhooks.yaml")
    inbox.close()
    assert (first.return_value, again.return_value) == (0, 0)
    assert f"{len(inbox.got)} messages were taken." in first.output
    assert "0 messages were taken." in again.output
    assert len(inbox.got) >= 1


def test_a_receiver_that_refuses_is_named_and_its_address_is_not(place, monkeypatch):
    inbox = Inbox()
    inbox.statuses = [403] * 9
    monkeypatch.setenv("INBOX_URL", f"{inbox.url}/s3cret")
    done = run("tell", "--webhooks", "webhooks.yaml")
    inbox.close()
    assert done.return_value == 3
    assert "inbox did not take a message: HTTP 403" in done.output
    assert "s3cret" not in done.output


def test_recipes_are_written(place):
    done = run("recipes", "to")
    assert done.return_value == 0
    assert {path.name for path in (place / "to").iterdir()} == set(RECIPES)


@pytest.mark.parametrize(
    ("arguments", "kind", "said"),
    [
        (("report", "-o", "no/such/folder.html"), ResultsError, "cannot be written"),
        (("recipes", "webhooks.yaml/x"), ResultsError, "cannot be written"),
        (("tell", "--webhooks", "webhooks.yaml"), ConfigError, "INBOX_URL is not set"),
    ],
)
def test_what_cannot_be_done_says_why_and_what_to_do(place, arguments, kind, said):
    done = run(*arguments)
    assert isinstance(done.exception, kind)
    assert isinstance(done.exception, AuditError)
    assert said in str(done.exception)
    assert "What to do" in str(done.exception) or "export it" in str(done.exception)


@pytest.mark.parametrize("command", [("report",), ("tell", "--webhooks", "webhooks.yaml")])
def test_no_store_is_made_by_asking_about_it(place, command):
    done = run(*command, "--store", "other.db")
    assert done.exception is not None
    assert "there is no store other.db" in str(done.exception)
    assert not (place / "other.db").exists()
