"""The guard on real functions: what goes to a person, why, and what explains it."""

import threading
import time
from datetime import UTC, datetime, timedelta

import pytest

from audit import Guard
from audit.errors import ConfigError, StoreError
from audit.oversight import GroupWords, PolicyDocument, content_sha256, dump_policy, policy_document
from audit.oversight.references import id_of, read_reference
from audit.records import (
    ClassifierInfo,
    OverrideRule,
    Prediction,
    ProbeSet,
    Task,
)

TASK = Task(labels=("Positive", "Negative"), favourable="Positive", unfavourable=("Negative",))
SCORES = Task(kind="score", range=(-1.0, 1.0), favourable_end="high", review_below=-0.2)
CREATED = datetime(2026, 1, 1, tzinfo=UTC)
NOW = datetime(2026, 6, 1, tzinfo=UTC)
WORDS = (
    GroupWords(
        "deaf", "Deaf people",
        {"en": ("deaf", "who is deaf", "hearing loss")},
        {"en": ("deaf to criticism",)},
        {"en": {"hearing loss": None}},
    ),
    GroupWords("blind", "Blind people", {"en": ("blind", "who is blind")}),
    GroupWords("amputee", "Amputees", {"en": ("amputee", "amputees")}, {},
               {"en": {"amputee": "person", "amputees": "people"}}),
)  # fmt: skip


def rule(group="deaf", kind="unfavourable", threshold=1.0):
    """A recommended rule."""
    return OverrideRule(
        group=group, rule="send to a person", kind=kind, reason=None, threshold=threshold,
        review_load_per_1000=200.0, residual_gap=0.0, residual_interval=None,
        assumption="human_like_reference",
    )  # fmt: skip


def policy(*rules, task=TASK, **changes):
    """A policy about deaf people, unless other rules are given."""
    made = policy_document(
        rules or [rule()], run_id="run-1", results_sha256="0f" * 32,
        created=CREATED.isoformat(), expires="2027-01-01T00:00:00+00:00", groups=WORDS, task=task,
        neutral={"en": "local"},
        probe=ProbeSet(name="p", version="1", language="en", attribute="disability", sha256="ab"),
        **changes,
    )  # fmt: skip
    return PolicyDocument.model_validate(made)


def hearing(texts):
    """Negative about deaf and blind people, and about whatever is grey."""
    return ["Negative" if any(w in t.lower() for w in ("deaf", "blind", "amputee", "hearing loss",
            "grey")) else "Positive" for t in texts]  # fmt: skip


def guard(classifier=hearing, *rules, **options):
    """A guard in June 2026."""
    made = options.pop("policy", None) or policy(*rules)
    return Guard(made, classifier, **({"now": lambda: NOW} | options))


