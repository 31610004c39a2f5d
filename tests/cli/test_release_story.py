"""A release, told with the real commands on real files, on a machine without torch."""

import json
import subprocess
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as ET

import pytest

from tests.small_runs import edit, write_classifier, write_probe

NO_TORCH = '''
import sys


class Refuse:
    """Make torch and transformers look as if nobody had installed them."""

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"torch", "transformers"}:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


sys.meta_path.insert(0, Refuse())
'''
TODAY = datetime.now(UTC).date()


@pytest.fixture
def here(tmp_path, audit):
    """Return a call of the command without torch, in a folder with a probe set."""
    (tmp_path / "blocked").mkdir()
    (tmp_path / "blocked" / "sitecustomize.py").write_text(NO_TORCH)
    write_probe(tmp_path)

    def call(*arguments, **env):
        return audit(*arguments, env={"PYTHONPATH": str(tmp_path / "blocked"), **env})

    return call


def run(call, folder, output, *more):
    """Run the audit and return the outcome and the run folder."""
    done = call(
        "run", "small.yaml", "-m", "python:mine.py:classify", "-o", output, "-q",
        "--author", "Bo Chen", *more,
    )  # fmt: skip
    return done, (folder / output / "latest").resolve()


def waive(folder, expires, group="blind"):
    (folder / "waivers.yaml").write_text(
        f"schema: 1\nwaivers:\n- group: {group}\n  owner: Ana Lima <ana@example.org>\n"
        f"  reason: a new prompt is on its way\n  expires: {expires}\n"
    )


def git(folder, *arguments):
    name = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    subprocess.run(["git", *name, *arguments], cwd=folder, check=True, capture_output=True)


def test_the_story(here, tmp_path):
    # The first audit finds nothing, and becomes the baseline, kept in git.
    write_classifier(tmp_path, {})
    first, before = run(here, tmp_path, "first")
    assert first.code == 0, first.err
    blessed = here("bless", before, "--by", "Ana Lima", "--reason", "first release")
    assert blessed.code == 0, blessed.err
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", "audit-baseline.json")
    git(tmp_path, "commit", "-qm", "Bless the first release")

    # A changed prompt makes one group worse: the gate fails, and JUnit says who and by how much.
    write_classifier(tmp_path, {"blind": 2})
    gate = ("--gate", "--baseline", "git:HEAD:audit-baseline.json", "--format", "junit")
    failed, after = run(here, tmp_path, "second", *gate)
    assert failed.code == 1, failed.err
    cases = {case.get("name"): case for case in ET.fromstring(failed.out).iter("testcase")}  # noqa: S314 - our own text
    blind = cases["blind: no larger gap than in the baseline"]
    assert (
        blind.find("failure")
        .get("message")
        .startswith(
            "Blind people: The gap grew, beyond the limit: from +0.0 points to +50.0 points"
        )
    )
    assert cases["deaf: no larger gap than in the baseline"].find("failure") is None
    comparison = json.loads((after / "results.json").read_text())["comparison"]
    assert [row["change"] for row in comparison["groups"]] == ["worse", "same"]

    # A waiver lets it pass until its date, and not a day longer.
    judge = ("gate", after, "--baseline", "audit-baseline.json", "--allow", "waivers.yaml")
    waive(tmp_path, TODAY)
    passed = here(*judge)
    assert passed.code == 0, passed.out
    assert "WAIVED" in passed.out
    waive(tmp_path, TODAY - timedelta(days=1))
    expired = here(*judge)
    assert expired.code == 2
    assert "waivers.yaml:6: the waiver for 'blind' expired" in expired.err

    # Two people sign; the one who ran it may not.
    sign = ("signoff", after, "--decision", "conditions", "--condition", "A person reviews.",
            "--residual-risk", "Blind people are treated worse.", "--risk-owner", "Cy Ng",
            "--oversight", "Weekly review.", "--expires", TODAY + timedelta(days=30))  # fmt: skip
    own = here(*sign, "--by", "bo chen")
    assert (own.code, "nobody signs their own run" in own.err) == (2, True)
    assert here(*sign, "--by", "Ana Lima").code == 0
    assert here("verify", after).code == 1
    second = here("signoff", after, "--by", "Dee Roy", "--decision", "approve")
    assert second.code == 0, second.err
    verified = here("verify", after)
    assert verified.code == 0, verified.out
    assert "Approved by two people, with conditions." in (after / "index.html").read_text()

    # The pack carries it all; one byte changed anywhere is found.
    assert here("export", after, "--to", "pack", "-o", "release.zip").code == 0
    assert here("verify", "release.zip").code == 0
    edit(after / "override-policy.yaml", b"e", b"E")
    changed = here("verify", after)
    assert changed.code == 1
    assert "FINDING  override-policy.yaml was changed after signing" in changed.out


