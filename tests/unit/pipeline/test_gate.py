"""The gate: never passes because something is missing, and says why."""

import base64
import dataclasses
import json
import math
import subprocess
from datetime import UTC, date, datetime, timedelta

import pytest

from audit.errors import ConfigError, ResultsError, RunLogError
from audit.pipeline import RunOptions, run_audit
from audit.pipeline.baseline import bless, open_baseline
from audit.pipeline.gate import exit_code, gate_run
from audit.pipeline.gate_limits import GateOptions, with_limits_file
from audit.records import GateCheck
from audit.runlog import read_run
from tests.small_runs import edit, make_run, statuses, write_classifier, write_probe

TODAY = datetime.now(UTC).date()
WAIVER = (
    "schema: 1\nwaivers:\n"
    "- {{group: {group}, owner: {owner}, reason: {reason}, expires: {expires}{more}}}\n"
)


def waivers(tmp_path, *, group="blind", owner="Ana", reason="mending", expires=TODAY, more=""):
    path = tmp_path / "waivers.yaml"
    path.write_text(
        WAIVER.format(group=group, owner=owner, reason=reason, expires=expires, more=more)
    )
    return str(path)


def test_a_run_without_a_gap_passes(plain_run):
    result = gate_run(plain_run, GateOptions())
    assert (result.exit_code, result.passed) == (0, True)
    assert statuses(result.checks) == {"blind": "passed", "deaf": "passed"}


def test_a_gap_fails(hurt_run):
    result = gate_run(hurt_run, GateOptions())
    assert result.exit_code == 1
    assert "treated worse; limit 5 points" in result.checks[0].message


def test_another_limit_is_used_and_shown(hurt_run):
    result = gate_run(hurt_run, GateOptions(max_gap=0.9))
    assert result.exit_code == 0
    assert any("fixed before it was 5 points" in note for note in result.notes)
    assert gate_run(hurt_run, GateOptions(max_gap_of={"blind": 0.9})).exit_code == 0


def test_the_baseline_judges_the_change(plain_run, hurt_run, hurt_again):
    worse = gate_run(hurt_run, GateOptions(baseline=str(plain_run)))
    assert statuses(worse.checks) == {"blind": "gap", "deaf": "passed"}
    assert worse.exit_code == 1
    same = gate_run(hurt_again, GateOptions(baseline=str(hurt_run)))
    assert same.exit_code == 0
    assert any("Only the change" in note for note in same.notes)
    both = gate_run(hurt_again, GateOptions(baseline=str(hurt_run), max_gap=0.05))
    assert both.exit_code == 1


def test_a_run_is_no_baseline_of_itself(plain_run, tmp_path):
    bless(plain_run, tmp_path / "b.json", by="Ana", reason="first")
    for baseline in (plain_run, tmp_path / "b.json"):
        with pytest.raises(ConfigError, match="this very run"):
            gate_run(plain_run, GateOptions(baseline=str(baseline)))


@pytest.mark.parametrize("limit", [5, 1.0, math.inf, math.nan])
@pytest.mark.parametrize("name", ["max_gap", "max_increase", "require_power"])
def test_a_limit_that_no_gap_breaks_is_refused(plain_run, hurt_run, name, limit):
    with pytest.raises(ConfigError, match=r"write 5 points as 0\.05") as error:
        gate_run(hurt_run, GateOptions(baseline=str(plain_run), **{name: limit}))
    assert error.value.exit_code == 2
    with pytest.raises(ConfigError, match=r"write 5 points as 0\.05"):
        gate_run(hurt_run, GateOptions(max_gap_of={"blind": limit}))


def test_a_run_that_asks_less_than_its_baseline_never_passes(tmp_path, plain_run):
    less = run_audit(
        write_probe(tmp_path), write_classifier(tmp_path, {}), output=tmp_path / "less",
        options=RunOptions(limit=30),
    ).folder  # fmt: skip
    result = gate_run(less, GateOptions(baseline=str(plain_run)))
    assert result.exit_code == 4
    assert "sentences of the baseline were not asked again" in result.checks[0].message
    more = gate_run(plain_run, GateOptions(baseline=str(less)))
    assert (more.exit_code, more.checks[0].status) == (0, "passed")