class TestRouting:
    def test_a_mention_with_an_unfavourable_answer_goes_to_a_person(self):
        decision = guard(appeal_url="https://example.org/appeal").decide("A deaf teacher came.")
        assert (decision.route, decision.label) == ("review", "Negative")
        assert decision.reasons == ("rule_applies",)
        assert decision.groups == ("deaf",)
        assert decision.explanation.counterfactual_text == "A teacher came."
        assert decision.explanation.text == (
            "Without the words “deaf” the answer would have been Positive."
        )
        assert decision.appeal_url == "https://example.org/appeal"
        assert decision.audit_id == "run-1"
        assert not decision.recorded

    @pytest.mark.parametrize(
        "text", ["A teacher came.", "A grey teacher came.", "A blind teacher came."]
    )
    def test_other_texts_are_left_to_the_classifier(self, text):
        """No mention; an unfavourable answer without one; a group whose rule asks for nothing."""
        decision = guard().decide(text)
        assert decision.route == "auto"
        assert decision.reasons == ("no_rule_applies",)

    def test_favourable_answers_are_not_routed(self):
        assert guard(lambda texts: ["Positive"] * len(texts)).decide("deaf").route == "auto"

    def test_confidence_counts_up_to_the_threshold(self):
        made = policy(rule(threshold=0.8))
        for sure, route in ((0.79, "review"), (0.8, "auto")):
            answers = {"Negative": sure, "Positive": 1 - sure}
            decision = guard(lambda texts, a=answers: [a] * len(texts), policy=made).decide(
                "deaf x"
            )
            assert decision.route == route
            assert decision.confidence == pytest.approx(sure)

    def test_the_answer_without_the_mention_decides(self):
        made = policy(rule(kind="counterfactual", threshold=None))
        changed = guard(policy=made).decide("A deaf teacher came.")
        assert changed.reasons == ("rule_applies", "counterfactual_differs")
        same = guard(policy=made).decide("A grey deaf teacher came.")
        assert same.route == "auto"
        assert not same.explanation.differs
        assert same.explanation.text == (
            "Without the words “deaf” the answer would still have been Negative."
        )

    def test_a_mention_that_cannot_be_taken_out_goes_to_a_person(self):
        made = policy(rule(kind="counterfactual", threshold=None))
        decision = guard(policy=made).decide("My hearing loss is new.")
        assert decision.reasons == ("rule_applies", "counterfactual_unavailable")
        assert decision.explanation is None

    def test_repeats_that_disagree_go_to_a_person(self):
        made = policy(rule(kind="repeats", threshold=None))

        class Repeats:
            info = ClassifierInfo(model="m", scoring="sampled")
            batch_size = 8

            def __init__(self, *samples):
                self.samples = samples

            def predict(self, requests):
                return [Prediction(id=r.id, samples=self.samples) for r in requests]

        split = guard(Repeats("Negative", "Negative", "Positive"), policy=made).decide("deaf x")
        assert split.reasons == ("rule_applies", "repeats_differ")
        assert split.confidence == pytest.approx(2 / 3)
        assert guard(Repeats("Negative", "Negative"), policy=made).decide("deaf x").route == "auto"
        alone = guard(Repeats("Negative"), policy=made).decide("deaf x")
        assert alone.reasons == ("rule_applies", "repeats_unavailable")

    @pytest.mark.parametrize(("score", "route"), [(-0.3, "review"), (-0.1, "auto")])
    def test_scores(self, score, route):
        made = policy(rule(threshold=None), task=SCORES)
        decision = guard(lambda texts: [score] * len(texts), policy=made).decide("deaf x")
        assert (decision.route, decision.score) == (route, score)

    def test_nouns_and_predicates_keep_the_sentence_whole(self):
        every = [rule(each.group) for each in WORDS]
        decide = guard(hearing, *every).decide
        assert decide("An amputee came.").explanation.counterfactual_text == "A person came."
        spoken = decide("My aunt is deaf and kind.").explanation
        assert spoken.counterfactual_text == "My aunt is local and kind."
        assert spoken.text.startswith("With other words in place of “deaf”")
        both = decide("A deaf, blind man who is blind came.").explanation
        assert both.words == ("deaf", "blind", "who is blind")

    def test_many_texts_are_asked_about_together(self):
        calls = []

        def counting(texts):
            calls.append(len(texts))
            return hearing(texts)

        decisions = guard(counting).decide_many(["deaf one", "x", "deaf two"])
        assert [d.route for d in decisions] == ["review", "auto", "review"]
        assert calls == [3, 2]
        assert len({d.id for d in decisions}) == 3

    def test_lengths_must_fit(self):
        with pytest.raises(ValueError, match="same length"):
            guard().decide_many(["a"], opt_out=[True, False])


