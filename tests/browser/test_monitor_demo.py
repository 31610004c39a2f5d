"""The whole chain on the demonstration: a change is planted, seen, told, and acknowledged."""

from __future__ import annotations

import base64
import json
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page
from standardwebhooks import Webhook

from audit.oversight import dump_policy
from audit.store import open_store, verify_store
from tests.browser.test_accessibility import violations
from tests.monitor.inbox import Inbox
from tests.unit.oversight.test_guard import policy
from tests.web.pages import PASSWORD, person
from tests.web.serving import serving

SECRET = "whsec_" + base64.b64encode(b"s" * 32).decode()
GROUPS = ("blind", "deaf", "autistic", "wheelchair-user", "chronic-illness")
RECEIVERS = """
receivers:
  - {name: inbox, url_from: INBOX_URL, secret_from: INBOX_SECRET}
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store after half a year with a change in week 15, and what `audit serve` needs."""
    folder = tmp_path_factory.mktemp("demo")
    command = [Path(sys.executable).with_name("audit"), "monitor", "demo", "--store", "demo.db"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    (folder / "mine.py").write_text("def classify(texts):\n    return ['Positive'] * len(texts)\n")
    (folder / "policy.yaml").write_text(dump_policy(policy().model_dump(mode="json")), "utf-8")
    (folder / "webhooks.yaml").write_text(RECEIVERS)
    with open_store(str(folder / "demo.db")) as store:
        person(store, "ada", "monitor")
    return folder


@pytest.fixture(scope="module")
def inbox() -> Iterator[Inbox]:
    made = Inbox()
    yield made
    made.close()


@pytest.fixture(scope="module")
def site(place: Path, inbox: Inbox) -> Iterator[str]:
    """A real `audit serve` that watches the store and tells the inbox."""
    environment = {"INBOX_URL": f"{inbox.url}/hook", "INBOX_SECRET": SECRET}
    options = ("policy.yaml", "--model", "python:mine.py:classify", "--store", "demo.db",
               "--webhooks", "webhooks.yaml", "--watch-every", "1")  # fmt: skip
    with serving(*options, cwd=place, env=environment) as served:
        yield served.url


@pytest.fixture(scope="module")
def page(browser: Browser, site: str) -> Iterator[Page]:
    """Ada's browser, without JavaScript."""
    context = browser.new_context(java_script_enabled=False)
    context.set_default_timeout(120_000)
    opened = context.new_page()
    opened.goto(f"{site}/monitor")
    opened.get_by_label("Name").fill("ada")
    opened.get_by_label("Password").fill(PASSWORD)
    opened.get_by_role("button", name="Sign in").click()
    yield opened
    context.close()


def told(inbox: Inbox) -> list[dict[str, Any]]:
    """Return the messages that came, each signature checked."""
    return [Webhook(SECRET).verify(body, headers) for headers, body in inbox.got]


def wait_for(ready: Callable[[], Any]) -> None:
    until = time.monotonic() + 60
    while not ready():
        assert time.monotonic() < until, "it did not come in time"
        time.sleep(0.2)


def planted(week: int, weeks: int = 26) -> date:
    """Return the Monday of a week of the demonstration, which ends with the last whole week."""
    today = date.today()
    monday = today - timedelta(days=today.weekday())
    return monday - timedelta(weeks=weeks - week + 1)


def test_that_group_and_no_other_is_shown_in_alert(page: Page, site: str) -> None:
    page.goto(f"{site}/monitor")
    states = {
        name: page.locator(f'tr:has(a[href="/monitor/groups/{name}"])').inner_text()
        for name in GROUPS
    }
    assert "Alert" in states.pop("deaf")
    assert not any("Alert" in row for row in states.values()), states
    assert "Decisions about Deaf people differ" in page.inner_text("h2.lead")
    assert page.locator("ul.alarms li").count() == 1


def test_the_group_s_page_names_the_week_of_the_change(page: Page, site: str) -> None:
    page.goto(f"{site}/monitor")
    page.get_by_role("link", name="Deaf people", exact=True).click()
    assert page.inner_text("h1") == "Deaf people"
    said = page.locator("svg.chart title").first.text_content() or ""
    found = re.search(r"begun in the week of (\d+ \w+ \d+)", said)
    assert found is not None, said
    estimated = time.strptime(found[1], "%d %b %Y")
    away = date(*estimated[:3]) - planted(15)
    assert abs(away.days) <= 14
    assert page.locator(".chart line.change").count() == 1


def test_the_webhook_fires_for_that_group_and_no_other(site: str, inbox: Inbox) -> None:
    wait_for(lambda: inbox.got)
    (message,) = told(inbox)
    assert message["type"] == "audit.alarm.raised"
    assert message["data"]["group"] == "deaf"
    assert message["data"]["direction"] == "higher"
    raised = date.fromisoformat(message["timestamp"][:10])
    assert timedelta(0) < raised - planted(15) <= timedelta(weeks=4)
    assert message["data"]["url"].startswith(f"{site}/monitor/alarms/")


def test_it_is_acknowledged_without_javascript_and_with_a_reason(
    page: Page, site: str, inbox: Inbox
) -> None:
    page.goto(f"{site}/monitor/alarms")
    page.locator("tbody a").first.click()
    page.get_by_label("Reason").fill("   ")
    page.get_by_role("button", name="Acknowledge").click()
    assert "Not done." in page.inner_text("main")
    page.get_by_label("Reason").fill("The new form is withdrawn <b>today</b>.")
    page.get_by_role("button", name="Acknowledge").click()
    shown = page.inner_text("main")
    assert "acknowledged by ada" in shown
    assert "The new form is withdrawn <b>today</b>." in shown
    page.goto(f"{site}/monitor")
    assert "Acknowledged" in page.locator('tr:has(a[href$="/deaf"])').inner_text()
    wait_for(lambda: len(inbox.got) == 2)
    last = told(inbox)[-1]
    assert last["type"] == "audit.alarm.acknowledged"
    assert "ada" not in json.dumps(last)
    assert "withdrawn" not in json.dumps(last)


def test_every_page_of_the_server_is_free_of_violations(
    browser: Browser, page: Page, site: str
) -> None:
    context = browser.new_context()
    context.set_default_timeout(120_000)
    context.add_cookies(page.context.cookies())
    opened = context.new_page()
    paths = ("", "/groups/deaf", "/alarms", "/alarms/gap.unfavourable.deaf.1", "/feedback", "/data")
    for place, path in enumerate(paths):
        theme = ("light", "dark")[place % 2]
        opened.emulate_media(color_scheme=theme, forced_colors="none")
        opened.goto(f"{site}/monitor{path}")
        for width in (1280, 320):
            opened.set_viewport_size({"width": width, "height": 900})
            found = violations(opened)
            assert found["violations"] == [], path
            assert opened.evaluate("document.documentElement.scrollWidth") <= width, path
    context.close()


def test_the_same_leaves_as_one_file(browser: Browser, place: Path) -> None:
    command = [Path(sys.executable).with_name("audit"), "monitor", "report", "--store", "demo.db"]
    done = subprocess.run(command, cwd=place, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    opened = browser.new_page()
    opened.goto((place / "monitoring.html").as_uri())
    assert "Deaf people" in opened.inner_text("main")
    assert "acknowledged by ada" in opened.inner_text("main")
    opened.close()


def test_nothing_was_written_past_the_chain(place: Path) -> None:
    with open_store(str(place / "demo.db")) as store:
        assert verify_store(store).clean