def test_a_partial_baseline_is_an_error_unless_allowed(plain_run, hurt_run):
    log = read_run(plain_run)
    partial = dataclasses.replace(log, footer={**log.footer, "status": "partial"})
    options = GateOptions(baseline="then")
    with pytest.raises(RunLogError, match="the baseline is partial"):
        gate_run(hurt_run, options, baseline=partial)
    allowed = dataclasses.replace(options, allow_partial=True)
    assert gate_run(hurt_run, allowed, baseline=partial).exit_code == 1


def test_enough_power_can_be_asked_for(plain_run):
    assert gate_run(plain_run, GateOptions(require_power=0.2)).exit_code == 0
    weak = gate_run(plain_run, GateOptions(require_power=0.01))
    assert weak.exit_code == 4
    assert "1 points was asked" in weak.checks[-1].message


def test_runs_that_cannot_be_compared_never_pass(tmp_path, plain_run):
    other = make_run(tmp_path, probe=write_probe(tmp_path, templates=20))
    result = gate_run(plain_run, GateOptions(baseline=str(other)))
    assert result.exit_code == 4
    assert "another probe set" in result.checks[0].message


def check(status):
    return GateCheck(kind="limit", group="g", label="G", status=status, message="m", limit=0.05)


@pytest.mark.parametrize(
    ("found", "code", "strict"),
    [
        ([], 4, 4),
        (["passed", "waived"], 0, 0),
        (["passed", "not_enough_evidence"], 4, 4),
        (["concern", "passed"], 4, 1),
        (["gap", "concern"], 1, 1),
    ],
)
def test_the_exit_code_is_that_of_the_worst_check(found, code, strict):
    checks = [check(status) for status in found]
    assert exit_code(checks, fail_on_concern=False) == code
    assert exit_code(checks, fail_on_concern=True) == strict


class TestWaivers:
    def test_a_waiver_holds_on_its_last_day(self, tmp_path, hurt_run):
        result = gate_run(hurt_run, GateOptions(waivers=waivers(tmp_path)))
        assert result.exit_code == 0
        assert result.checks[0].status == "waived"
        assert f"Waived by Ana until {TODAY}" in result.checks[0].message

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            ({"expires": TODAY - timedelta(days=1)}, "expired on"),
            ({"expires": "soon"}, "no date"),
            ({"more": ", max_gap: .inf"}, "positive number"),
            ({"expires": "null"}, "expires is missing"),
            ({"owner": "''"}, "owner is missing"),
            ({"reason": "null"}, "reason is missing"),
            ({"group": "blnd"}, "did you mean 'blind'"),
            ({"more": ", until: never"}, "unknown key 'until'"),
            ({"more": ", max_gap: -1"}, "positive number"),
        ],
    )
    def test_a_waiver_that_is_no_waiver_is_an_error_with_its_line(
        self, tmp_path, hurt_run, change, said
    ):
        with pytest.raises(ConfigError, match=r"waivers\.yaml:3") as error:
            gate_run(hurt_run, GateOptions(waivers=waivers(tmp_path, **change)))
        assert said in str(error.value)
        assert error.value.exit_code == 2

    @pytest.mark.parametrize("text", ["waivers: [" * 3000, "expires: 2026-02-30", "a: b: c"])
    def test_a_file_that_is_no_yaml_is_an_error(self, tmp_path, hurt_run, text):
        (tmp_path / "w.yaml").write_text(text)
        with pytest.raises(ConfigError, match="is no YAML"):
            gate_run(hurt_run, GateOptions(waivers=str(tmp_path / "w.yaml")))

    def test_all_problems_are_named_at_once(self, tmp_path, hurt_run):
        path = waivers(tmp_path, owner="''", reason="''", expires=TODAY - timedelta(days=3))
        with pytest.raises(ConfigError, match="3 problems"):
            gate_run(hurt_run, GateOptions(waivers=path))

    def test_a_missing_file_is_an_error(self, hurt_run):
        with pytest.raises(ConfigError, match="cannot be read"):
            gate_run(hurt_run, GateOptions(waivers="gone.yaml"))

    def test_a_waiver_reaches_no_further_than_it_says(self, tmp_path, hurt_run):
        path = waivers(tmp_path, more=", max_gap: 0.2")
        result = gate_run(hurt_run, GateOptions(waivers=path))
        assert (result.exit_code, result.checks[0].status) == (1, "gap")

    def test_missing_evidence_cannot_be_waived(self, tmp_path, plain_run):
        options = GateOptions(require_power=0.01, waivers=waivers(tmp_path))
        assert gate_run(plain_run, options).exit_code == 4

    def test_a_waiver_of_another_probe_set_is_left_alone(self, tmp_path, hurt_run):
        path = waivers(tmp_path, group="women", more=", probe: gender")
        assert gate_run(hurt_run, GateOptions(waivers=path)).exit_code == 1

    def test_a_clock_behind_the_run_judges_no_date(self, tmp_path, hurt_run):
        options = GateOptions(waivers=waivers(tmp_path, expires=date(2020, 1, 1)))
        with pytest.raises(ConfigError, match="clocks disagree"):
            gate_run(hurt_run, options, now=datetime(2019, 1, 1, tzinfo=UTC))