class TestFailsToAPerson:
    def test_opting_out_asks_nobody_but_a_person(self):
        asked = []
        decision = guard(asked.extend).decide("A teacher.", opt_out=True)
        assert (decision.route, decision.label, asked) == ("review", None, [])
        assert decision.reasons == ("opt_out",)

    def test_the_stop_switch(self):
        decision = guard(stopped=lambda: True).decide("A teacher.")
        assert decision.reasons == ("stopped",)

    def test_a_stop_switch_that_fails_is_a_stop(self):
        def broken():
            raise OSError

        assert guard(stopped=broken).decide("A teacher.").reasons == ("guard_error",)

    @pytest.mark.parametrize("text", ["", "  \n", None, 7, b"deaf"])
    def test_what_is_no_text(self, text):
        assert guard().decide(text).reasons == ("text_unusable",)

    def test_ten_megabytes(self):
        started = time.perf_counter()
        decision = guard().decide("deaf " * 2_000_000)
        assert decision.reasons == ("text_too_long",)
        assert time.perf_counter() - started < 1

    @pytest.mark.parametrize(
        "classifier",
        [
            lambda texts: 1 / 0,
            lambda texts: [],
            lambda texts: [float("nan")],
            lambda texts: [{"Negative": 1.5}],
            lambda texts: [object()],
            object(),
            lambda texts: (_ for _ in ()).throw(SystemExit),
        ],
    )
    def test_a_classifier_that_fails(self, classifier):
        decision = guard(classifier).decide("A teacher.")
        assert (decision.route, decision.reasons) == ("review", ("classifier_error",))

    @pytest.mark.parametrize("answer", [None, "Purple", {"Negative": 0.5, "Positive": 0.5}, {}])
    def test_an_answer_that_is_no_label(self, answer):
        decision = guard(lambda texts: [answer] * len(texts)).decide("A teacher.")
        assert decision.reasons == ("no_label",)

    def test_a_classifier_that_fails_on_the_second_question(self):
        def fussy(texts):
            if all("deaf" not in text for text in texts):
                raise OSError
            return hearing(texts)

        decision = guard(fussy).decide("A deaf teacher.")
        assert decision.route == "review"
        assert decision.reasons == ("classifier_error",)

    def test_a_classifier_that_hangs(self):
        release = threading.Event()

        def hanging(texts):
            release.wait(20)
            return hearing(texts)

        waiting = guard(hanging, timeout=0.1)
        for _ in range(2):  # the second finds the first still hanging
            started = time.perf_counter()
            decision = waiting.decide("A teacher.")
            assert decision.reasons == ("classifier_timeout",)
            assert time.perf_counter() - started < 2
        release.set()
        for _ in range(100):
            decision = waiting.decide("A teacher.")
            if decision.route == "auto":
                break
        assert decision.route == "auto"

    def test_an_expired_audit(self):
        late = guard(now=lambda: datetime(2027, 1, 1, tzinfo=UTC))
        assert late.decide("A teacher.").reasons == ("audit_expired",)

    def test_a_clock_before_the_policy(self):
        early = guard(now=lambda: CREATED - timedelta(days=1))
        assert early.decide("A teacher.").reasons == ("clock_wrong",)

    def test_a_clock_set_back_while_it_runs(self):
        times = [datetime(2026, 12, 31, 23, tzinfo=UTC)]
        running = guard(now=lambda: times[0])
        assert running.decide("A teacher.").route == "auto"
        times[0] -= timedelta(days=30)
        assert running.decide("A teacher.").reasons == ("clock_wrong",)

    def test_a_clock_set_back_while_it_was_off(self):
        class Sink:
            def record(self, decisions, subjects, texts=None):
                pass

            def latest(self):
                return NOW

        off = guard(now=lambda: NOW - timedelta(days=1), sink=Sink())
        assert off.decide("A teacher.").reasons == ("clock_wrong",)

    def test_another_system_than_the_audited_one(self):
        class Loaded:
            info = ClassifierInfo(model="m", scoring="sampled", fingerprint="other")
            batch_size = 8

            def predict(self, requests):
                return [Prediction(id=r.id, samples=("Positive",)) for r in requests]

        system = {"model": "m", "revision": None, "fingerprint": "audited"}
        decision = guard(Loaded(), policy=policy(system=system)).decide("A teacher.")
        assert decision.reasons == ("other_system",)

    def test_a_decision_that_cannot_be_recorded(self):
        class Full:
            def record(self, decisions, subjects, texts=None):
                raise StoreError("disk full")

            def latest(self):
                return None

        decision = guard(sink=Full()).decide("A teacher.")
        assert decision.route == "review"
        assert decision.reasons[0] == "not_recorded"
        assert not decision.recorded


