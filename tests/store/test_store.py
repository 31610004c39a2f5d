"""What is written comes back, is chained, and can be erased but not edited."""

import importlib
import json
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from sqlalchemy import create_engine, event, select, text
from sqlalchemy.exc import DatabaseError

from audit.errors import MissingExtraError, RefusedError, StoreError
from audit.records import ReviewEvent
from audit.store import Filings, open_store, verify_store
from audit.store.engine import store_url
from audit.store.outcomes import reviews_of
from audit.store.tables import METADATA, TABLES
from tests.store.decisions import decision


def execute(url, *statements):
    """Run statements as somebody with a database client would."""
    engine = create_engine(store_url(url))
    try:
        with engine.begin() as connection:
            for statement in statements:
                connection.execute(text(statement))
    finally:
        engine.dispose()


def disarmed(url):
    """Statements that take the triggers off, as only the database's owner can."""
    if url.startswith("sqlite"):
        return ["DROP TRIGGER decisions_no_update", "DROP TRIGGER decisions_no_delete"]
    return ["DROP TRIGGER decisions_append_only ON decisions"]


def notes(store, made):
    """What reviewers wrote about a decision; ``None`` once it is erased."""
    return [each.note for each in reviews_of(store, [made.id])[made.id]]


def erasures(store):
    """What the trail says about erasures."""
    trail = TABLES["trail"].c
    with store.reading() as connection:
        query = select(trail.body).where(trail.kind == "erased").order_by(trail.seq)
        return [json.loads(body) for body in connection.execute(query).scalars()]


class TestDecisions:
    def test_round_trip(self, store):
        made = decision()
        store.record([made], ["anna"], ["A deaf teacher came."])
        (found,) = store.decisions()
        assert (found.seq, found.id, found.route) == (1, made.id, "review")
        assert found.groups == ("deaf",)
        assert found.body["label"] == "Negative"
        assert found.body["reasons"] == ["rule_applies"]
        assert found.personal["text"] == "A deaf teacher came."
        assert found.personal["explanation"]["words"] == ["deaf"]
        assert store.decision(made.id) == found
        assert store.decision("nobody") is None
        assert store.latest() == datetime(2026, 6, 1, 10, tzinfo=UTC)

    def test_nothing_personal_is_readable_in_the_file(self, tmp_path):
        path = tmp_path / "audit.db"
        with open_store(str(path)) as store:
            store.record([decision()], ["anna@example.org"], ["A deaf teacher came."])
            store.add_review(review("d", note="She called about her hearing."))
        data = b"".join(each.read_bytes() for each in tmp_path.iterdir())
        for secret in (b"deaf", b"teacher", b"anna", b"hearing"):
            assert secret not in data
        assert b"rule_applies" in data

    def test_any_text_can_be_kept(self, store):
        odd = "a\x00b \ud800 \U0001f600 'x' --"
        store.record([decision()], ["s\U0001f600"], [odd])
        (found,) = store.decisions()
        assert found.personal["text"] == odd

    def test_an_empty_store(self, store):
        assert list(store.decisions()) == []
        assert store.latest() is None
        assert verify_store(store).clean

    def test_the_same_id_twice_is_refused_and_the_rest_is_kept(self, store):
        made = decision()
        store.record([made], [None])
        with pytest.raises(StoreError, match="already"):
            store.record([decision(), made], [None, None])
        assert len(list(store.decisions())) == 1
        store.record([decision()], [None])
        assert verify_store(store).clean

    def test_many_pages_in_order(self, store):
        made = [decision(explanation=None) for _ in range(2500)]
        store.record(made, [None] * len(made))
        assert [found.id for found in store.decisions()] == [each.id for each in made]
        assert len(list(store.decisions(after=2400))) == 100

    def test_writers_at_once_in_two_stores_build_one_chain(self, url):
        with open_store(url) as first, open_store(url) as second, ThreadPoolExecutor(8) as pool:
            stores = [first, second] * 40
            list(pool.map(lambda each: each.record([decision()], ["anna"]), stores))
            found = verify_store(first)
            assert found.clean
            assert found.heads["decisions"][0] == 80
            assert all(each.groups == ("deaf",) for each in first.decisions())
            assert all(each.personal is not None for each in second.decisions())

    def test_opening_at_once_migrates_once(self, url):
        with ThreadPoolExecutor(4) as pool:
            stores = list(pool.map(lambda _: open_store(url), range(4)))
        for each in stores:
            each.record([decision()], [None])
            each.close()
        with open_store(url) as store:
            assert verify_store(store).heads["decisions"][0] == 4


def review(about, **changes):
    """A person's override."""
    values = {"id": "r1", "time": "2026-06-02T10:00:00.000+00:00", "decision_id": about,
              "reviewer": "bo", "action": "override", "label": "Positive"}  # fmt: skip
    return ReviewEvent(**(values | changes))


