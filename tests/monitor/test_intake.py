"""Whatever comes twice, late, out of order or half: each event counts once."""

import json
from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sqlalchemy import select

from audit.errors import ConfigError
from audit.monitor import build_dashboard, change_settings
from audit.monitor.files import ingest
from audit.monitor.intake import Intake, Tally, expire
from audit.store.monitor_tables import COUNTS, DECISIONS
from tests.monitor.events import START, decision, review, sent

NOW = START + timedelta(days=20)


def clock():
    return NOW


def take(store, events, now=clock):
    tally = Tally()
    Intake(store, now=now).take(((str(n), e) for n, e in enumerate(events)), tally)
    return tally


def counted(store):
    with store.reading() as connection:
        rows = connection.execute(select(COUNTS)).mappings().all()
    rows = sorted(rows, key=lambda row: (row["day"], row["tags"]))
    return [{k: v for k, v in row.items() if v or k == "tags"} for row in rows]


def health(store):
    return build_dashboard(store, now=NOW).health.counters


MIXED = [
    *(decision(n, groups=("deaf",) if n % 3 else ("blind", "deaf"), day=n % 9,
               label="Negative" if n % 4 == 0 else "Positive", route="review" if n % 2 else "auto")
      for n in range(60)),
    *(review(n, day=n % 9 + 1, action="override" if n % 5 == 0 else "keep")
      for n in range(1, 60, 2)),
    *(sent(n, of=n, day=10) for n in range(8)),
    *(sent(n, of=n, day=12, action="overturned" if n % 2 else "rejected") for n in range(8)),
    sent(99, event="feedback", day=3), sent(98, event="opt_out", day=3),
    decision(100, groups=(), label=None, reasons=["no_label"]),
    decision(101, groups=(), label=None, reasons=["guard_error"]),
    decision(102, groups=(), label=None, reasons=["opt_out"]),
]  # fmt: skip


def test_what_is_counted(any_store):
    tally = take(any_store, [
        decision(1, label="Negative", route="review"), decision(2, groups=("deaf", "blind")),
        review(1, action="override", hour=15), review(2, action="escalate"),
        sent(1, of=1), sent(1, of=1, action="overturned", day=1),
        decision(3, groups=(), label=None, reasons=["no_label"], day=1),
    ])  # fmt: skip
    assert (tally.taken, tally.duplicates, tally.rejected) == (7, 0, 0)
    monday, tuesday = "2026-01-05", "2026-01-06"
    assert counted(any_store) == [
        {"day": monday, "tags": "blind|deaf", "decisions": 1, "answered": 1},
        {"day": monday, "tags": "deaf", "decisions": 1, "answered": 1, "unfavourable": 1,
         "routed": 1, "reviews": 1, "overrides": 1, "appeals": 1, "delay_hours": 6.0,
         "delay_square": 36.0},
        {"day": tuesday, "tags": "", "decisions": 1, "unparsed": 1},
        {"day": tuesday, "tags": "deaf", "appeals_decided": 1, "upheld": 1},
    ]  # fmt: skip


def test_order_copies_and_batches_change_nothing(any_store, tmp_path):
    from audit.store import open_store

    take(any_store, MIXED)
    rng = np.random.default_rng(1)
    twice = [*MIXED, *(MIXED[n] for n in rng.choice(len(MIXED), 50, replace=False))]
    shuffled = [twice[n] for n in rng.permutation(len(twice))]
    with open_store(str(tmp_path / "other.db"), timeout=60) as other:
        change_settings(other, unfavourable=("Negative",))
        tallies = [take(other, shuffled[at : at + 7]) for at in range(0, len(shuffled), 7)]
        one, two = counted(any_store), counted(other)
        assert sum(t.taken for t in tallies) == len(MIXED)
        assert sum(t.duplicates for t in tallies) == 50
        assert build_dashboard(other, now=NOW).waiting == 0
    assert [{k: pytest.approx(v) for k, v in row.items()} for row in one] == two


def test_a_review_before_its_decision_waits_for_it(any_store):
    take(any_store, [review(1)])
    assert health(any_store)["unmatched"] == 1
    take(any_store, [decision(1, route="review")])
    assert health(any_store)["unmatched"] == 0
    assert build_dashboard(any_store, now=NOW).waiting == 0
    assert counted(any_store)[0]["reviews"] == 1


def test_the_same_id_with_another_content_is_told(store):
    take(store, [decision(1)])
    take(store, [decision(1, label="Negative")])
    assert health(store)["conflicting"] == 1
    assert "unfavourable" not in counted(store)[0]


def test_a_clock_that_is_ahead(store):
    take(store, [decision(1, day=400)])
    assert counted(store)[0]["day"] == NOW.date().isoformat()
    shown = build_dashboard(store, now=NOW).health
    assert shown.counters["ahead"] == 1
    assert any("clocks" in problem for problem in shown.problems)


def test_late_events_count_and_are_told(store):
    take(store, [decision(1, day=19)])
    take(store, [decision(2, day=1)])
    assert [row["day"] for row in counted(store)] == ["2026-01-06", "2026-01-24"]
    assert health(store)["late"] == 1


