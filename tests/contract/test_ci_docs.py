"""What docs/ci.md shows is valid YAML, names options that exist, and does what it says."""

import re
import subprocess
import sys
from pathlib import Path

import click
import pytest
from ruamel.yaml import YAML

from audit.cli.main import COMMANDS, app
from audit.pipeline.baseline import bless
from tests.small_runs import make_run, write_classifier, write_probe

PAGE = Path(__file__).parents[2] / "docs" / "ci.md"
BLOCKS = [YAML().load(text) for text in re.findall(r"```yaml\n(.*?)```", PAGE.read_text(), re.S)]
WORKFLOW, CALLER, GITLAB = BLOCKS
EXPRESSION = re.compile(r"\$\{\{.*?\}\}")


def steps():
    return WORKFLOW["jobs"]["gate"]["steps"]


def scripts():
    """Return every shell line of the page that calls audit."""
    lines = [step["run"] for step in steps() if "run" in step]
    lines += GITLAB["bias-gate"]["script"]
    lines += re.findall(r"^    (audit .*)$", PAGE.read_text(), re.M)
    return [line for line in lines if line.startswith("audit ")]


def test_the_workflow_is_a_reusable_one():
    assert set(WORKFLOW) == {"name", "on", "permissions", "jobs"}
    inputs = WORKFLOW["on"]["workflow_call"]["inputs"]
    assert inputs["model"]["required"] is True
    for step in steps():
        assert ("uses" in step) is not ("run" in step)
    used = set(re.findall(r"inputs\.(\w+)", str(WORKFLOW["jobs"])))
    assert used <= set(inputs)
    assert set(CALLER["jobs"]["bias"]["with"]) <= set(inputs)


def test_no_script_holds_an_expression_that_could_be_code():
    for step in steps():
        assert not EXPRESSION.search(step.get("run", ""))


def test_the_gitlab_job_keeps_its_report_whatever_happens():
    job = GITLAB["bias-gate"]
    assert job["artifacts"]["when"] == "always"
    assert job["artifacts"]["reports"]["junit"] in " ".join(job["script"])


@pytest.mark.parametrize("line", scripts())
def test_every_command_and_option_exists(line):
    words = line.split(" > ")[0].split(" || ")[0].split()
    assert words[1] in COMMANDS
    command = app.get_command(click.Context(app), words[1])
    known = {name for item in command.params for name in item.opts}
    assert {word for word in words if word.startswith("--")} <= known


@pytest.mark.parametrize("hurt", [{}, {"blind": 2}])
def test_the_scripts_do_what_they_say(tmp_path, hurt):
    bless(make_run(tmp_path, output="then"), tmp_path / "audit-baseline.json", by="A", reason="r")
    write_probe(tmp_path)
    write_classifier(tmp_path, hurt)
    (tmp_path / "waivers.yaml").write_text("schema: 1\nwaivers: []\n")
    env = {
        "MODEL": "python:mine.py:classify", "PROBES": "small.yaml", "AUDIT_AUTHOR": "bo",
        "BASELINE": "audit-baseline.json", "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
        "HOME": str(tmp_path), "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"),
    }  # fmt: skip
    judge, junit = (s["run"] for s in steps() if s.get("run", "").startswith("audit"))
    done = shell(judge, tmp_path, env)
    assert done.returncode == (1 if hurt else 0), done.stderr
    assert ("::error" in done.stdout) is bool(hurt)
    assert (tmp_path / "summary.md").read_text().startswith("### The gate")
    assert shell(junit, tmp_path, env).returncode == 0
    assert ('failures="1"' in (tmp_path / "audit-junit.xml").read_text()) is bool(hurt)
    gitlab = GITLAB["bias-gate"]["script"][-1].replace("disability", "small.yaml")
    gitlab = gitlab.replace("python:my_package:classify", "python:mine.py:classify")
    assert shell(gitlab, tmp_path, env).returncode == (1 if hurt else 0)


def shell(line, folder, env):
    """Run a line as a CI system does."""
    return subprocess.run(
        ["bash", "-e", "-c", line], cwd=folder, env=env, capture_output=True, text=True, check=False
    )  # fmt: skip
