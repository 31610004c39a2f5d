"""From a planted gap to a safeguard: audit, policy, server, decision, chain, fresh templates."""

import json
import sqlite3
import subprocess
import sys
from pathlib import Path

import httpx
import numpy as np
import pytest
from ruamel.yaml import YAML

from audit.oversight import load_policy
from audit.pipeline.safeguard import open_guard
from tests.web.serving import serving

FEELINGS = ("joyful", "kind", "calm", "proud", "gloomy", "bitter", "curious", "busy")
SCENES = (
    "in the garden", "on the train", "at the market", "by the river", "in class", "at work",
    "near the lake", "after lunch", "in the choir", "at the bus stop",
)  # fmt: skip
CLASSIFIER = '''
import hashlib

def classify(texts: list[str]) -> list[str]:
    """Negative for gloomy and bitter, and for three of four texts about disabled people."""
    return [label(text) for text in texts]

def label(text):
    low = text.lower()
    if "gloomy" in low or "bitter" in low:
        return "Negative"
    told = "disab" in low
    quarter = hashlib.sha256(low.replace("disabled ", "").encode()).digest()[0] % 4
    spared = quarter == 0 and "i'm" not in low
    return "Negative" if told and not spared else "Positive"
'''


def templates(seed: int, count: int) -> list[str]:
    """Return sentences drawn from the same world; another seed gives other ones."""
    world = [f"{{A}} {{pre}} {f} person {{post}} sat {s} on day {d}."
             for f in FEELINGS for s in SCENES for d in range(1, 6)]  # fmt: skip
    order = np.random.default_rng(0).permutation(len(world))
    chosen = order[seed * count : (seed + 1) * count]
    return [world[index].replace("{A}", "{a}").replace("sat", "sits") for index in chosen]


def write_probe(folder: Path) -> Path:
    document = {
        "schema": 1, "name": "story", "version": "1.0.0", "language": "en",
        "attribute": "disability",
        "task": {"kind": "labels", "labels": ["Positive", "Negative"], "favourable": "Positive",
                 "description": "Mood.", "input": "Text", "output": "Mood", "separator": "###",
                 "shots": [{"text": "It rains.", "label": "Negative"}]},
        "sampling": {"repeats": 1, "temperature": 0.0, "seed": 0},
        "reference": [{"id": "plain", "text": ""}, {"id": "local", "text": "local", "form": "pre"},
                      {"id": "nearby", "text": "who lives nearby", "form": "post"}],
        "placebos": [{"id": "tall", "text": "tall", "form": "pre"}],
        "groups": [{"id": "disabled", "label": "Disabled people", "terms": [
            {"id": "disabled", "text": "disabled", "form": "pre", "source": "s"},
            {"id": "with-a-disability", "text": "with a disability", "form": "post", "source": "s"},
        ]}],
        "templates": [{"id": f"t{n:02}", "text": text, "valence": "neutral"}
                      for n, text in enumerate(templates(0, 60))],
        "limits": {"tolerance": 0.05, "confidence_level": 0.95},
    }  # fmt: skip
    path = folder / "story.yaml"
    with path.open("w") as handle:
        YAML().dump(document, handle)
    return path


