"""Decisions and reviews as events."""

import jsonschema

from audit.store import event_schema, events
from tests.store.decisions import decision
from tests.store.test_store import review


def test_events_keep_their_schema_and_say_nothing_personal(store):
    made = decision()
    store.record([made, decision(route="auto")], ["anna", None], ["A deaf teacher came.", None])
    store.add_review(review(made.id, note="She called."))
    found = list(events(store))
    for event in found:
        jsonschema.validate(event, event_schema())
    assert [event["event"] for event in found] == ["decision", "decision", "review"]
    assert found[0]["groups"] == ["deaf"]
    assert found[2]["decision_id"] == made.id
    assert not any(word in str(found) for word in ("teacher", "anna", "called"))
    assert [event["seq"] for event in events(store, after=1)] == [2, 1]