def test_every_command_works_without_torch(here, tmp_path):
    write_classifier(tmp_path, {"blind": 2})
    _, one = run(here, tmp_path, "one")
    summary = tmp_path / "summary.md"
    for code, arguments in (
        (0, ("compare", one, one)),
        (1, ("gate", one, "--format", "github", "--format", "md")),
        (1, ("report", one, "--format", "junit", "--format", "github")),
        (0, ("gate", one, "--max-gap", "0.9", "--format", "json")),
        (0, ("report", one, "--tolerance", "0.9")),
        *((0, ("export", one, "--to", form, "-o", f"out.{form}"))
          for form in ("csv", "parquet", "json", "junit", "model-card")),
        (0, ("export", one, "--to", "mlflow", "--tracking-uri", f"file:{tmp_path / 'store'}")),
        (0, ("export", one, "--to", "csv", "--table", "pairs", "-o", "-")),
    ):  # fmt: skip
        done = here(*arguments, GITHUB_STEP_SUMMARY=str(summary))
        assert done.code == code, (arguments, done.out, done.err)
        assert "Traceback" not in done.err
    assert (
        "::error title=audit%3A Blind people::A gap beyond the limit"
        in here("gate", one, "--max-gap", "0.05", "--format", "github").out
    )
    assert summary.read_text().startswith("### The gate fails")


def test_the_latest_run_as_baseline_is_the_one_before(here, tmp_path):
    write_classifier(tmp_path, {})
    run(here, tmp_path, "one")
    write_classifier(tmp_path, {"blind": 2})
    done, after = run(here, tmp_path, "one", "--gate", "--baseline", "one/latest")
    assert done.code == 1, done.err
    assert "The gap grew, beyond the limit" in done.out
    itself = here("gate", after, "--baseline", "one/latest")
    assert (itself.code, "this very run" in itself.err) == (2, True)


@pytest.mark.parametrize(
    ("more", "code", "said"),
    [
        (("--baseline", "gone.json"), 2, "the baseline is not there"),
        (("--limits", "gone.yaml"), 2, "the limits file cannot be read"),
        (("--allow", "old.yaml"), 2, "expired on"),
    ],
)
def test_what_is_wrong_with_a_gate_is_said_before_anything_is_asked(
    here, tmp_path, more, code, said
):
    write_classifier(tmp_path, {})
    waive(tmp_path, TODAY - timedelta(days=1))
    (tmp_path / "waivers.yaml").rename(tmp_path / "old.yaml")
    done = here("run", "small.yaml", "-m", "python:mine.py:classify", "--gate", *more)
    assert (done.code, said in done.err) == (code, True), done.err
    assert not (tmp_path / "reports").exists()


@pytest.mark.parametrize("limit", ["5", "nan"])
def test_a_limit_in_points_is_refused_everywhere(here, tmp_path, limit):
    write_classifier(tmp_path, {"blind": 2})
    _, folder = run(here, tmp_path, "one")
    target = ("small.yaml", "-m", "python:mine.py:classify")
    for arguments in (
        ("run", *target, "--tolerance", limit),
        ("report", folder, "--tolerance", limit),
        ("gate", folder, "--max-gap", limit),
        ("gate", folder, "--require-power", limit),
        ("compare", folder, folder, "--max-increase", limit),
    ):
        done = here(*arguments)
        assert done.code == 2, (arguments, done.out, done.err)
        assert "write 5 points as 0.05" in done.err
        assert "Traceback" not in done.err


@pytest.mark.parametrize("form", ["csv", "parquet", "model-card", "pack"])
def test_a_place_that_cannot_be_written_is_said(here, tmp_path, form):
    write_classifier(tmp_path, {})
    _, folder = run(here, tmp_path, "one")
    done = here("export", folder, "--to", form, "-o", "/proc/none/out")
    assert done.code == 3
    assert "cannot be written" in done.err
    assert "Traceback" not in done.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("gate", "RUN", "--baseline", "gone.json"), "the baseline is not there"),
        (("gate", "RUN", "--allow", "gone.yaml"), "the waivers file cannot be read"),
        (("gate", "RUN", "--limits", "gone.yaml"), "the limits file cannot be read"),
        (("run", "small.yaml", "-m", "vader", "--baseline", "b.json"), "add --gate"),
        (("export", "RUN", "--to", "pack", "-o", "-"), "cannot be printed"),
    ],
)
def test_what_is_missing_is_an_error(here, tmp_path, arguments, said):
    write_classifier(tmp_path, {})
    _, folder = run(here, tmp_path, "one")
    done = here(*(folder if each == "RUN" else each for each in arguments))
    assert done.code == 2
    assert said in done.err


def test_a_gate_on_a_folder_without_a_run_is_a_failed_run(here):
    done = here("gate", "nowhere", "--format", "junit")
    assert done.code == 3
    assert ET.fromstring(done.out).get("errors") == "1"  # noqa: S314 - our own text
