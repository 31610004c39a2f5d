"""The override policy as a file: schema, YAML, errors with their line."""

import copy
import json
from importlib.resources import files

import jsonschema
import pytest

from audit.errors import ConfigError
from audit.oversight import (
    NO_RULE,
    GroupWords,
    content_sha256,
    dump_policy,
    load_policy,
    policy_document,
    policy_schema,
)
from audit.records import Interval, OverrideRule, ProbeSet, Task

TASK = Task(labels=("Positive", "Negative"), favourable="Positive", unfavourable=("Negative",))
PROBE = ProbeSet(
    name="disability", version="1.0.0", language="en", attribute="disability", sha256="ab" * 32
)
WORDS = (
    GroupWords(
        "deaf", "Deaf people", {"en": ("deaf", "who is deaf")}, {"en": ("deaf to criticism",)}
    ),
    GroupWords("blind", "Blind people", {"en": ("blind",)}),
)
SCHEMA = json.loads((files("audit.oversight") / "override-policy.schema.json").read_text("utf-8"))


def rule(group="deaf", assumption="human_like_reference", threshold=0.8, **changes):
    """A rule with its evidence."""
    values = {
        "group": group,
        "rule": "send to a person when the text mentions Deaf people",
        "reason": None,
        "threshold": threshold,
        "review_load_per_1000": 212.5,
        "residual_gap": 0.01,
        "residual_interval": Interval(
            low=-0.02, high=0.04, confidence_level=0.95, method="cross-fitted"
        ),
        "assumption": assumption,
    }
    return OverrideRule(**(values | changes))


def none(group="blind"):
    """The entry of a group for which no rule exists."""
    return rule(
        group,
        rule=NO_RULE,
        reason="No rule can help.",
        threshold=None,
        review_load_per_1000=None,
        residual_gap=None,
        residual_interval=None,
    )


def document(rules=None, task=TASK, **changes):
    """A policy document."""
    values = {
        "run_id": "2026-11-21-a1",
        "results_sha256": "0f" * 32,
        "created": "2026-11-21T10:00:00+00:00",
        "expires": "2027-05-20T10:00:00+00:00",
        "groups": WORDS,
        "task": task,
        "probe": PROBE,
    }
    entries = [rule(), rule(assumption="human_right"), none()] if rules is None else rules
    return policy_document(entries, **(values | changes))


def test_shipped_schema_is_the_generated_one():
    assert policy_schema() == SCHEMA
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_document_keeps_the_schema_and_groups_the_evidence():
    made = document()
    jsonschema.validate(made, SCHEMA)
    deaf, blind = made["rules"]
    assert deaf["action"] == "review"
    assert deaf["when"] == {
        "predicted": ["Negative"],
        "confidence_below": 0.8,
        "counterfactual_differs": False,
        "repeats_differ": False,
        "score_below": None,
        "score_above": None,
    }
    assert deaf["mentions"] == {"en": ["deaf", "who is deaf"]}
    assert [item["assumption"] for item in deaf["evidence"]] == [
        "human_like_reference",
        "human_right",
    ]
    assert blind["action"] == "none"
    assert blind["when"] is None
    assert blind["evidence"][0]["reason"] == "No rule can help."
    assert made["run"] == {"id": "2026-11-21-a1", "results_sha256": "0f" * 32}


@pytest.mark.parametrize("threshold", [1.0, None])
def test_all_unfavourable_answers_means_any_confidence(threshold):
    made = document([rule(threshold=threshold)])
    assert made["rules"][0]["when"]["confidence_below"] is None


def test_score_rule_carries_the_review_limits():
    task = Task(kind="score", range=(-1, 1), favourable_end="high", review_below=-0.05)
    made = document([rule(threshold=None)], task=task)
    when = made["rules"][0]["when"]
    assert (when["score_below"], when["score_above"], when["predicted"]) == (-0.05, None, None)


@pytest.mark.parametrize(
    ("kind", "condition"),
    [("counterfactual", "counterfactual_differs"), ("repeats", "repeats_differ")],
)
def test_a_rule_about_disagreement_says_so(kind, condition):
    when = document([rule(kind=kind, threshold=None)])["rules"][0]["when"]
    assert when[condition] is True
    assert when["predicted"] == ["Negative"]
    assert when["confidence_below"] is None


def test_a_group_without_a_gap_keeps_its_words():
    deaf, blind = document([rule()])["rules"]
    assert deaf["exceptions"] == {"en": ["deaf to criticism"]}
    assert (blind["action"], blind["when"], blind["evidence"]) == ("none", None, [])
    assert blind["mentions"] == {"en": ["blind"]}


