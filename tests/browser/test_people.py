"""The people's side in a real browser: the whole loop without scripts, and every page by axe."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, expect

from audit import Guard
from audit.appeals import appeal, opt_out, resolve
from audit.oversight import PolicyDocument, content_sha256, dump_policy, load_policy
from audit.store import open_store
from audit.web import create_app
from tests.browser.test_accessibility import EVERYWHERE, violations
from tests.browser.test_monitoring import dress
from tests.browser.test_staff_pages import COLOURS
from tests.unit.oversight.test_guard import hearing, policy
from tests.web.pages import PASSWORD, person
from tests.web.serving import serving

EXAMPLE = Path(__file__).parents[2] / "reports" / "example"
CLASSIFIER = """
def classify(texts: list[str]) -> list[str]:
    return ["Negative" if "deaf" in text.lower() else "Positive" for text in texts]
"""
MOST_TABS = 40
WORDS = "e => [e, ...(e.labels || [])].map(each => each.innerText || '').join(' ')"


def _written(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a policy about deaf people, a classifier, and a store with two accounts."""
    folder = tmp_path_factory.mktemp("people")
    now = datetime.now(UTC).replace(microsecond=0)
    document = policy().model_dump(mode="json")
    document |= {"created": _written(now - timedelta(days=1)),
                 "expires": _written(now + timedelta(days=300))}  # fmt: skip
    document["sha256"] = content_sha256(document)
    (folder / "policy.yaml").write_text(dump_policy(document), "utf-8")
    (folder / "mine.py").write_text(CLASSIFIER)
    with open_store(str(folder / "s.db")) as store:
        person(store, "Bo", "reviewer")
        person(store, "Lea", "appeals")
    return folder


def without_scripts(browser: Browser) -> Page:
    """Return a page of somebody with scripts switched off."""
    page = browser.new_context(java_script_enabled=False).new_page()
    page.set_default_timeout(60_000)
    return page


def sign_in(page: Page, url: str, name: str, then: str) -> None:
    """Sign in by the form."""
    page.goto(f"{url}{then}")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def sees(page: Page, words: str) -> None:
    """Wait for the page that says this."""
    expect(page.locator("main")).to_contain_text(words, timeout=60_000)


def tab_to(page: Page, what: str) -> None:
    """Press Tab until a link, field or button with these words has the focus, and shows it."""
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        focused = page.locator(":is(a, button, input, textarea):focus")
        if focused.count() and what in focused.evaluate(WORDS):
            outline = focused.evaluate("e => getComputedStyle(e).outlineStyle")
            assert outline != "none", f"the focus on {what} cannot be seen"
            return
    raise AssertionError(f"{what} is not reached by the keyboard")