class TestChains:
    def test_rows_can_be_neither_changed_nor_deleted(self, store, url):
        store.record([decision()], [None])
        store.add_review(review("d"))
        store.note("note", {})
        for statement in ("UPDATE {} SET kind = 'auto'", "DELETE FROM {}"):
            for table in ("decisions", "reviews", "trail"):
                with pytest.raises(DatabaseError, match="append-only"):
                    execute(url, statement.format(table))

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            ("UPDATE decisions SET kind = 'auto' WHERE seq = 2", "decisions row 2: it was edited"),
            ("UPDATE decisions SET sha256 = previous WHERE seq = 2", "row 2: it was edited"),
            ("DELETE FROM decisions WHERE seq = 2", "decisions: rows 2 to 2 are missing"),
            ("UPDATE decisions SET tag = NULL WHERE seq = 3", "decisions row 3: it was edited"),
        ],
    )
    def test_an_edited_row_is_found(self, store, url, change, said):
        for _ in range(3):
            store.record([decision()], [None])
        assert verify_store(store).clean
        execute(url, *disarmed(url), change)
        found = verify_store(store)
        assert any(said in finding for finding in found.findings), found.findings

    def test_a_row_rewritten_with_its_hash_breaks_the_next(self, store, url):
        from audit.store.chain import row_hash

        for _ in range(3):
            store.record([decision()], [None])
        with store.reading() as connection:
            row = dict(connection.execute(TABLES["decisions"].select()).mappings().all()[1])
        row["kind"] = "auto"
        forged = "UPDATE decisions SET kind = 'auto', sha256 = '{}' WHERE seq = 2"
        execute(url, *disarmed(url), forged.format(row_hash(row)))
        assert verify_store(store).findings == [
            "decisions row 3: it does not hang on the row before"
        ]

    def test_rows_cut_off_at_the_end_are_found_by_a_kept_head(self, store, url):
        for _ in range(3):
            store.record([decision()], [None])
        heads = verify_store(store).heads
        store.record([decision()], [None])
        assert verify_store(store, heads=heads).clean
        execute(url, *disarmed(url), "DELETE FROM decisions WHERE seq > 2")
        assert verify_store(store).clean
        assert verify_store(store, heads=heads).findings == [
            "decisions: row 3 is not the one that was kept as its head"
        ]


class TestErasing:
    def test_a_subject(self, store, url):
        store.record([decision(), decision(), decision()], ["anna", "bo", "anna"], ["x"] * 3)
        assert store.erase(subject="anna") == 2
        assert [each.personal is None for each in store.decisions()] == [True, False, True]
        assert all(each.groups == ("deaf",) for each in store.decisions())
        assert verify_store(store).clean
        assert store.erase(subject="nobody") == 0
        store.record([decision()], ["anna"], ["new"])
        assert [each.personal is None for each in store.decisions()] == [True, False, True, False]

    def test_one_decision_with_the_notes_about_it(self, store):
        made = decision()
        store.record([made], [None])
        store.add_review(review(made.id, note="personal"))
        assert store.erase(decision=made.id) == 1
        assert store.decision(made.id).personal is None
        assert verify_store(store).clean

    def test_one_of_a_subjects_decisions_with_the_notes_about_it(self, store):
        made = [decision(), decision(), decision()]
        store.record(made, ["anna", "anna", "bo"], ["x"] * 3)
        for each in made:
            store.add_review(review(each.id, id=f"r {each.id}", note="personal"))
        assert store.erase(decision=made[0].id) == 1
        assert [each.personal is None for each in store.decisions()] == [True, False, False]
        assert [notes(store, each) for each in made] == [[None], ["personal"], ["personal"]]
        assert store.erase(decision=made[0].id) == 0
        assert store.erase(subject="anna") == 1  # and the other one, with its note
        assert [each.personal is None for each in store.decisions()] == [True, True, False]
        assert [notes(store, each) for each in made] == [[None], [None], ["personal"]]
        assert [note["by"] for note in erasures(store)] == ["decision", "decision", "subject"]
        assert verify_store(store).clean

    def test_what_an_earlier_version_sealed_with_one_key_is_refused(self, store, monkeypatch):
        made = [decision(), decision()]
        with monkeypatch.context() as earlier:
            earlier.setattr("audit.store.store.within", lambda subject_name, _: subject_name)
            for each in made:
                store.record([each], ["anna"], ["x"])
        store.add_review(review(made[0].id, note="personal"))
        with pytest.raises(RefusedError, match="one key for all decisions"):
            store.erase(decision=made[0].id)
        assert all(each.personal is not None for each in store.decisions())
        assert Filings(store).pseudonym_of(made[0].id) == store.pseudonym("anna")
        other = decision()
        store.record([other], ["bo"])
        store.add_review(review(other.id, id="r2", note="personal"))
        assert store.erase(subject="anna") == 3  # and the note, which had a key of its own
        assert [each.personal is None for each in store.decisions()] == [True, True, False]
        assert notes(store, made[0]) == [None]
        assert notes(store, other) == ["personal"]
        assert store.erase(decision=made[0].id) == 0

    def test_a_decision_that_is_not_there_is_an_error(self, store):
        with pytest.raises(RefusedError, match="there is no decision d"):
            store.erase(decision="d")

    def test_the_key_is_gone_from_the_file(self, tmp_path):
        path = tmp_path / "audit.db"
        with open_store(str(path)) as store:
            made = decision()
            store.record([made], [None])
            with sqlite3.connect(path) as connection:
                query = "SELECT secret FROM keys WHERE id LIKE 'decision:%'"
                (secret,) = connection.execute(query).fetchone()
            connection.close()
            store.erase(decision=made.id)
            data = b"".join(each.read_bytes() for each in tmp_path.iterdir())
            assert secret not in data

    def test_give_one_of_the_two(self, store):
        for given in ({}, {"subject": "a", "decision": "b"}):
            with pytest.raises(ValueError, match="subject or a decision"):
                store.erase(**given)

    def test_retention(self, store):
        old, new = "2026-05-01T10:00:00.000+00:00", "2026-06-01T10:00:00.000+00:00"
        store.record([decision(time=old)], [None])
        store.record([decision(time=new)], [None])
        now = datetime(2026, 6, 2, tzinfo=UTC)
        assert store.retain(tag_days=7, personal_days=90, now=now) == (1, 0)
        assert [each.groups for each in store.decisions()] == [None, ("deaf",)]
        assert store.retain(tag_days=7, personal_days=20, now=now) == (0, 1)
        assert [each.personal is None for each in store.decisions()] == [True, False]
        found = verify_store(store)
        assert found.clean
        assert found.heads["trail"][0] == 2