def test_the_hash_covers_everything_and_not_the_layout(tmp_path):
    made = document()
    assert made["sha256"] == content_sha256(made)
    path = tmp_path / "p.yaml"
    path.write_text("# a remark\n" + dump_policy(made).replace("rules:", "\nrules:"), "utf-8")
    read = load_policy(path)
    assert content_sha256(read) == read["sha256"]
    path.write_text(dump_policy(made).replace("confidence_below: 0.8", "confidence_below: 0.7"))
    read = load_policy(path)
    assert content_sha256(read) != read["sha256"]


def test_without_a_task_there_are_only_reasons():
    made = document([none()], task=None)
    assert made["task"] is None
    with pytest.raises(ValueError, match="needs 'when'"):
        document([rule()], task=None)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"groups": ()}, "no words are given for deaf, blind"),
        ({"groups": (GroupWords("deaf", "", {"en": ()}), *WORDS[1:])}, "forms that mention"),
        ({"results_sha256": "abc"}, "results_sha256"),
        ({"created": "2026-11-21T10:00:00"}, "created"),
        ({"expires": "2026-11-20T10:00:00+00:00"}, "expires must be later"),
    ],
)
def test_document_that_nobody_could_enforce(change, message):
    with pytest.raises(ValueError, match=message):
        document(**change)


def test_file_round_trip_is_exact_and_stable(tmp_path):
    made = document()
    text = dump_policy(made)
    assert text == dump_policy(copy.deepcopy(made))
    assert text.startswith("# Override policy")
    path = tmp_path / "override-policy.yaml"
    path.write_text(text, encoding="utf-8")
    assert load_policy(path) == made
    assert dump_policy(load_policy(path)) == text


def test_people_may_write_times_without_quotes(tmp_path):
    path = tmp_path / "p.yaml"
    path.write_text(dump_policy(document()).replace("'", ""), "utf-8")
    assert load_policy(path)["created"] == "2026-11-21T10:00:00Z"


class TestBadFiles:
    def load(self, tmp_path, text):
        """Load a file with this text."""
        path = tmp_path / "p.yaml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return load_policy(path)

    def test_missing(self, tmp_path):
        with pytest.raises(ConfigError, match="cannot be read") as caught:
            load_policy(tmp_path / "none.yaml")
        assert caught.value.exit_code == 2

    def test_not_utf8(self, tmp_path):
        with pytest.raises(ConfigError, match="cannot be read"):
            self.load(tmp_path, b"\xff\xfe")

    def test_no_yaml(self, tmp_path):
        with pytest.raises(ConfigError, match=r"p.yaml:2:\d+: the policy is not valid YAML"):
            self.load(tmp_path, "a: [1\nb: }")

    def test_key_twice(self, tmp_path):
        with pytest.raises(ConfigError, match="not valid YAML"):
            self.load(tmp_path, "run: 1\nrun: 2\n")

    def test_unprintable(self, tmp_path):
        with pytest.raises(ConfigError, match="not valid YAML"):
            self.load(tmp_path, "run: \x07\n")

    @pytest.mark.parametrize("text", ["", "- 1\n", "text\n"])
    def test_no_policy(self, tmp_path, text):
        with pytest.raises(ConfigError, match="policy: Input should be"):
            self.load(tmp_path, text)

    def test_every_problem_with_its_line(self, tmp_path):
        text = dump_policy(document())
        text = text.replace("confidence_below: 0.8", "confidence_below: 8")
        text = text.replace("policy_version: 1", "policy_version: 2\nextra: 1")
        with pytest.raises(ConfigError) as caught:
            self.load(tmp_path, text)
        message = str(caught.value)
        line = text.splitlines().index("policy_version: 2") + 1
        assert f"policy_version (line {line})" in message
        assert f"extra (line {line + 1})" in message
        assert "rules.0.when.confidence_below (line " in message

    def test_missing_part_points_to_its_parent(self, tmp_path):
        text = "\n".join(
            line
            for line in dump_policy(document([rule()])).splitlines()
            if "predicted" not in line and "- Negative" not in line and "action:" not in line
        )
        with pytest.raises(ConfigError, match=r"rules.0.action \(line \d+\): Field required"):
            self.load(tmp_path, text)

    def test_group_twice(self, tmp_path):
        made = document([rule()])
        made["rules"] *= 2
        with pytest.raises(ConfigError, match="more than one rule"):
            self.load(tmp_path, dump_policy(made))