class TestLimitsFile:
    def test_it_fills_what_the_command_line_leaves_open(self, tmp_path):
        path = tmp_path / "limits.yaml"
        path.write_text(
            "schema: 1\nmax_gap: 0.1\ngroups: {blind: 0.2}\nfail_on: concern\nbaseline: b.json\n"
            "waivers: w.yaml\n"
        )
        found = with_limits_file(GateOptions(max_gap=0.3), path)
        assert (found.max_gap, found.max_gap_of, found.fail_on_concern) == (
            0.3, {"blind": 0.2}, True,
        )  # fmt: skip
        assert (found.baseline, found.waivers) == (
            str(tmp_path / "b.json"),
            str(tmp_path / "w.yaml"),
        )

    def test_every_problem_is_named(self, tmp_path):
        path = tmp_path / "limits.yaml"
        path.write_text("schema: 2\nmaxgap: 0.1\nmax_gap: none\nfail_on: never\n")
        with pytest.raises(ConfigError, match="4 problems") as error:
            with_limits_file(GateOptions(), path)
        assert "limits.yaml:2: unknown key 'maxgap' (did you mean 'max_gap'?)" in str(error.value)

    def test_a_group_that_does_not_exist_is_an_error(self, plain_run):
        with pytest.raises(ConfigError, match="does not have: women"):
            gate_run(plain_run, GateOptions(max_gap_of={"women": 0.1}))


class TestRunsThatCannotBeRead:
    def test_an_edited_log_is_an_error_not_a_pass(self, plain_run, copied):
        folder = copied(plain_run)
        edit(folder / "run.jsonl", b'"Positive"', b'"Negative"')
        result = gate_run(folder, GateOptions())
        assert result.exit_code == 3
        assert "checksum does not match" in result.error

    def test_a_results_file_of_a_newer_schema_is_an_error(self, plain_run, copied):
        folder = copied(plain_run)
        edit(folder / "results.json", b'"schema_version": 1', b'"schema_version": 9')
        result = gate_run(folder, GateOptions())
        assert result.exit_code == 3
        assert "schema version 9" in result.error


