"""Rounds: what the guard wrote is counted, looked at and told, again and again."""

import json
import threading
import time

from audit.monitor import change_settings, rounds
from audit.monitor.rounds import watch_round, watching
from audit.monitor.settings import follow_policy
from audit.monitor.webhooks import Receiver, delivery_counts
from audit.store import open_store
from tests.monitor.inbox import Inbox
from tests.monitor.test_webhooks import SECRET
from tests.store.decisions import decision
from tests.unit.oversight.test_guard import policy


def test_what_the_guard_wrote_is_counted_once(tmp_path):
    with open_store(str(tmp_path / "s.db")) as store:
        store.record([decision() for _ in range(30)], [None] * 30)
        for _ in range(3):
            watch_round(store)
        assert rounds.build_dashboard(store).health.decisions == 30


def test_a_round_that_fails_is_said_and_ends_nothing(tmp_path):
    said, twice = [], threading.Event()

    def hear(what):
        said.append(what)
        if len(said) > 1:
            twice.set()

    store = open_store(str(tmp_path / "s.db"))
    store.close()
    done = []
    with watching(store, every=0.01, said=hear, also={"counting": lambda: done.append(1)}):
        assert twice.wait(20)
    assert "the monitor's round failed: the store is closed" in said[0]
    assert done


def test_an_alarm_is_told_and_a_receiver_that_is_down_delays_no_end(tmp_path):
    inbox = Inbox()
    up = Receiver(name="up", url=inbox.url, secret=SECRET)
    down = Receiver(name="down", url="http://127.0.0.1:9/hook", secret=SECRET)
    with open_store(str(tmp_path / "s.db")) as store:
        change_settings(store, expires="2020-01-01T00:00:00+00:00")
        store.record([decision()], [None])
        started = time.monotonic()
        with watching(store, [up, down], every=3600, said=lambda _: None):
            while len(inbox.got) < 3 and time.monotonic() - started < 30:
                time.sleep(0.05)
        assert time.monotonic() - started < 30
        counts = delivery_counts(store)
    inbox.close()
    kinds = {json.loads(body)["data"]["kind"] for _, body in inbox.got}
    assert kinds == {"expired", "overdue", "silence"}
    assert counts["delivered"] == 3


def test_the_policy_says_what_nobody_set(tmp_path):
    with open_store(str(tmp_path / "s.db")) as store:
        found = follow_policy(store, policy())
        assert found.expires == policy().expires.isoformat()
        assert "deaf" in found.groups
        assert found.unfavourable == ("Negative",)
        change_settings(store, unfavourable=("Rejected",), expires="2020-01-01T00:00:00+00:00")
        again = follow_policy(store, policy())
        assert (again.unfavourable, again.expires) == (("Rejected",), found.expires)