def test_a_flood_of_appeals_by_one_sender(any_store):
    flood = [sent(n, of=1, sender="one") for n in range(100)]
    answers = [sent(n, of=1, sender="one", action="rejected", day=1) for n in range(100)]
    take(any_store, [decision(1), decision(2), *flood, sent(200, of=2, sender="other")])
    take(any_store, answers)
    take(any_store, flood)
    first, second = counted(any_store)
    assert first["appeals"] == 21
    assert second["appeals_decided"] == 20
    assert health(any_store)["flooded"] == 80


def test_groups_expire_and_counts_stay(any_store):
    take(any_store, [decision(1, label="Negative"), decision(2, day=15)])
    before = counted(any_store)
    assert expire(any_store, tag_days=10, now=NOW) == 1
    with any_store.reading() as connection:
        rows = connection.execute(select(DECISIONS.c.tags, DECISIONS.c.time)).all()
    assert sorted(row.tags is None for row in rows) == [False, True]
    assert counted(any_store) == before
    take(any_store, [decision(1, label="Negative"), review(1)])
    assert health(any_store)["expired_tag"] == 1
    assert [row["tags"] for row in counted(any_store) if "reviews" in row] == ["?"]


def test_a_group_that_is_renamed(store):
    change_settings(store, groups={"deaf": "Deaf people"})
    take(store, [decision(n, day=n) for n in range(4)])
    take(store, [decision(n, groups=("hard-of-hearing",), day=n) for n in range(4, 20)])
    shown = build_dashboard(store, now=NOW)
    assert shown.health.unknown_groups == ("hard-of-hearing",)
    assert shown.health.silent_groups == ("deaf",)
    assert any("renamed" in problem for problem in shown.health.problems)
    change_settings(store, groups={"hard-of-hearing": "Hard of hearing"},
                    renamed={"deaf": "hard-of-hearing"})  # fmt: skip
    shown = build_dashboard(store, now=NOW)
    assert [group.id for group in shown.groups] == ["hard-of-hearing"]
    assert shown.health.unknown_groups == shown.health.silent_groups == ()
    assert shown.health.decisions == 20


@pytest.mark.parametrize(
    ("event", "why"),
    [
        ([], "object"), ({"id": "x"}, "time"), (decision(1) | {"time": "yesterday"}, "ISO"),
        (decision(1) | {"id": ""}, "id must"), (decision(1) | {"id": 5}, "id must"),
        (decision(1) | {"id": "x" * 201}, "id must"), (decision(1) | {"text": "secret"}, "unknown"),
        (decision(1) | {"time": "1970-01-01"}, "2000"), (decision(1) | {"event": "x"}, "one of"),
        (decision(1) | {"event": ["x"]}, "one of"), (decision(1) | {"groups": 3}, "groups"),
        (decision(1) | {"groups": ["g"] * 65}, "groups"), (decision(1) | {"score": "a"}, "score"),
        (decision(1) | {"reasons": [1]}, "reasons"), (decision(1) | {"route": "x"}, "route"),
        (decision(1) | {"schema_version": 2}, "schema_version"),
        (decision(1) | {"unfavourable": "maybe"}, "unfavourable"),
        (review(1) | {"action": "x"}, "action"), (review(1) | {"decision_id": None}, "decision_id"),
        (sent(1) | {"action": "x"}, "action"),
        (sent(1, action="rejected") | {"filing_id": None}, "filing_id"),
        (decision(1) | {"time": "9999-12-31T23:59:59-12:00"}, ""),
    ],
)  # fmt: skip
def test_events_that_cannot_be_counted_say_why(store, event, why):
    tally = take(store, [event, decision(7)])
    if why:
        assert tally.rejected == 1
        assert why in tally.messages[0]
        assert "secret" not in tally.messages[0]
    assert tally.taken >= 1


def test_an_odd_group_name_counts_for_everyone_only(store):
    take(store, [decision(1, groups=("a|b",)), decision(2, groups=("\x1b[31m",))])
    assert [row["tags"] for row in counted(store)] == ["?"]
    assert health(store)["unknown_group"] == 2


def test_answers_that_nobody_rated(store):
    change_settings(store, unfavourable=())
    take(store, [decision(1), decision(2, label=None, score=0.2)])
    assert health(store)["unrated"] == 2
    assert "answered" not in counted(store)[0]
    change_settings(store, unfavourable_below=0.5)
    take(store, [decision(3, label=None, score=0.2), decision(4, label=None, score=0.9)])
    assert (counted(store)[0]["answered"], counted(store)[0]["unfavourable"]) == (2, 1)