class TestBaselines:
    def test_a_blessed_file_keeps_who_when_and_why(self, tmp_path, plain_run, hurt_run, hurt_again):
        path = tmp_path / "baseline.json"
        bless(plain_run, path, by="Ana", reason="first release")
        record = bless(hurt_run, path, by="Ana", reason="the gap is known")
        history = json.loads(path.read_text())["blessings"]
        assert [item["reason"] for item in history] == ["first release", "the gap is known"]
        assert record["previous_run_id"] == history[0]["run_id"]
        assert gate_run(plain_run, GateOptions(baseline=str(path))).exit_code == 0
        assert gate_run(hurt_again, GateOptions(baseline=str(path))).exit_code == 0

    def test_a_git_ref_is_read(self, tmp_path, plain_run, hurt_run, monkeypatch):
        bless(plain_run, tmp_path / "b.json", by="Ana", reason="first")
        for command in (
            ["init", "-q"], ["add", "b.json"],
            ["-c", "user.name=a", "-c", "user.email=a@x", "commit", "-qm", "b"],
        ):  # fmt: skip
            subprocess.run(["git", *command], cwd=tmp_path, check=True)
        (tmp_path / "b.json").unlink()
        monkeypatch.chdir(tmp_path)
        assert gate_run(hurt_run, GateOptions(baseline="git:HEAD:b.json")).exit_code == 1
        with pytest.raises(ConfigError, match="not there"):
            gate_run(hurt_run, GateOptions(baseline="git:v9:b.json"))

    @pytest.mark.parametrize("spec", ["git:main", "git::x", "git:--help:x"])
    def test_a_ref_that_is_none_is_refused(self, spec):
        with pytest.raises(ConfigError, match="git:REF:PATH"):
            open_baseline(spec)

    def test_a_baseline_that_vanished_is_an_error(self, plain_run):
        with pytest.raises(ConfigError, match="a gate never passes because") as error:
            gate_run(plain_run, GateOptions(baseline="gone.json"))
        assert error.value.exit_code == 2

    def test_results_without_their_log_cannot_be_paired(self, tmp_path, plain_run):
        (tmp_path / "results.json").write_bytes((plain_run / "results.json").read_bytes())
        with pytest.raises(ConfigError, match="cannot be paired"):
            open_baseline(str(tmp_path / "results.json"))
        assert open_baseline(str(plain_run / "results.json")).header["author"] == "Bo Chen"

    def test_a_newer_results_file_is_refused(self, tmp_path):
        (tmp_path / "results.json").write_text('{"schema_version": 7}')
        with pytest.raises(ResultsError, match="schema version 7"):
            open_baseline(str(tmp_path / "results.json"))

    def test_an_edited_baseline_is_refused(self, tmp_path, plain_run, hurt_run):
        path = tmp_path / "baseline.json"
        bless(plain_run, path, by="Ana", reason="first")
        other = tmp_path / "other.json"
        bless(hurt_run, other, by="Ana", reason="other")
        document = json.loads(path.read_text())
        document["log_gzip_base64"] = json.loads(other.read_text())["log_gzip_base64"]
        path.write_text(json.dumps(document))
        with pytest.raises(RunLogError, match="edited after it was blessed"):
            open_baseline(str(path))

    @pytest.mark.parametrize("text", ["", "{}", '{"kind": "audit-baseline"}', "[1]"])
    def test_a_file_that_is_no_baseline_is_refused(self, tmp_path, text):
        (tmp_path / "b.json").write_text(text)
        with pytest.raises(ConfigError, match="no baseline"):
            open_baseline(str(tmp_path / "b.json"))

    def test_a_baseline_of_a_newer_schema_is_refused(self, tmp_path, plain_run):
        path = tmp_path / "b.json"
        bless(plain_run, path, by="Ana", reason="first")
        edit(path, b'"schema_version": 1', b'"schema_version": 2')
        with pytest.raises(ConfigError, match="schema version 2"):
            open_baseline(str(path))

    @pytest.mark.parametrize("missing", ["by", "reason"])
    def test_nobody_moves_a_baseline_without_name_and_reason(self, tmp_path, plain_run, missing):
        given = {"by": "Ana", "reason": "r", missing: " "}
        with pytest.raises(ConfigError, match="for a reason"):
            bless(plain_run, tmp_path / "b.json", **given)

    def test_base64_of_something_else_is_refused(self, tmp_path, plain_run):
        path = tmp_path / "b.json"
        bless(plain_run, path, by="Ana", reason="first")
        document = json.loads(path.read_text())
        document["log_gzip_base64"] = base64.b64encode(b"no gzip").decode()
        path.write_text(json.dumps(document))
        with pytest.raises(ConfigError, match="no baseline"):
            open_baseline(str(path))


def test_a_partial_run_is_an_error_unless_allowed(plain_run, monkeypatch):
    import audit.pipeline.gate as room

    real = room.read_run

    def partial(folder):
        log = real(folder)
        return dataclasses.replace(log, footer={**log.footer, "status": "partial"})

    monkeypatch.setattr(room, "read_run", partial)
    assert gate_run(plain_run, GateOptions()).exit_code == 3
    assert gate_run(plain_run, GateOptions(allow_partial=True)).exit_code == 0
