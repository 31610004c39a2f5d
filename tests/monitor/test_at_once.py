"""Two processes look and tell at the same moment: every alarm is raised once and told once."""

import json
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import chain

import pytest
from sqlalchemy import select

from audit.monitor import change_settings
from audit.monitor.history import KIND
from audit.monitor.webhooks.turn import Turn
from audit.store import open_store, verify_store
from audit.store.tables import TABLES
from tests.monitor.inbox import Inbox
from tests.monitor.test_webhooks import SECRET
from tests.store.decisions import decision

# Each waits for the other once it has seen what is wrong, so that both would raise it.
LOOK = """
import json, sys, time
from pathlib import Path
from audit.monitor.rounds import watch_round
from audit.monitor.webhooks import Receiver
from audit.store import open_store
url, folder, own, hook, secret = sys.argv[1:]
room = sys.modules["audit.monitor.look"]  # the package has a function of that name
seen = room.look_at
def together(store, now):
    found = seen(store, now)
    Path(folder, own).touch()
    until = time.monotonic() + 60
    while len(list(Path(folder).glob("ready-*"))) < 2 and time.monotonic() < until:
        time.sleep(0.005)
    return found
room.look_at = together
with open_store(url) as store:
    done = watch_round(store, [Receiver(name="up", url=hook, secret=secret)])
print(json.dumps([alarm.id for alarm in done.raised]))
"""


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_two_processes_raise_and_tell_every_alarm_once(kind, tmp_path, request):
    url = str(tmp_path / "audit.db")
    if kind == "postgresql":
        url = request.getfixturevalue("postgres").new_database()
    with open_store(url) as store:
        change_settings(store, expires="2020-01-01T00:00:00+00:00")
        store.record([decision()], [None])
    inbox = Inbox()
    inbox.answers_after = 0.1
    both = [
        subprocess.Popen(
            [sys.executable, "-c", LOOK, url, tmp_path, f"ready-{n}", inbox.url, SECRET],
            stdout=subprocess.PIPE, text=True,
        )
        for n in range(2)
    ]  # fmt: skip
    raised = [json.loads(process.communicate(timeout=120)[0]) for process in both]
    inbox.close()
    kinds = {"expired.1", "overdue.1", "silence.1"}
    assert Counter(chain(*raised)) == dict.fromkeys(kinds, 1)
    told = Counter(json.loads(body)["data"]["kind"] for _, body in inbox.got)
    assert told == {"expired": 1, "overdue": 1, "silence": 1}
    trail = TABLES["trail"].c
    with open_store(url) as store:
        with store.reading() as connection:
            rows = connection.execute(select(trail.body).where(trail.kind == KIND)).scalars()
            written = Counter(json.loads(row)["id"] for row in rows)
        assert written == dict.fromkeys(kinds, 1)
        assert verify_store(store).clean


def test_a_turn_is_for_one_until_it_ends_or_its_time_is_over(any_store):
    moment = datetime(2026, 6, 1, tzinfo=UTC)
    first = Turn(any_store, lambda: moment)
    second = Turn(any_store, lambda: moment + timedelta(minutes=9))
    third = Turn(any_store, lambda: moment + timedelta(minutes=19))
    assert (first.take(), first.take(), second.take()) == (True, True, False)
    second.end()  # it is not theirs to end
    assert not second.take()
    first.end()
    assert second.take()
    assert third.take()  # the second was killed, or took too long
    assert not second.take()
