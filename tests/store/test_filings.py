"""The chain of what people sent: sealed, erasable with the decision, its subject, or alone."""

import uuid
from concurrent.futures import ThreadPoolExecutor

import jsonschema
import pytest
from alembic import command
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DatabaseError

from audit.appeals import appeal, opt_out
from audit.oversight.references import id_of, reference_of
from audit.store import Filing, Filings, event_schema, events, open_store, verify_store
from audit.store.engine import store_url
from audit.store.open import alembic_config
from tests.store.decisions import decision


def filing(filings, about=None, **changes):
    """An appeal against a decision."""
    identity = uuid.uuid4().hex
    values = {
        "id": identity, "time": "2026-06-02T10:00:00.000+00:00", "kind": "appeal", "about": about,
        "body": {"filing": "appeal", "filing_id": identity, "decision_id": about,
                 "action": "filed", "label": None},
        "personal": {"text": "I called about my hearing."},
        "under": filings.key_for(identity, about),
    }  # fmt: skip
    return Filing(**(values | changes))


def test_what_was_sent_comes_back_and_is_chained(store, url):
    filings, made = Filings(store), decision()
    store.record([made], ["anna"])
    sent = filing(filings, made.id)
    filings.add(sent)
    (found,) = filings.about(made.id)
    assert (found.personal, found.body, found.seq) == (sent.personal, sent.body, 1)
    assert filings.get(sent.id) == found
    assert [each.id for each in filings.sent()] == [sent.id]
    assert verify_store(store).heads["appeals"][0] == 1
    engine = create_engine(store_url(url))
    for statement in ("UPDATE appeals SET kind = 'x'", "DELETE FROM appeals"):
        with pytest.raises(DatabaseError, match="append-only"), engine.begin() as connection:
            connection.execute(text(statement))
    engine.dispose()


@pytest.mark.parametrize("whose", ["subject", "decision", "decision of a subject", "alone"])
def test_it_is_erased_with_its_subject_with_its_decision_or_alone(store, whose):
    filings, made, other = Filings(store), decision(), decision()
    subject = None if whose == "decision" else "anna"
    store.record([made, other], [subject, subject])
    sent, kept = filing(filings, made.id), filing(filings)
    filings.add(sent)
    filings.add(kept)
    if whose == "alone":
        filings.erase(sent)
        assert store.decision(made.id).personal is not None
    else:
        store.erase(**({"subject": "anna"} if whose == "subject" else {"decision": made.id}))
        assert store.decision(made.id).personal is None
    assert filings.get(sent.id).personal is None
    assert filings.get(kept.id).personal == sent.personal
    assert verify_store(store).clean


def test_its_time_is_over_with_that_of_what_is_personal(store):
    filings = Filings(store)
    sent = filing(filings)
    filings.add(sent)
    assert store.retain(tag_days=30, personal_days=36_500) == (0, 0)
    assert filings.get(sent.id).personal is not None
    assert store.retain(tag_days=30, personal_days=0)[1] == 1
    assert filings.get(sent.id).personal is None


def test_events_of_what_was_sent_say_nothing_personal(store):
    filings, made = Filings(store), decision()
    store.record([made], ["anna"])
    filings.add(filing(filings, made.id))
    found = list(events(store))
    for event in found:
        jsonschema.validate(event, event_schema())
    assert [each["event"] for each in found] == ["decision", "appeal"]
    assert (found[1]["decision_id"], found[1]["action"]) == (made.id, "filed")
    assert "hearing" not in str(found)


def test_a_store_of_the_first_revision_is_brought_up_to_date(url):
    engine = create_engine(store_url(url))
    with engine.begin() as connection:
        command.upgrade(alembic_config(connection), "0001")
        connection.execute(text("INSERT INTO keys VALUES ('store', :s, 'then')"), {"s": b"s" * 32})
    engine.dispose()
    with open_store(url) as store:
        store.record([decision()], ["anna"])
        filings = Filings(store)
        filings.add(filing(filings))
        assert verify_store(store).heads["appeals"][0] == 1
        assert store.keys.own_secret() == b"s" * 32


def test_the_reference_of_a_decision_is_nowhere_in_the_store(tmp_path):
    with open_store(str(tmp_path / "audit.db")) as store:
        url = "https://example.org/decision/ABCDEF-ABCDEF-ABCDEF"
        made = decision(reference="ABCDEF-ABCDEF-ABCDEF", appeal_url=url)
        store.record([made], [None])
        found = store.decision(made.id)
        assert found.body["appeal_url"] == "https://example.org/decision/{reference}"
    assert b"ABCDEF" not in b"".join(each.read_bytes() for each in tmp_path.iterdir())


def test_the_same_sent_by_many_at_once_is_written_once(url):
    with open_store(url) as first, open_store(url) as second, ThreadPoolExecutor(8) as pool:
        code = reference_of(bytes(10))
        first.record([decision(id=id_of(code))], ["anna"])
        sent = list(
            pool.map(lambda store: appeal(store, decision=code, text="x"), [first, second] * 20)
        )
        assert len({each.reference for each in sent}) == 1
        assert sum(not each.again for each in sent) == 1
        found = verify_store(first)
        assert found.clean
        assert found.heads["appeals"][0] == 1
        opt_out(second, decision=code)
        assert first.opted_out(["anna", "bo"]) == {"anna"}
