"""Faults around reviewers on a running server: no acknowledged review is lost, refusals say why."""

import signal
import sqlite3
import subprocess
import sys
import threading
import time

import httpx
import pytest

from audit.review.settings import change_settings
from audit.store import open_store, verify_store
from audit.store.outcomes import reviews_of
from audit.web.accounts.roles import ROLES
from benchmarks.reviewing import Load, fill, press, reviewers, stored, work
from tests.web.pages import Browser, application, person
from tests.web.serving import serving
from tests.web.test_faults import CLASSIFIER, OPTIONS, SCHEMATHESIS


@pytest.fixture
def place(tmp_path):
    """A folder with a classifier, a policy, and a store of items that wait."""
    from audit.oversight import dump_policy
    from tests.unit.oversight.test_guard import policy

    (tmp_path / "mine.py").write_text(CLASSIFIER)
    text = dump_policy(policy().model_dump(mode="json"))
    (tmp_path / "policy.yaml").write_text(text, "utf-8")
    return tmp_path


SERVED = (*OPTIONS, "--store", "s.db")


def test_twenty_reviewers_at_once_then_kill_9_lose_nothing(place):
    """The full minute is `python -m benchmarks.reviewing`."""
    with open_store(str(place / "s.db")) as store:
        fill(store, 1000)
        with serving(*SERVED, cwd=place) as served:
            first_sign_in(served)
            people = reviewers(store, served.url, 20)
            calm = press(people, 4)
            assert calm.errors == []
            assert len(calm.acknowledged) >= 20
            load = Load()
            threads = [threading.Thread(target=work, args=(each, load)) for each in people]
            for thread in threads:
                thread.start()
            while len(load.acknowledged) < 20:
                time.sleep(0.01)
            load.ended.set()  # from here on a refused connection is no error
            served.process.send_signal(signal.SIGKILL)
            for thread in threads:
                thread.join(60)
        assert load.errors == []
        kept = stored(store)
        assert len(set(kept)) == len(kept)
        assert set(calm.acknowledged + load.acknowledged) <= set(kept)
        assert verify_store(store).clean
        # Whoever was in the middle of an item goes on with it: sessions and locks are on disk.
        with serving(*SERVED, cwd=place) as served:
            assert not [each for each in served.said if "First sign-in" in each]
            person_again = people[0]
            person_again.base_url = served.url
            at = person_again.post("/review/next").headers["location"]
            person_again.post(f"{at}/label", data={"label": "Negative"})
            done = person_again.post(f"{at}/decide", data={"choice": "keep"})
            assert done.headers["location"] == "/review?done=decided"
        for each in people:
            each.close()


def test_a_locked_database_counts_nothing_and_says_so(store, tmp_path):
    change_settings(store, by="test", double_every=256)
    fill(store, 1)
    person(store, "Bo", "reviewer")
    bo = Browser(application(store))
    bo.sign_in("Bo")
    at = bo.post("/review/next").headers["location"]
    bo.post(f"{at}/label", data={"label": "Positive"})
    lock = sqlite3.connect(tmp_path / "pages.db", isolation_level=None)
    lock.execute("BEGIN EXCLUSIVE")
    refused = bo.post(f"{at}/decide", data={"choice": "keep"})
    lock.execute("ROLLBACK")
    lock.close()
    assert refused.status_code == 503
    assert "Nothing was saved" in refused.text
    assert stored(store) == []
    assert bo.post(f"{at}/decide", data={"choice": "keep"}).status_code == 303
    assert len(stored(store)) == 1


def test_two_windows_of_one_person_count_once(store):
    """The same item sent from two windows at the same moment."""
    change_settings(store, by="test", double_every=256)
    fill(store, 1)
    person(store, "Bo", "reviewer")
    app = application(store)
    bo = Browser(app)
    bo.sign_in("Bo")
    at = bo.post("/review/next").headers["location"]
    bo.post(f"{at}/label", data={"label": "Positive"})
    windows = [Browser(app) for _ in range(6)]
    seen = []

    def send(window):
        window.cookies.set("audit", bo.cookies["audit"])
        seen.append(window.post(f"{at}/decide", data={"choice": "override:Positive"}))

    threads = [threading.Thread(target=send, args=(window,)) for window in windows]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {reply.status_code for reply in seen} <= {303, 409}
    assert any(reply.status_code == 303 for reply in seen)
    (identity,) = stored(store)
    assert identity == at.rsplit("/", 1)[1]


def first_sign_in(served):
    """Use the link that the first start printed, and set a password."""
    (line,) = [each for each in served.said if "First sign-in" in each]
    link = line.split()[-1]
    with httpx.Client(headers={"Sec-Fetch-Site": "same-origin"}, timeout=60) as client:
        assert client.get(link).status_code == 200
        token = {"token": link.rsplit("/", 1)[1]}
        assert client.post(f"{served.url}/sign-in/link", data=token).status_code == 303
        new = {"password": "correct horse battery", "again": "correct horse battery"}
        assert client.post(f"{served.url}/account/password", data=new).status_code == 303


def test_no_form_of_any_page_gives_a_server_error(place):
    """Every route, as somebody with every role, whatever is sent."""
    with open_store(str(place / "s.db")) as store:
        fill(store, 20)
        made = person(store, "All", *ROLES)
        person(store, "Root", "admin")
        with serving(*SERVED, cwd=place) as served:
            from audit.web.accounts.links import new_link

            client = httpx.Client(base_url=served.url, headers={"Sec-Fetch-Site": "same-origin"})
            client.post("/sign-in/link", data={"token": new_link(store, made.id, by="test")})
            cookie = client.cookies["audit"]
            client.close()
            done = subprocess.run(
                [sys.executable, "-c", SCHEMATHESIS, "run", f"{served.url}/openapi.json",
                 "--checks", "not_a_server_error", "--max-examples", "3", "--seed", "1",
                 "--phases", "fuzzing", "--no-color",
                 "--exclude-path-regex", "^/(v1/|sign-out|account/password)",
                 "-H", f"Cookie: audit={cookie}", "-H", "Sec-Fetch-Site: same-origin"],
                capture_output=True, text=True, timeout=300, check=False, cwd=place,
            )  # fmt: skip
            still = httpx.get(f"{served.url}/review", cookies={"audit": cookie})
        assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-1000:]
        assert still.status_code == 200, "the session ended, so that nothing was tested"
        assert verify_store(store).clean
        assert reviews_of(store, []) == {}
