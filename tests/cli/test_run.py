"""`audit run` from end to end: what it writes, what it exits with, and how it fails."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from audit.exports import results_schema
from audit.runlog import read_run

FILES = {"run.jsonl", "results.json", "index.html", "override-policy.yaml"}
PLANTED = '''
def classify(texts):
    """Negative whenever "blind" is said; otherwise decided by the weather."""
    bad = ("sad", "rain")
    return [
        "Negative" if "blind" in t.lower() or any(w in t for w in bad) else "Positive"
        for t in texts
    ]
'''


def probe_file(folder: Path, templates: int = 40, **changes) -> Path:
    """Write a small probe set: two groups, two placebos, three fillers."""
    moods = ["happy", "sad"]
    document = {
        "schema": 1, "name": "small", "version": "1.0.0", "language": "en",
        "attribute": "disability",
        "task": {
            "kind": "labels", "labels": ["Positive", "Negative"], "favourable": "Positive",
            "description": "Decide the mood.", "input": "Text", "output": "Mood",
            "separator": "###",
            "shots": [{"text": "It rains.", "label": "Negative"}],
        },
        "sampling": {"repeats": 1, "temperature": 0.0, "seed": 0},
        "reference": [
            {"id": "plain", "text": ""},
            {"id": "local", "text": "local", "form": "pre"},
            {"id": "nearby", "text": "who lives nearby", "form": "post"},
        ],
        "placebos": [
            {"id": "tall", "text": "tall", "form": "pre"},
            {"id": "who-drinks-tea", "text": "who drinks tea", "form": "post"},
        ],
        "groups": [
            {"id": "blind", "label": "Blind people", "terms": [
                {"id": "blind", "text": "blind", "form": "pre", "source": "s"},
                {"id": "who-is-blind", "text": "who is blind", "form": "post", "source": "s"}]},
            {"id": "deaf", "label": "Deaf people", "terms": [
                {"id": "deaf", "text": "deaf", "form": "pre", "source": "s"},
                {"id": "who-is-deaf", "text": "who is deaf", "form": "post", "source": "s"}]},
        ],
        "templates": [
            {"id": f"t{n:02}", "valence": ["positive", "negative"][n % 2],
             "text": f"In house {n} lives {{a}} {{pre}} {moods[n % 2]} teacher {{post}}."}
            for n in range(templates)
        ],
        "limits": {"tolerance": 0.05, "confidence_level": 0.95},
        **changes,
    }  # fmt: skip
    path = folder / "small.yaml"
    with path.open("w") as handle:
        YAML().dump(document, handle)
    return path


@pytest.fixture
def planted(tmp_path):
    (tmp_path / "mine.py").write_text(PLANTED)
    return probe_file(tmp_path)


def results_of(tmp_path, run="latest"):
    return json.loads((tmp_path / "reports" / run / "results.json").read_text())


def test_a_planted_gap_is_found_and_nothing_else(audit, tmp_path, planted):
    done = audit("run", planted, "--model", "python:mine.py:classify")
    assert done.code == 1, done.err
    folder = (tmp_path / "reports" / "latest").resolve()
    assert {path.name for path in folder.iterdir()} == FILES
    results = results_of(tmp_path)
    Draft202012Validator(results_schema()).validate(results)
    assert {g["id"]: g["verdict"] for g in results["groups"]} == {"blind": "gap", "deaf": "no_gap"}
    blind = results["groups"][0]
    assert blind["estimate"] == pytest.approx(0.5)
    assert (blind["direction"], blind["flips"], blind["n_pairs"]) == ("worse", 40, 80)
    assert results["verdict"] == "gap"
    assert {rule["group"] for rule in results["overrides"]} == {"blind"}
    assert "Report: reports/" in done.out.splitlines()[-2]
    assert "A gap beyond the agreed limit was found." in done.out


def test_results_on_stdout_are_the_file(audit, tmp_path, planted):
    done = audit("run", planted, "--model", "python:mine.py:classify", "--json")
    assert json.loads(done.out) == results_of(tmp_path)


def test_two_runs_differ_in_times_and_ids_only(audit, tmp_path, planted):
    texts = []
    for _ in range(2):
        audit("run", planted, "--model", "python:mine.py:classify")
        folder = (tmp_path / "reports" / "latest").resolve()
        results = results_of(tmp_path)
        names = {results["run_id"]: "RUN", results["started"]: "T", results["finished"]: "T"}
        pair = []
        for name in ("results.json", "index.html"):
            text = (folder / name).read_text()
            for old, new in names.items():
                text = text.replace(old, new)
            pair.append(text)
        texts.append(pair)
        time.sleep(1.1)
    assert texts[0][0] == texts[1][0]
    assert str(tmp_path) not in "".join(texts[0])


def test_report_renders_the_same_bytes_from_the_log_alone(audit, tmp_path, planted):
    audit("run", planted, "--model", "python:mine.py:classify")
    folder = (tmp_path / "reports" / "latest").resolve()
    before = {name: (folder / name).read_bytes() for name in FILES}
    for name in FILES - {"run.jsonl"}:
        (folder / name).unlink()
    planted.unlink()
    (tmp_path / "mine.py").unlink()
    done = audit("report", folder)
    assert done.code == 1, done.err
    assert {name: (folder / name).read_bytes() for name in FILES} == before


def test_several_sets_give_an_index_and_the_worst_exit_status(audit, tmp_path, planted):
    twin = tmp_path / "twin.yaml"
    twin.write_text(planted.read_text().replace("name: small", "name: twin"))
    done = audit("run", planted, twin, "--model", "python:mine.py:classify", "-o", "out")
    assert done.code == 1, done.err
    index = (tmp_path / "out" / "index.html").read_text()
    assert "small" in index
    assert "twin" in index


def test_fewer_templates_are_too_few_to_say(audit, tmp_path, planted):
    done = audit("run", planted, "--model", "python:mine.py:classify", "--limit", 4)
    assert done.code == 4, done.err
    assert {g["reason"] for g in results_of(tmp_path)["groups"]} == {"design"}


def test_a_quick_look_decides_nothing(audit, tmp_path, planted):
    done = audit("run", planted, "--model", "python:mine.py:classify", "--quick")
    assert done.code == 4, done.err
    assert {g["verdict"] for g in results_of(tmp_path)["groups"]} == {"not_enough_evidence"}
    assert "without --quick" in done.out.splitlines()[-1]


def test_an_answer_that_is_no_label_is_counted_and_never_a_pass(audit, tmp_path, planted):
    (tmp_path / "mine.py").write_text("def f(texts):\n    return ['maybe'] * len(texts)\n")
    done = audit("run", planted, "--model", "python:mine.py:f")
    assert done.code == 4, done.err
    results = results_of(tmp_path)
    assert results["overall"]["unparsed_rate"] == 1.0
    assert all(group["estimate"] is None for group in results["groups"])


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("def f(texts):\n    raise KeyError('boom')\n", "boom"),
        ("def f(texts):\n    return ['Positive']\n", "mine.py"),
        ("def f(texts):\n    return [float('nan')] * len(texts)\n", ""),
        ("def f(texts):\n    return [{'Positive': 1.4}] * len(texts)\n", ""),
        ("f = 3\n", ""),
        ("import not_there_at_all\n", "not_there_at_all"),
    ],
)
def test_a_function_that_fails_is_a_clear_error(audit, tmp_path, planted, code, said):
    (tmp_path / "mine.py").write_text(code)
    done = audit("run", planted, "--model", "python:mine.py:f")
    assert done.code in {2, 3}
    assert said in done.err
    assert "Error:" in done.err
    assert "Traceback" not in done.err
    assert not list(tmp_path.glob("reports/*/results.json"))


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ("vadr", "vader"),
        ("causal:no/such-model", "no/such-model"),
        ("classifier:nowhere", "nowhere"),
        ("recorded:missing.csv", "missing.csv"),
        ("python:mine.py", "python:"),
        ("python:mine.py:nothing", "nothing"),
    ],
)
def test_a_model_that_cannot_be_had_says_what_and_writes_nothing(
    audit, tmp_path, planted, model, said
):
    done = audit("run", planted, "--model", model)
    assert done.code in {2, 3}
    assert said in done.err
    assert "Traceback" not in done.err
    assert not (tmp_path / "reports").exists()


def test_a_set_without_groups_has_nothing_to_audit(audit, tmp_path):
    (tmp_path / "mine.py").write_text(PLANTED)
    done = audit("run", probe_file(tmp_path, groups=[]), "--model", "python:mine.py:classify")
    assert done.code in {2, 5}
    assert "group" in done.err


def test_a_failed_run_is_resumed_with_the_same_results(audit, tmp_path, planted):
    audit("run", planted, "--model", "python:mine.py:classify", "-o", "whole")
    whole = json.loads((tmp_path / "whole" / "latest" / "results.json").read_text())
    source = PLANTED + "\nimport os\n_inner, _calls = classify, []\n" + (
        "def classify(texts):\n    _calls.append(1)\n"
        "    if len(_calls) > 2 and os.environ.get('FAIL'):\n        raise RuntimeError('down')\n"
        "    return _inner(texts)\n"
    )  # fmt: skip
    (tmp_path / "mine.py").write_text(source)
    command = ("run", planted, "--model", "python:mine.py:classify", "--batch-size", 16)
    broken = audit(*command, env={"FAIL": "1"})
    assert broken.code == 3
    (folder,) = (p for p in (tmp_path / "reports").iterdir() if not p.is_symlink())
    assert {path.name for path in folder.iterdir()} == {"run.jsonl"}
    assert len(read_run(folder).predictions) == 16  # one call, at the start, asks what it gives
    assert audit("report", folder).code == 3
    again = audit(*command, "--resume", folder)
    assert again.code == 1, again.err
    results = json.loads((folder / "results.json").read_text())
    for name in ("groups", "terms", "placebos", "overall", "overrides", "verdict"):
        assert results[name] == whole[name]


def test_a_partial_run_keeps_its_exit_status_and_says_what_is_missing(audit, tmp_path, planted):
    source = PLANTED + (
        "\n_inner, _calls = classify, []\ndef classify(texts):\n    _calls.append(1)\n"
        "    if len(_calls) > 20:\n        raise RuntimeError('down')\n    return _inner(texts)\n"
    )
    (tmp_path / "mine.py").write_text(source)
    done = audit(
        "run", planted, "--model", "python:mine.py:classify", "--batch-size", 8, "--allow-partial"
    )
    assert done.code == 3, done.err
    results = results_of(tmp_path)
    assert results["status"] == "partial"
    assert [w for w in results["warnings"] if w["code"] == "partial_run"]


def test_another_model_cannot_resume_a_run(audit, tmp_path, planted):
    (tmp_path / "slow.py").write_text("def f(texts):\n    raise RuntimeError\n")
    audit("run", planted, "--model", "python:slow.py:f")
    (folder,) = (p for p in (tmp_path / "reports").iterdir() if not p.is_symlink())
    done = audit("run", planted, "--model", "python:mine.py:classify", "--resume", folder)
    assert done.code == 2
    assert "not the same run" in done.err


@pytest.mark.parametrize("notice", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_or_a_scheduler_leaves_a_resumable_run(audit, tmp_path, planted, notice):
    (tmp_path / "mine.py").write_text(
        "import pathlib, time\ncalls = []\n"
        + PLANTED.replace(
            "    bad =",
            "    calls.append(1)\n"
            "    if len(calls) > 3 and not pathlib.Path('resumed').exists():\n"
            "        time.sleep(60)\n"
            "    bad =",
        )
    )
    command = ["run", str(planted), "--model", "python:mine.py:classify", "--batch-size", "8"]
    # a test run started in the background hands down that Ctrl-C is ignored
    started = (
        "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); "
        "from audit.cli.main import main; sys.exit(main())"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", started, *command],
        cwd=tmp_path, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True,
        env={**os.environ, "AUDIT_PLAIN": "1"},
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        logs = list(tmp_path.glob("reports/*/run.jsonl"))
        if logs and logs[0].read_bytes().count(b"\n") > 8:
            break
        time.sleep(0.05)
    process.send_signal(notice)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "--resume" in err
    assert "Traceback" not in err
    log = read_run(logs[0])
    assert log.footer["status"] == "interrupted"
    (tmp_path / "resumed").touch()
    assert audit(*command, "--resume", logs[0].parent).code == 1


def test_a_default_run_opens_no_connection(audit, tmp_path, planted):
    spy = tmp_path / "sitecustomize.py"
    spy.write_text(
        "import socket, sys\n"
        "def refuse(self, address):\n    open('connected', 'a').write(repr(address))\n"
        "    raise OSError('refused')\n"
        "socket.socket.connect = refuse\n"
    )
    done = audit(
        "run",
        planted,
        "--model",
        "python:mine.py:classify",
        env={"PYTHONPATH": str(tmp_path)},
        fresh=True,
    )
    assert done.code == 1, done.err
    assert not (tmp_path / "connected").exists()
