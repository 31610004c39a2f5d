"""Items to review."""

import uuid
from datetime import UTC, datetime, timedelta

from audit.review.claims import take_next
from audit.review.labelling import decide, label_blind
from audit.review.settings import change_settings
from tests.store.decisions import decision

CHOICES = ("Positive", "Negative")


def ago(**length):
    """A time before now, as decisions carry it."""
    return (datetime.now(UTC) - timedelta(**length)).isoformat(timespec="milliseconds")


def waiting(store, count=1, *, hours=0.0, **changes):
    """Record decisions that wait for a person; return their ids, oldest first."""
    made = [
        decision(id=uuid.uuid4().hex, time=ago(hours=hours, minutes=count - n), **changes)
        for n in range(count)
    ]
    store.record(made, [None] * count, [f"A deaf teacher came, {n}." for n in range(count)])
    return [each.id for each in made]


def never_twice(store, every=256):
    """Let hardly any item be labelled by a second person."""
    change_settings(store, by="test", double_every=every)


def review(store, account, action="keep", *, blind="Negative", label=None, note="", held=None):
    """Take the next item and decide it."""
    held = held or take_next(store, account)
    label_blind(store, held.token, account, blind, CHOICES)
    decide(store, held.token, account, action, label=label, choices=CHOICES, note=note)
    return held