class Wishes:
    """A sink that knows that Anna asked for people."""

    def __init__(self):
        self.asked = []

    def record(self, decisions, subjects, texts=None):
        pass

    def latest(self):
        return None

    def opted_out(self, subjects):
        self.asked.append(set(subjects))
        return {"anna"} & set(subjects)


class TestStandingOptOut:
    def test_it_is_honoured_without_asking_the_classifier(self):
        def never(texts):
            raise AssertionError(texts)

        assert guard(never, sink=Wishes()).decide("A teacher.", subject="anna").reasons == (
            "opt_out",
        )

    def test_it_is_looked_up_once_for_many_and_only_for_subjects(self):
        wishes = Wishes()
        decisions = guard(sink=wishes).decide_many(
            ["A teacher."] * 3, subjects=["anna", None, "bo"], opt_out=[False, False, True]
        )
        assert [each.reasons[0] for each in decisions] == ["opt_out", "no_rule_applies", "opt_out"]
        assert wishes.asked == [{"anna", "bo"}]

    def test_where_it_cannot_be_looked_up_a_person_decides(self):
        class Broken(Wishes):
            def opted_out(self, subjects):
                raise StoreError("locked")

        decision = guard(sink=Broken()).decide("A teacher.", subject="bo")
        assert (decision.route, decision.reasons) == ("review", ("guard_error",))


def test_the_appeal_url_leads_to_the_decision():
    decision = guard(appeal_url="https://example.org/decision/{reference}").decide("A teacher.")
    assert decision.appeal_url == f"https://example.org/decision/{decision.reference}"
    assert decision.id == id_of(read_reference(decision.reference))
    assert guard(appeal_url="https://example.org").decide("Hi.").appeal_url == "https://example.org"


class TestShadow:
    def test_it_changes_nothing_but_says_what_it_would_do(self):
        decision = guard(shadow=True).decide("A deaf teacher came.")
        assert (decision.route, decision.would_route, decision.shadow) == ("auto", "review", True)
        assert decision.reasons == ("rule_applies",)

    def test_without_an_answer_there_is_nothing_to_leave_alone(self):
        assert guard(lambda texts: [], shadow=True).decide("A teacher.").route == "review"


class TestEditedPolicy:
    def edited(self, tmp_path):
        """A policy whose threshold somebody changed."""
        path = tmp_path / "override-policy.yaml"
        made = policy(rule(threshold=0.8)).model_dump(mode="json")
        text = dump_policy(made)
        path.write_text(text.replace("confidence_below: 0.8", "confidence_below: 0.1"), "utf-8")
        return path

    def test_it_is_refused_without_a_reason(self, tmp_path):
        for reason in (None, "  "):
            with pytest.raises(ConfigError, match="edited by hand") as caught:
                Guard.from_policy(self.edited(tmp_path), hearing, edited_because=reason)
        assert "edited_because" in caught.value.hint

    def test_with_a_reason_every_decision_says_so(self, tmp_path):
        made = Guard.from_policy(
            self.edited(tmp_path), hearing, edited_because="board, 3 May", now=lambda: NOW
        )
        decision = made.decide("A deaf teacher came.")
        assert decision.reasons[-1] == "policy_edited"
        assert made.edited_because == "board, 3 May"

    def test_an_unedited_one_needs_none(self, tmp_path):
        made = policy()
        assert made.sha256 == content_sha256(made.model_dump(mode="json"))
        path = tmp_path / "p.yaml"
        path.write_text(dump_policy(made.model_dump(mode="json")), "utf-8")
        assert Guard.from_policy(path, hearing, now=lambda: NOW).decide("x").route == "auto"
