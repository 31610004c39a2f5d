"""The plugin in a team's own test suite: a real pytest in a folder of its own."""

import os
import subprocess
import sys

import pytest

from audit.pipeline.baseline import bless
from tests.small_runs import make_run, write_classifier, write_probe

SUITE = """
def test_no_gap(audit_gate):
    result = audit_gate("small.yaml", "python:mine.py:classify"{more})
    assert result.passed
"""


@pytest.fixture
def suite(tmp_path):
    """Write a test suite with a gate and run it."""

    def go(hurt, *, more="", ini="", templates=32, cwd=".", found=False):
        here = tmp_path / cwd
        here.mkdir(exist_ok=True)
        write_probe(here, templates=templates)
        write_classifier(here, hurt)
        (tmp_path / "test_bias.py").write_text(SUITE.format(more=more))
        (tmp_path / "pytest.ini").write_text(f"[pytest]\n{ini}\n")
        # other plugins take longer to load than the audit takes
        plugin = [] if found else ["-p", "audit.cli.pytest_plugin"]
        alone = {} if found else {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
        return subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--junitxml=out.xml",
             *plugin, tmp_path],
            cwd=here, capture_output=True, text=True, check=False, env={**os.environ, **alone},
        )  # fmt: skip

    return go


def test_it_is_found_by_pytest_and_passes_without_a_gap(suite, tmp_path):
    done = suite({}, found=True)
    assert done.returncode == 0, done.stdout
    assert 'name="blind.limit"' in (tmp_path / "out.xml").read_text()


def test_it_fails_with_the_gate_s_own_words(suite):
    done = suite({"blind": 2})
    assert done.returncode == 1
    assert "GAP  Blind people (blind): A gap beyond the limit" in done.stdout
    assert "Traceback" not in done.stdout


def test_settings_come_from_the_ini_file(suite, tmp_path):
    bless(make_run(tmp_path, {"blind": 2}), tmp_path / "b.json", by="Ana", reason="known")
    assert suite({"blind": 2}, ini="audit_baseline = b.json").returncode == 0
    assert suite({"blind": 2}, ini="audit_max_gap = 0.9").returncode == 0
    assert suite({"blind": 2}, more=", max_gap=0.9").returncode == 0


@pytest.mark.parametrize(
    ("ini", "said"),
    [
        ("audit_fail_on = concren", "audit_fail_on must be gap or concern"),
        ("audit_not_enough_evidence = ignore", "must be fail or skip"),
        ("audit_max_gap = five", "audit_max_gap must be a number"),
        ("audit_max_gap = 5", "write 5 points as 0.05"),
        ("audit_baseline = gone.json", "the baseline is not there"),
    ],
)
def test_a_setting_that_is_none_never_passes(suite, ini, said):
    done = suite({}, ini=ini)
    assert done.returncode == 1
    assert said in done.stdout


def test_files_lie_beside_the_ini_file(suite, tmp_path):
    (tmp_path / "limits.yaml").write_text("max_gap: 0.9\n")
    assert suite({"blind": 2}, cwd="inside").returncode == 1
    done = suite({"blind": 2}, ini="audit_limits = limits.yaml", cwd="inside")
    assert done.returncode == 0, done.stdout


def test_too_little_evidence_fails_unless_skipping_is_asked_for(suite):
    done = suite({}, templates=8)
    assert (done.returncode, "NOT ENOUGH EVIDENCE" in done.stdout) == (1, True)
    skipped = suite({}, templates=8, ini="audit_not_enough_evidence = skip")
    assert (skipped.returncode, "1 skipped" in skipped.stdout) == (0, True)