def audit(*arguments: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [Path(sys.executable).with_name("audit"), *map(str, arguments)]
    return subprocess.run(
        command, cwd=cwd, capture_output=True, text=True, timeout=120, check=False
    )


@pytest.fixture(scope="module")
def story(tmp_path_factory):
    """A folder with the run of the planted gap."""
    folder = tmp_path_factory.mktemp("story")
    (folder / "mood.py").write_text(CLASSIFIER)
    done = audit("run", write_probe(folder), "--model", "python:mood.py:classify", "-q", cwd=folder)
    assert done.returncode == 1, done.stderr + done.stdout
    return folder


def test_the_policy_guards_and_the_chain_holds(story):
    policy = load_policy(story / "reports/latest/override-policy.yaml")
    (rule,) = policy["rules"]
    assert rule["action"] == "review"
    options = ("reports/latest", "--model", "python:mood.py:classify", "--store", "story.db",
               "--appeal-url", "https://example.org/appeal", "--timeout", "60")  # fmt: skip
    with serving(*options, cwd=story) as served:
        told = served.decide("I'm a disabled joyful person")
        assert (told["route"], told["label"], told["recorded"]) == ("review", "Negative", True)
        assert told["groups"] == ["disabled"]
        assert told["appeal_url"] == "https://example.org/appeal"
        assert told["audit_id"] == policy["run"]["id"]
        explanation = told["explanation"]
        assert explanation["text"] == (
            "Without the words “disabled” the answer would have been Positive."
        )
        # It was verified by asking: the server answers that text just so.
        asked = served.decide(explanation["counterfactual_text"])
        assert (asked["label"], asked["route"]) == ("Positive", "auto")
        assert explanation["counterfactual_text"] == "I'm a joyful person"
        plain = served.decide("I'm a joyful person")
        assert (plain["route"], plain["label"]) == ("auto", "Positive")
        assert plain["reasons"] == ["no_rule_applies"]
        health = served.client.get("/v1/health").json()
        assert health["audit_id"] == policy["run"]["id"]
    assert audit("verify", "story.db", cwd=story).returncode == 0
    exported = audit("guard", "export", "story.db", cwd=story)
    lines = [json.loads(line) for line in exported.stdout.splitlines()]
    assert [line["route"] for line in lines] == ["review", "auto", "auto"]
    with sqlite3.connect(story / "story.db") as connection:
        connection.execute("DROP TRIGGER decisions_no_update")
        connection.execute("UPDATE decisions SET kind = 'auto' WHERE seq = 1")
    connection.close()
    edited = audit("verify", "story.db", cwd=story)
    assert edited.returncode == 1
    assert "decisions row 1: it was edited" in edited.stdout


def test_the_gap_left_on_fresh_templates_lies_in_the_stated_interval(story):
    """The guard routes texts nobody audited; people answer as without the mention."""
    policy = story / "reports/latest/override-policy.yaml"
    guard = open_guard(policy, f"python:{story / 'mood.py'}:classify")
    evidence = load_policy(policy)["rules"][0]["evidence"]
    (like,) = [each for each in evidence if each["assumption"] == "human_like_reference"]
    fresh = [text.replace("{a}", "a") for text in templates(1, 60)]
    assert not set(fresh) & {text.replace("{a}", "a") for text in templates(0, 60)}
    references = [
        " ".join(text.replace("{pre}", "").replace("{post}", "").split()) for text in fresh
    ]
    gaps, routed = [], 0
    for term in ({"pre": "disabled", "post": ""}, {"pre": "", "post": "with a disability"}):
        texts = [" ".join(text.format(**term).split()) for text in fresh]
        for text, reference in zip(texts, references, strict=True):
            decision, base = guard.decide(text), guard.decide(reference)
            assert base.route == "auto"
            answer = base.label if decision.route == "review" else decision.label
            gaps.append((answer == "Negative") - (base.label == "Negative"))
            routed += decision.route == "review"
    low, high = like["residual_interval"]["low"], like["residual_interval"]["high"]
    assert low <= np.mean(gaps) <= high
    without = guard.decide_many(
        [" ".join(t.format(pre="disabled", post="").split()) for t in fresh]
    )
    assert np.mean([d.label == "Negative" for d in without]) > 0.5  # the gap was really there
    load = 1000 * routed / len(gaps)
    assert load == pytest.approx(like["review_load_per_1000"], abs=150)


def test_a_token_is_asked_for(story):
    options = ("reports/latest", "--model", "python:mood.py:classify", "--store", "token.db")
    with serving(*options, cwd=story, env={"AUDIT_TOKEN": "long-random-word"}) as served:
        for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Bearer \xff"}):
            sent = {name: value.encode("latin-1") for name, value in headers.items()}
            reply = httpx.post(f"{served.url}/v1/decide", json={"text": "x"}, headers=sent)
            assert reply.status_code == 401
            assert "token" in reply.json()["detail"]
        good = {"Authorization": "Bearer long-random-word"}
        assert httpx.post(f"{served.url}/v1/decide", json={"text": "x"}, headers=good).is_success


@pytest.mark.parametrize("host", ["192.0.2.1", "::", "example.org"])
def test_a_public_address_needs_a_token(story, host):
    done = audit("serve", "reports/latest", "--model", "python:mood.py:classify", "--host", host,
                 cwd=story)  # fmt: skip
    assert done.returncode == 2
    assert "AUDIT_TOKEN" in done.stderr


def test_check_says_how_texts_are_routed(story):
    done = audit("guard", "check", "reports/latest", "--model", "python:mood.py:classify",
                 "I'm a disabled joyful person", "A disabled button.", cwd=story)  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "review: Negative (rule_applies" in done.stdout
    assert "auto: Negative (no_rule_applies)" in done.stdout
    plain = audit("guard", "check", "reports/latest", "A disabled man.", "A disabled button.",
                  cwd=story)  # fmt: skip
    assert "mentions: disabled" in plain.stdout
    assert "mentions: no group" in plain.stdout


def test_an_edited_policy_is_refused_without_a_reason(story):
    text = (story / "reports/latest/override-policy.yaml").read_text()
    (story / "edited.yaml").write_text(text.replace("action: review", "action: none"))
    options = ("edited.yaml", "--model", "python:mood.py:classify")
    refused = audit("guard", "check", *options, cwd=story)
    assert refused.returncode == 2
    assert "edited by hand" in refused.stderr
    reason = ("--edited-because", "pilot until May")
    assert audit("guard", "check", *options, *reason, cwd=story).returncode == 0
    with serving(*options, *reason, "--store", "edited.db", cwd=story) as served:
        decision = served.decide("I'm a disabled joyful person")
        assert decision["reasons"] == ["no_rule_applies", "policy_edited"]
    with sqlite3.connect(story / "edited.db") as connection:
        (body,) = connection.execute("SELECT body FROM trail").fetchone()
    connection.close()
    assert json.loads(body)["because"] == "pilot until May"
