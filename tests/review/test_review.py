"""The queue, locks, blind labels, disputes, known items, settings."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from audit.errors import ConfigError, RefusedError
from audit.review import claims as claims_module
from audit.review.claims import claim, claims_of, release, take, take_next
from audit.review.known import KnownItem, add_known, read_known, waved_through
from audit.review.labelling import decide, dispute, item, label_blind
from audit.review.masking import without_slurs
from audit.review.queue import counts, is_doubled, listed, queue_of
from audit.review.retention import held, last_retained, retain, retain_daily
from audit.review.settings import ReviewSettings, change_settings, settings, start, stop, stopped
from audit.review.settled import settled
from audit.store import events, verify_store
from audit.store.outcomes import outcome, reviews_of
from audit.store.state_tables import CLAIMS, KNOWN_RESULTS
from audit.store.tables import TABLES
from tests.review.items import CHOICES, ago, never_twice, review, waiting

BOTH = pytest.mark.parametrize("url", ["sqlite", "postgresql"], indirect=True)


def state(store, identity):
    """Where an item stands."""
    found = outcome(reviews_of(store, [identity]).get(identity, []))
    return found.state, found.label


def single(store, count=1, **more):
    """Items that need one person only."""
    never_twice(store)
    made = []
    while len(made) < count:
        made += [each for each in waiting(store, **more) if not is_doubled(each, settings(store))]
    return made


@BOTH
class TestQueue:
    def test_the_oldest_first_and_nothing_that_is_left_to_the_classifier(self, store):
        first, second = single(store, 2, hours=2)
        waiting(store, route="auto", would_route="auto")
        assert [each.id for each in listed(store, "waiting", "bo")] == [first, second]
        assert take_next(store, "bo").item == first
        assert take_next(store, "ana").item == second
        assert take_next(store, "eve") is None

    def test_counts_and_views(self, store):
        never_twice(store)
        waiting(store, 2)
        (late,) = waiting(store, hours=49)
        held = take_next(store, "bo")
        seen = counts(store, "bo")
        assert (seen.mine, seen.waiting, seen.overdue, seen.disputed, seen.taken) == (1, 3, 1, 0, 1)
        assert [each.id for each in listed(store, "overdue", "bo")] == [late]
        assert [each.id for each in listed(store, "mine", "bo")] == [held.item]
        assert listed(store, "mine", "ana") == []
        change_settings(store, by="x", due_hours=1000)
        assert counts(store, "bo").overdue == 0


@pytest.mark.parametrize(("reasons", "queue"), [
    (["opt_out"], "asked"), (["stopped", "rule_applies"], "asked"),
    (["rule_applies", "policy_edited"], "rules"), (["classifier_error"], "faults"), ([], "faults"),
])  # fmt: skip
def test_the_decisive_reason_names_the_queue(reasons, queue):
    assert queue_of(reasons) == queue


@BOTH
class TestLocks:
    def test_an_item_is_shown_to_whoever_holds_it_only(self, store):
        single(store)
        mine = take_next(store, "bo")
        assert take_next(store, "ana") is None
        for account in ("ana", "", "bo "):
            with pytest.raises(RefusedError, match="lock on this item has ended"):
                item(store, mine.token, account, CHOICES)
        with pytest.raises(RefusedError, match="Somebody else is working"):
            take(store, mine.item, "ana", settles=True)
        assert take(store, mine.item, "bo", settles=False) == mine
        assert take_next(store, "bo") == mine  # one at a time

    def test_two_people_at_the_same_moment(self, store):
        ids = single(store, 3)
        with ThreadPoolExecutor(12) as pool:
            found = list(pool.map(lambda n: take_next(store, f"p{n}"), range(12)))
        taken = [each.item for each in found if each is not None]
        assert sorted(taken) == sorted(ids)

    def test_one_that_ended_goes_to_the_next_and_the_late_answer_is_refused(self, store):
        single(store)
        mine = take_next(store, "bo")
        label_blind(store, mine.token, "bo", "Positive", CHOICES)
        with store.writing("state") as connection:
            connection.execute(update(CLAIMS).values(until=ago(minutes=1)))
        theirs = take_next(store, "ana")
        assert theirs.item == mine.item
        assert theirs.blind is None  # nothing of the first one's label shows
        with pytest.raises(RefusedError, match="was not counted"):
            decide(store, mine.token, "bo", "keep", label=None, choices=CHOICES)
        assert state(store, mine.item) == ("waiting", None)
        review(store, "ana", held=theirs)
        assert state(store, mine.item) == ("kept", "Negative")

    def test_pausing_counts_nothing(self, store):
        single(store)
        held = take_next(store, "bo")
        label_blind(store, held.token, "bo", "Positive", CHOICES)
        release(store, held.token, "ana")  # only whoever holds it can let it go
        assert claim(store, held.token, "bo")
        release(store, held.token, "bo")
        assert claims_of(store, "bo") == []
        assert list(reviews_of(store, [held.item])) == []
        assert take_next(store, "ana").item == held.item

    def test_a_decision_sent_twice_counts_once(self, store):
        (one,) = single(store)
        held = take_next(store, "bo")
        label_blind(store, held.token, "bo", "Positive", CHOICES)
        send = {"label": "Positive", "choices": CHOICES}
        made = decide(store, held.token, "bo", "override", **send)
        with pytest.raises(RefusedError):
            decide(store, held.token, "bo", "keep", **send)
        # Killed after the review was written and before the lock was let go: the same again.
        claims_module._insert(store, held) or claims_module._insert(store, held)
        assert [each.id for each in reviews_of(store, [one])[one]] == [made.id]


class TestLabelling:
    def test_the_answer_is_shown_after_the_own_label_only(self, store):
        single(store)
        held = take_next(store, "bo")
        before = item(store, held.token, "bo", CHOICES)
        assert (before.answer, before.reasons, before.explanation) == (None, (), None)
        assert before.text == "A deaf teacher came, 0."
        with pytest.raises(RefusedError, match="First give your own label"):
            decide(store, held.token, "bo", "keep", label=None, choices=CHOICES)
        label_blind(store, held.token, "bo", "Positive", CHOICES)
        label_blind(store, held.token, "bo", "Negative", CHOICES)  # too late to change it
        after = item(store, held.token, "bo", CHOICES)
        assert (after.blind, after.answer, after.reasons) == (
            "Positive", "Negative", ("rule_applies",),
        )  # fmt: skip
        assert after.explanation.startswith("Without the words")

    def test_keep_override_and_escalate(self, store):
        kept, replaced, passed = single(store, 3)
        review(store, "bo", "keep", blind="Positive")
        review(store, "bo", "override", label="Positive", note="She meant it kindly.")
        review(store, "bo", "escalate")
        assert state(store, kept) == ("kept", "Negative")
        assert state(store, replaced) == ("overridden", "Positive")
        assert state(store, passed) == ("disputed", None)
        (stored,) = reviews_of(store, [replaced])[replaced]
        assert (stored.blind, stored.reviewer, stored.note) == (
            "Negative", "bo", "She meant it kindly.",
        )  # fmt: skip
        assert [each.decision_id for each in settled(store, "bo")] == [replaced, kept]
        assert verify_store(store).clean
        said = [each for each in events(store) if each["event"] == "review"]
        assert [each["action"] for each in said] == ["keep", "override", "escalate"]
        assert "bo" not in json.dumps([{**each, "id": ""} for each in said])
        store.erase(decision=replaced)
        assert reviews_of(store, [replaced])[replaced][0].note is None

    def test_bad_labels_and_notes_are_refused(self, store):
        single(store, label=None)
        held = take_next(store, "bo")
        with pytest.raises(RefusedError, match="none of the task's"):
            label_blind(store, held.token, "bo", "positive", CHOICES)
        label_blind(store, held.token, "bo", "Positive", CHOICES)
        for action, more, said in (
            ("override", {"label": "x"}, "none of the task's"),
            ("override", {"label": None}, "none of the task's"),
            ("keep", {"label": None}, "no answer that could be kept"),
            ("override", {"label": "Positive", "note": "x" * 5000}, "at most 4,000"),
        ):
            with pytest.raises(RefusedError, match=said):
                decide(store, held.token, "bo", action, choices=CHOICES, **more)
        assert reviews_of(store, [held.item]) == {}

    def test_a_text_that_was_erased_is_not_shown(self, store):
        (one,) = single(store)
        held = take_next(store, "bo")
        store.erase(decision=one)
        shown = item(store, held.token, "bo", CHOICES)
        assert (shown.text, shown.masked, shown.decision_id) == (None, None, one)


@BOTH
class TestDisputes:
    def test_disputed_is_settled_by_somebody_else_with_the_role(self, store):
        (one,) = single(store)
        review(store, "bo", "keep", note="Clear.")
        with pytest.raises(RefusedError, match="Say why"):
            dispute(store, one, "ana", "  ")
        dispute(store, one, "ana", "Irony.")
        assert state(store, one) == ("disputed", None)
        with pytest.raises(RefusedError, match="Only what was settled"):
            dispute(store, one, "eve", "Again.")
        assert [each.id for each in listed(store, "disputed", "cleo")] == [one]
        assert take_next(store, "eve") is None
        with pytest.raises(RefusedError, match="role lead"):
            take(store, one, "eve", settles=False)
        for part in ("bo", "ana"):
            with pytest.raises(RefusedError, match="reviewed this item before"):
                take(store, one, part, settles=True)
        held = take(store, one, "cleo", settles=True)
        assert item(store, held.token, "cleo", CHOICES).earlier == ()  # blind first here too
        label_blind(store, held.token, "cleo", "Positive", CHOICES)
        said = item(store, held.token, "cleo", CHOICES).earlier
        assert [(each.action, each.note) for each in said] == [
            ("keep", "Clear."), ("dispute", "Irony."),
        ]  # fmt: skip
        decide(store, held.token, "cleo", "override", label="Positive", choices=CHOICES)
        assert state(store, one) == ("overridden", "Positive")
        assert counts(store, "cleo").disputed == 0
        with pytest.raises(RefusedError, match="needs nobody"):
            take(store, one, "eve", settles=True)

    def test_what_the_classifier_decided_alone_cannot_be_taken(self, store):
        (one,) = waiting(store, route="auto", would_route="auto")
        for decision in (one, "nothing", ""):
            with pytest.raises(RefusedError, match="needs nobody"):
                take(store, decision, "bo", settles=True)


@BOTH
class TestSecondRatings:
    def test_by_another_person_after_new_items(self, store):
        never_twice(store, 1)
        (one,) = waiting(store)
        review(store, "bo")
        assert state(store, one) == ("kept", "Negative")  # the first one counts at once
        assert take_next(store, "bo") is None
        (fresh,) = waiting(store)
        assert review(store, "ana").item == fresh
        assert review(store, "ana").item == one
        assert state(store, one) == ("kept", "Negative")
        assert take_next(store, "eve").item == fresh
        with pytest.raises(RefusedError):
            take(store, one, "eve", settles=True)

    def test_two_that_differ_are_a_dispute(self, store):
        never_twice(store, 1)
        (one,) = waiting(store)
        review(store, "bo", "keep")
        review(store, "ana", "override", label="Positive", blind="Positive")
        assert state(store, one) == ("disputed", None)
        assert [each.action for each in reviews_of(store, [one])[one]] == [
            "keep", "override", "dispute",
        ]  # fmt: skip


KNOWN_ROWS = 'text,label,shown\n"A deaf man smiles.",Positive,Negative\n'


class TestKnownItems:
    @pytest.fixture
    def planted(self, store):
        """A store in which every second item is a known one, as long as there are any."""
        never_twice(store)
        change_settings(store, by="x", known_every=2)
        items = [KnownItem(f"{n:032x}", "rules", f"Known {n}.", "Positive", "Negative")
                 for n in range(40)]  # fmt: skip
        add_known(store, items, by="x")
        return store

    def meet(self, store, account):
        """Take items until a known one comes; put the others back."""
        for _ in range(200):
            held = take_next(store, account)
            if held.known is not None:
                return held
            release(store, held.token, account)
        raise AssertionError("no known item came")

    def test_they_look_like_any_other_and_count_per_queue_only(self, planted):
        waiting(planted)
        for n, (action, label) in enumerate(
            [("keep", None), ("override", "Positive"), ("escalate", None)]
        ):
            held = self.meet(planted, "bo")
            before = item(planted, held.token, "bo", CHOICES)
            assert before.text.startswith("Known")
            assert before.decision_id is None
            label_blind(planted, held.token, "bo", "Positive", CHOICES)
            shown = item(planted, held.token, "bo", CHOICES)
            assert (shown.answer, shown.reasons) == ("Negative", ("rule_applies",))
            assert decide(planted, held.token, "bo", action, label=label, choices=CHOICES) is None
            assert waved_through(planted)[0].n == n + 1
        assert waved_through(planted)[0].waved_through == 1
        with planted.reading() as connection:
            rows = connection.execute(select(KNOWN_RESULTS)).mappings().all()
            assert connection.execute(select(TABLES["reviews"])).all() == []
        assert all("bo" not in str(row.values()) for row in map(dict, rows))

    def test_nobody_meets_one_twice(self, planted):
        waiting(planted)
        met = []
        for _ in range(40):
            held = self.meet(planted, "bo")
            met.append(held.known)
            release(planted, held.token, "bo")
        assert len(set(met)) == 40
        last = take_next(planted, "bo")
        assert last.known is None
        release(planted, last.token, "bo")
        assert self.meet(planted, "ana").known in met

    def test_below_30_there_is_no_share(self, planted):
        waiting(planted)
        for n in range(30):
            found = waved_through(planted)[0]
            assert found.share is None
            held = self.meet(planted, "bo")
            label_blind(planted, held.token, "bo", "Positive", CHOICES)
            action = "keep" if n < 6 else "override"
            decide(planted, held.token, "bo", action, label="Positive", choices=CHOICES)
        found = waved_through(planted)[0]
        assert (found.n, found.waved_through, found.share) == (30, 6, 0.2)
        # Wilson, statsmodels.stats.proportion.proportion_confint(6, 30, method="wilson")
        assert (found.low, found.high) == pytest.approx((0.095052, 0.373056), abs=1e-5)

    def test_files_are_read_and_refused_by_row(self, tmp_path):
        good = tmp_path / "known.csv"
        good.write_text(KNOWN_ROWS)
        assert read_known(good, "rules", CHOICES)[0].text == "A deaf man smiles."
        lines = tmp_path / "known.jsonl"
        lines.write_text('{"text": "x", "label": "Positive", "shown": "Negative"}\n\n')
        assert len(read_known(lines, "asked", CHOICES)) == 1
        for text, said in (
            (KNOWN_ROWS + "x,Positive,Positive\n", "row 2: the answer shown is the right one"),
            (KNOWN_ROWS + "x,Positive\n", "row 2: it needs text, label, shown"),
            (KNOWN_ROWS + "x,Good,Negative\n", "row 2: a label is none"),
            ("a,b\n1,2\n", "row 1: it needs"),
        ):
            good.write_text(text)
            with pytest.raises(ConfigError) as error:
                read_known(good, "rules", CHOICES)
            assert said in str(error.value)
        lines.write_text("{")
        with pytest.raises(ConfigError, match="no JSON"):
            read_known(lines, "rules", CHOICES)
        with pytest.raises(ConfigError, match="no queue"):
            read_known(good, "other", CHOICES)


@BOTH
class TestSettings:
    def test_the_switch_is_in_the_trail(self, store):
        assert stopped(store) is None
        stop(store, by="bo")
        assert stopped(store).by == "bo"
        start(store, by="ana")
        assert stopped(store) is None
        with store.reading() as connection:
            kinds = list(connection.execute(select(TABLES["trail"].c.kind)).scalars())
        assert kinds == ["stopped", "started"]

    @pytest.mark.parametrize("change", [{"due_hours": 0}, {"double_every": 257},
                                        {"known_every": 1}, {"tag_days": -1}])  # fmt: skip
    def test_what_makes_no_sense_is_refused(self, store, change):
        with pytest.raises(RefusedError, match="lies between"):
            change_settings(store, by="x", **change)
        assert settings(store) == ReviewSettings()

    def test_retention_follows_the_settings(self, store):
        (old,) = waiting(store, hours=24 * 40)
        (new,) = waiting(store)
        before = {each.kind: (each.keys, each.over) for each in held(store, settings(store))}
        assert before == {"tag": (2, 1), "personal": (2, 0)}
        assert retain(store) == (1, 0)
        assert store.decision(old).groups is None
        assert store.decision(old).personal is not None
        change_settings(store, by="x", personal_days=30)
        assert retain(store) == (0, 1)
        assert store.decision(old).personal is None
        assert store.decision(new).personal is not None
        assert verify_store(store).clean

    def test_retention_is_applied_once_a_day(self, store):
        (old,) = waiting(store, hours=24 * 40)
        assert last_retained(store) is None
        assert retain_daily(store) == (1, 0)
        assert store.decision(old).groups is None
        last = datetime.fromisoformat(last_retained(store))
        assert abs(last - datetime.now(UTC)) < timedelta(minutes=5)
        assert retain_daily(store, now=last + timedelta(hours=23)) is None
        assert retain_daily(store, now=last + timedelta(hours=24)) == (0, 0)


def test_a_share_of_items_is_doubled():
    how = ReviewSettings(double_every=5)
    share = sum(is_doubled(f"item {n}", how) for n in range(5000)) / 5000
    assert share == pytest.approx(0.2, abs=0.02)


def test_slurs_are_masked_and_other_words_are_not():
    from audit.probes import load_probe_set, shipped_directory

    found = load_probe_set(shipped_directory() / "disability.yaml")
    slurs = [term.text for group in found.groups for term in group.terms if term.stratum == "slur"]
    assert len(slurs) > 2
    for slur in slurs:
        for written in (slur, slur.upper(), f"{slur}s"):
            masked = without_slurs(f"He said “{written}!” to a deaf man.")
            assert slur.lower()[1:] not in masked.lower()
            assert masked.startswith(f"He said “{written[0]}*")
            assert masked.endswith(" to a deaf man.")
    plain = "A deaf teacher and a blind student met; both laughed."
    assert without_slurs(plain) == plain


def test_claims_last_half_an_hour():
    assert timedelta(minutes=30) == claims_module.HOLD
