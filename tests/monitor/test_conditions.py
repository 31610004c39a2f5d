"""Silence, an expired audit, an overdue queue and errors of the guard raise alarms, and end."""

from datetime import timedelta

import pytest

from audit.monitor import build_dashboard, change_settings, look
from audit.monitor.intake import Intake, Tally
from tests.monitor.events import START, decision, review


def take(store, events, now):
    tally = Tally()
    Intake(store, now=lambda: now).take(((str(n), e) for n, e in enumerate(events)), tally)
    assert tally.rejected == 0


def day(number, hour=18):
    return START + timedelta(days=number, hours=hour)


def raised(store, now):
    return [(alarm.kind, alarm.text) for alarm in look(store, now=now)]


def cleared(store, now):
    return [alarm.cleared is not None for alarm in build_dashboard(store, now=now).alarms]


def test_silence(store):
    take(store, [decision(n) for n in range(30)], day(0))
    assert raised(store, START + timedelta(days=2, hours=8)) == []
    ((kind, text),) = raised(store, START + timedelta(days=2, hours=10))
    assert (kind, text) == ("silence", "No decision has come in since 2026-01-05 09:00 UTC.")
    assert raised(store, day(2)) == []  # told once
    take(store, [decision(100, day=3)], day(3))
    assert raised(store, day(3)) == []
    assert cleared(store, day(3)) == [True]


def test_an_expired_audit(store):
    change_settings(store, expires="2026-01-07T00:00:00")
    take(store, [decision(n, day=n) for n in range(3)], day(2))
    assert raised(store, day(1)) == []
    ((kind, text),) = raised(store, day(2))
    assert (kind, text) == ("expired", "The audit behind the guard expired on 2026-01-07.")


@pytest.mark.parametrize(("waiting", "words"), [(1, "1 decision waits"), (3, "3 decisions wait")])
def test_an_overdue_queue(store, waiting, words):
    asked = [decision(n, route="review") for n in range(waiting + 1)]
    take(store, [*asked, review(waiting, day=1), decision(99, day=3)], day(3))
    assert raised(store, START + timedelta(days=3, hours=8)) == []
    ((kind, text),) = raised(store, START + timedelta(days=3, hours=10))
    assert (kind, text) == ("overdue", f"{words} for a person for more than 72 hours.")
    take(store, [review(n, day=3) for n in range(waiting)], day(3))
    look(store, now=day(3))
    assert cleared(store, day(3)) == [True]


@pytest.mark.parametrize(
    ("failed", "of", "expected"),
    [
        (2, 100, [("errors", "2% of the decisions since yesterday failed in the guard or the "
                   "classifier.")]),
        (1, 100, []),  # no more than the limit of one percent
        (5, 19, []),  # too few to say
    ],
)  # fmt: skip
def test_errors_of_the_guard(store, failed, of, expected):
    events = [
        decision(n, label=None, reasons=["guard_error"]) if n < failed else decision(n)
        for n in range(of)
    ]
    take(store, events, day(0))
    assert raised(store, day(0)) == expected