def test_the_whole_loop_without_scripts_and_the_appeal_by_keyboard(
    browser: Browser, place: Path
) -> None:
    options = ("policy.yaml", "--model", "python:mine.py:classify", "--store", "s.db",
               "--keep-text")  # fmt: skip
    with serving(*options, cwd=place) as served:
        told = served.decide("A deaf teacher came.", subject="anna")
        assert told["route"] == "review"
        affected, reviewer, answerer = (without_scripts(browser) for _ in range(3))

        affected.goto(str(told["appeal_url"]))
        sees(affected, "A person still has to decide")

        sign_in(reviewer, served.url, "Bo", "/review")
        reviewer.get_by_role("button", name="Take the next item").click()
        sees(reviewer, "A deaf teacher came.")
        assert "Without the words" not in reviewer.content()
        reviewer.get_by_role("button", name="Positive").click()
        sees(reviewer, "Without the words")
        reviewer.get_by_role("button", name="Use mine: Positive").click()
        sees(reviewer, "Your decision is saved")

        affected.reload()
        sees(affected, "A person put another answer in the place of the model")
        tab_to(affected, "Appeal: ask a person to look at this decision again")
        affected.keyboard.press("Enter")
        tab_to(affected, "Why should a person look again?")
        affected.keyboard.type("It took three weeks.")
        tab_to(affected, "Send the appeal")
        affected.keyboard.press("Enter")
        affected.wait_for_url("**/status/**")
        code = affected.locator("p.number").inner_text()
        sees(affected, "There is no answer yet")

        sign_in(answerer, served.url, "Lea", "/appeals")
        answerer.get_by_role("link", name="Appeal 1").click()
        sees(answerer, "It took three weeks.")
        answerer.get_by_label("What the person is told").fill("We are sorry that it took so long.")
        answerer.get_by_role("button", name="They are right; the answer stays").click()
        sees(answerer, "Answered.")

        affected.goto(f"{served.url}/status")
        tab_to(affected, "Code of what you sent")
        affected.keyboard.type(code.lower().replace("-", " "))
        affected.keyboard.press("Enter")
        affected.wait_for_url("**/status/**")
        sees(affected, "You were right.")
        sees(affected, "We are sorry that it took so long.")
        assert "three weeks" not in affected.content()
        for page in (affected, reviewer, answerer):
            page.context.close()
    command = [Path(sys.executable).with_name("audit"), "verify", "s.db"]
    done = subprocess.run(command, cwd=place, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.fixture(scope="module")
def served_pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, list[str]]]:
    """A server of the example run, and the address of every page of the people's side."""
    with open_store(str(tmp_path_factory.mktemp("axe") / "s.db")) as store:
        document = PolicyDocument.model_validate(load_policy(EXAMPLE / "override-policy.yaml"))
        guard = Guard(document, hearing, sink=store, keep_text=True)
        person(store, "Lea", "appeals")
        codes = [
            guard.decide("I am a blind person and I cripple along.", subject=name).reference or ""
            for name in ("anna", "bo")
        ]
        answered = appeal(store, decision=codes[0], text="Look at <b>this</b>.")
        resolve(store, answered.filing_id, "overturned", by="x", label="Positive", reply="Sorry.")
        waits = appeal(store, decision=codes[1], text="Look again. " * 30)
        stands = opt_out(store, decision=codes[1])
        app = create_app(guard, store=store, run=EXAMPLE, purpose="Letters.", contact="Call us.")
        config = uvicorn.Config(app, port=0, log_level="error")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run)
        thread.start()
        while not server.started:
            time.sleep(0.02)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}", [
            "/notice", "/notice?lang=ja", "/decision", "/decision/wrong", f"/decision/{codes[0]}",
            "/appeal?lang=en", "/feedback", f"/opt-out?decision={codes[1]}", "/status",
            f"/status/{answered.reference}", f"/status/{waits.reference}?sent=1",
            f"/status/{stands.reference}", "/appeals", "/appeals?everything=1",
            f"/appeals/{answered.filing_id}", f"/appeals/{waits.filing_id}",
        ]  # fmt: skip
        server.should_exit = True
        thread.join(30)


def test_every_page_is_clean_in_every_theme_wide_and_narrow(
    browser: Browser, served_pages: tuple[str, list[Any]]
) -> None:
    url, paths = served_pages
    context = browser.new_context()
    context.set_default_timeout(120_000)
    page = context.new_page()
    sign_in(page, url, "Lea", "/appeals")
    for path in paths:
        page.goto(url + path)
        page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        for theme, width in EVERYWHERE:
            dress(page, theme, width)
            if (theme, width) == ("light", 1280):
                found = violations(page)
                assert found["violations"] == [], path
                assert found["rules"] > 60
            else:
                assert page.evaluate(COLOURS) == [], (path, theme, width)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (path, width)
    page.goto(f"{url}/appeal")
    page.get_by_label("Code of the decision").fill("wrong")
    page.get_by_role("button", name="Send the appeal").click()
    assert page.get_by_role("alert").is_visible()
    assert violations(page)["violations"] == []
    context.close()