class TestFiles:
    def test_three_formats_say_the_same(self, any_store, jsonl, tmp_path):
        events = [e for e in MIXED if e["event"] == "decision"][:50]
        found = []
        ingest(any_store, jsonl(events), now=clock)
        found.append(counted(any_store))
        table = tmp_path / "events.csv"
        lines = ["event,id,time,groups,label,route"]
        lines += [f"decision,csv-{e['id']},{e['time']},{'|'.join(e['groups'])},{e['label'] or ''},"
                  f"{e['route']}" for e in events]  # fmt: skip
        table.write_text("\n".join(lines) + "\n")
        assert ingest(any_store, table, now=clock).taken == 50
        found.append(counted(any_store))
        columns = {name: [e[name] for e in events] for name in ("time", "groups", "label", "route")}
        columns["time"] = [datetime.fromisoformat(moment) for moment in columns["time"]]
        columns["id"] = [f"pq-{e['id']}" for e in events]
        pq.write_table(pa.table(columns), tmp_path / "events.parquet", row_group_size=20)
        assert ingest(any_store, tmp_path / "events.parquet", now=clock).taken == 50
        found.append(counted(any_store))
        for times, rows in enumerate(found[1:], 2):
            assert [
                {k: v // times if isinstance(v, int) else v for k, v in row.items()} for row in rows
            ] == found[0]

    def test_a_file_counts_once_and_grows(self, store, jsonl):
        path = jsonl(MIXED)
        assert ingest(store, path, now=clock).taken == len(MIXED)
        before = counted(store)
        again = ingest(store, path, now=clock)
        assert (again.taken, again.duplicates) == (0, len(MIXED))
        assert counted(store) == before
        with path.open("a") as stream:
            stream.write(json.dumps(decision(500)) + "\n")
        assert ingest(store, path, now=clock).taken == 1
        sources = build_dashboard(store, now=NOW).health.sources
        assert sources == (
            ("events.jsonl", len(MIXED), True),
            ("events.jsonl", len(MIXED) + 1, True),
        )

    @pytest.mark.parametrize("end", [10, -20])
    def test_half_a_file(self, store, jsonl, end):
        path = jsonl(MIXED)
        whole = path.read_bytes()
        path.write_bytes(whole[:end])
        tally = ingest(store, path, now=clock)
        assert tally.cut_off
        assert "middle" in tally.messages[-1]
        assert any("to its end" in problem for problem in
                   build_dashboard(store, now=NOW).health.problems)  # fmt: skip
        path.write_bytes(whole)
        assert not ingest(store, path, now=clock).cut_off
        assert not any("to its end" in problem for problem in
                       build_dashboard(store, now=NOW).health.problems)  # fmt: skip
        assert sum(row.get("decisions", 0) for row in counted(store)) == 63

    def test_half_a_parquet_or_csv_file(self, store, tmp_path):
        table = pa.table({"id": [f"d{n}" for n in range(100)], "time": [START] * 100})
        pq.write_table(table, tmp_path / "events.parquet")
        whole = (tmp_path / "events.parquet").read_bytes()
        (tmp_path / "events.parquet").write_bytes(whole[: len(whole) // 2])
        with pytest.raises(ConfigError, match="whole Parquet"):
            ingest(store, tmp_path / "events.parquet")
        (tmp_path / "events.csv").write_text("id,time,label\nd1,2026-01-05,Positive\nd2,2026")
        tally = ingest(store, tmp_path / "events.csv", now=clock)
        assert (tally.taken, tally.cut_off) == (1, True)

    def test_lines_that_say_nothing(self, store, tmp_path):
        path = tmp_path / "events.jsonl"
        good = json.dumps(decision(1)).encode()
        path.write_bytes(b"\n".join([b"{", b"\xff", b"", b"[" * 100_000, good, b"1", b""]))
        tally = ingest(store, path, now=clock)
        assert (tally.taken, tally.rejected) == (1, 5)
        assert "row 1" in tally.messages[0]

    def test_a_line_without_end(self, store, tmp_path):
        path = tmp_path / "events.jsonl"
        path.write_bytes(b'"' + b"x" * 3_000_000 + b'"\n' + json.dumps(decision(1)).encode())
        tally = ingest(store, path, now=clock)
        assert (tally.taken, tally.rejected) == (1, 1)

    def test_files_that_are_none(self, store, tmp_path):
        for name in ("events.txt", "none.jsonl", "events"):
            with pytest.raises(ConfigError):
                ingest(store, tmp_path / name)
        (tmp_path / "empty.csv").write_text("")
        with pytest.raises(ConfigError, match="first line"):
            ingest(store, tmp_path / "empty.csv")


def test_now_is_utc(store):
    take(store, [decision(1)], now=None)
    assert counted(store)[0]["day"] <= datetime.now(UTC).date().isoformat()


def test_what_the_guard_and_people_wrote_into_the_store_counts_once(store):
    from audit.monitor.collect import collect
    from tests.store.decisions import decision as decided
    from tests.store.test_store import review as reviewed

    made = [decided(), decided(route="auto", label="Positive"), decided(groups=())]
    store.record(made, [None] * 3)
    store.add_review(reviewed(made[0].id, note="She called."))
    assert collect(store).taken == 4
    before = counted(store)
    assert collect(store).taken == 0
    store.record([decided()], [None])
    assert collect(store).taken == 1
    after = counted(store)
    assert (before[1]["decisions"], after[1]["decisions"]) == (2, 3)
    assert sum(row.get("reviews", 0) for row in after) == 1
    assert build_dashboard(store).health.counters["duplicates"] == 0
