"""Configuration: flags over variables over file over defaults; errors carry file:line."""

import pytest


def test_origins_follow_the_precedence(audit, tmp_path):
    (tmp_path / "audit.yaml").write_text("model: vader\nrepeats: 3\n")
    out = audit("config", "show", "--origin", env={"AUDIT_SEED": "4", "AUDIT_REPEATS": "9"}).out
    lines = {line.split(" = ")[0]: line.split(" = ")[1].split() for line in out.splitlines()}
    assert lines["model"] == ["vader", "audit.yaml:1"]
    assert lines["repeats"] == ["9", "environment", "AUDIT_REPEATS"]
    assert lines["seed"] == ["4", "environment", "AUDIT_SEED"]
    assert lines["device"] == ["auto", "default"]


def test_the_nearest_file_is_found_from_below(audit, tmp_path):
    (tmp_path / "pyproject.toml").write_text('[tool.audit]\nmodel = "vader"\n')
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    assert "pyproject.toml" in audit("config", "show", "--origin", cwd=below).out
    (below / "audit.yaml").write_text("model: textblob\n")
    assert "textblob" in audit("config", "show", cwd=below).out


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("model: vader\nrepeat: 3\n", ["audit.yaml:2", "'repeat'", "did you mean 'repeats'"]),
        ("repeats: many\n", ["audit.yaml:1", "repeats"]),
        ("- a\n- b\n", ["must be a mapping"]),
        ("a: [\n", ["not a YAML file"]),
    ],
)
def test_a_file_that_cannot_be_used_exits_2_and_says_why(audit, tmp_path, text, said):
    (tmp_path / "audit.yaml").write_text(text)
    done = audit("config", "show")
    assert done.code == 2
    assert all(part in done.err for part in said)
    assert "Traceback" not in done.err


def test_a_named_file_that_is_missing_is_an_error(audit):
    done = audit("--config", "nowhere.yaml", "config", "show")
    assert done.code == 2
    assert "nowhere.yaml" in done.err


def test_code_that_only_a_found_file_names_is_not_run(audit, tmp_path):
    (tmp_path / "mine.py").write_text(
        "open('ran', 'w').close()\ndef f(texts):\n    return [0.5] * len(texts)\n"
    )
    (tmp_path / "audit.yaml").write_text("model: python:mine.py:f\n")
    done = audit("run", "disability")
    assert done.code == 2
    assert "--model python:mine.py:f" in done.err
    assert not (tmp_path / "ran").exists()
    assert not (tmp_path / "reports").exists()