class TestOpening:
    @pytest.mark.parametrize(
        "where", ["mysql://x/y", "sqlite://", "http://[", "sqlite:///:memory:"]
    )
    def test_what_is_no_store(self, where):
        with pytest.raises(StoreError):
            open_store(where)

    def test_a_folder_that_is_not_there(self, tmp_path):
        with pytest.raises(StoreError, match="cannot be opened"):
            open_store(str(tmp_path / "none" / "audit.db"))

    def test_a_file_that_is_no_database(self, tmp_path):
        path = tmp_path / "audit.db"
        path.write_text("this is a letter, and no database at all\n" * 50)
        with pytest.raises(StoreError, match="not a database"):
            open_store(str(path))

    def test_a_newer_store(self, url):
        open_store(url).close()
        execute(url, "UPDATE alembic_version SET version_num = '9999'")
        with pytest.raises(StoreError, match="newer version"):
            open_store(url)

    def test_a_closed_store_refuses_and_connects_no_more(self, url):
        store = open_store(url)
        store.close()
        store.close()
        connected = []
        event.listen(store._engine, "connect", lambda *_: connected.append(True))
        for use in (
            lambda: store.record([decision()], [None]),
            lambda: store.record([decision()], ["anna"]),
            lambda: store.add_review(review("d", note="Called.")),
            lambda: store.note("note", {}),
            lambda: store.erase(decision="d"),
            lambda: store.retain(tag_days=1, personal_days=1),
            store.latest,
            lambda: list(store.decisions()),
            lambda: verify_store(store),
        ):
            with pytest.raises(StoreError, match="closed"):
                use()
        assert connected == []

    def test_a_server_that_is_not_there(self):
        with pytest.raises(StoreError, match="cannot be opened") as caught:
            open_store("postgresql://nobody:secret@127.0.0.1:1/none", timeout=1)
        assert "secret" not in str(caught.value)

    def test_no_thread_is_left(self, url):
        before = set(threading.enumerate())
        store = open_store(url)
        new = {each for each in set(threading.enumerate()) - before if each.name == "audit-store"}
        assert len(new) == 1
        store.close()
        assert not any(each.is_alive() for each in new)


def test_the_migrations_make_the_tables_that_the_code_uses(url):
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    for room in ("state_tables", "monitor_tables"):  # each adds its tables when it is imported
        importlib.import_module(f"audit.store.{room}")
    open_store(url).close()
    engine = create_engine(store_url(url))
    with engine.connect() as connection:
        found = compare_metadata(MigrationContext.configure(connection), METADATA)
        assert found == []
    engine.dispose()


def test_the_driver_is_an_extra(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(MissingExtraError, match="psycopg"):
        open_store("postgresql://x@127.0.0.1/none")
