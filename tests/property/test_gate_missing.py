"""Whatever is taken away from a gate's inputs, it never passes because of it."""

import json
from datetime import UTC, datetime

import pytest

from audit.errors import AuditError
from audit.pipeline.baseline import bless, open_baseline
from audit.pipeline.gate import gate_run
from audit.pipeline.gate_limits import GateOptions, with_limits_file
from audit.runlog import FILE_NAME, RunLogWriter, read_run
from tests.small_runs import make_run

TODAY = datetime.now(UTC).date()
WAIVERS = (
    "schema: 1\nwaivers:\n- group: blind\n  owner: Ana\n  reason: mending\n"
    f"  expires: {TODAY}\n"
)  # fmt: skip
LIMITS = "schema: 1\nmax_gap: 0.2\nbaseline: b.json\nwaivers: w.yaml\nrequire_power: 0.6\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Everything a gate reads: a run with a gap, its waiver, limits, and a blessed baseline."""
    folder = tmp_path_factory.mktemp("gate")
    bless(make_run(folder, output="then"), folder / "b.json", by="Ana", reason="first")
    make_run(folder, {"blind": 2}).rename(folder / "run")
    (folder / "w.yaml").write_text(WAIVERS)
    (folder / "limits.yaml").write_text(LIMITS)
    return folder


def judge(folder, run="run"):
    """Return the exit status of the gate, an error's where there is one."""
    try:
        options = with_limits_file(GateOptions(), folder / "limits.yaml")
        return gate_run(folder / run, options).exit_code
    except AuditError as error:
        return error.exit_code


def test_with_everything_there_it_passes(folder):
    assert judge(folder) == 0


@pytest.mark.parametrize("name", ["b.json", "w.yaml", "limits.yaml", "run/run.jsonl", "run"])
def test_without_a_file(folder, name):
    away = folder / "away"
    (folder / name).rename(away)
    assert judge(folder) in {2, 3}
    away.rename(folder / name)
    assert judge(folder) == 0


@pytest.mark.parametrize("name", ["b.json", "w.yaml", "limits.yaml", "run/run.jsonl"])
@pytest.mark.parametrize("keep", [0.0, 0.3, 0.6, 0.9, 0.999])
def test_with_a_file_torn(folder, name, keep):
    path = folder / name
    whole = path.read_bytes()
    path.write_bytes(whole[: int(keep * len(whole.rstrip()))])
    try:
        code = judge(folder)
        if name == "limits.yaml" and code == 0:  # what is left must still ask for everything
            assert with_limits_file(GateOptions(), path).waivers is not None
        else:
            assert code in {1, 2, 3, 4}, (name, keep)
    finally:
        path.write_bytes(whole)


@pytest.mark.parametrize("line", WAIVERS.splitlines()[2:])
def test_without_a_line_of_the_waiver(folder, line):
    key = line.split(":")[0].strip("- ")
    path = folder / "w.yaml"
    path.write_text(WAIVERS.replace(line, "- {}" if line.startswith("-") else ""))
    assert judge(folder) == 2, key
    path.write_text(WAIVERS)


@pytest.mark.parametrize("key", ["schema_version", "kind", "blessings", "log_gzip_base64"])
def test_without_a_field_of_the_baseline(folder, key):
    path = folder / "b.json"
    whole = path.read_text()
    document = json.loads(whole)
    del document[key]
    path.write_text(json.dumps(document))
    with pytest.raises(AuditError):
        open_baseline(str(path))
    assert judge(folder) == 2
    path.write_text(whole)


def forged(folder, *, header=None, answers=None, footer=None):
    """Write the run again with parts left out and every checksum right."""
    log = read_run(folder / "run")
    (folder / "forged").mkdir(exist_ok=True)
    path = folder / "forged" / FILE_NAME
    path.unlink(missing_ok=True)
    head = {k: v for k, v in log.header.items() if k not in {"type", "schema_version", header}}
    kept = [v for n, v in enumerate(log.variants) if answers is None or n % answers]
    foot = {k: v for k, v in log.footer.items()
            if k not in {"type", "sha256", "n_predictions", "crc", footer}}  # fmt: skip
    with RunLogWriter.create(path, head) as writer:
        writer.predictions(kept, [log.predictions[v.id] for v in kept])
        writer.footer(**foot)
    return "forged"


def judge_or_crash(folder, run):
    """Return the exit status, or the gate's checks where nothing that counts was lost."""
    options = with_limits_file(GateOptions(), folder / "limits.yaml")
    try:
        result = gate_run(folder / run, options)
    except AuditError as error:
        return error.exit_code, ()
    return result.exit_code, [(c.group, c.kind, c.status, c.estimate) for c in result.checks]


def test_without_a_field_of_the_header(folder):
    whole = judge_or_crash(folder, "run")
    names = [name for name in read_run(folder / "run").header if name != "type"]
    decided = {}
    for name in names:
        found = judge_or_crash(folder, forged(folder, header=name))
        decided[name] = found[0]
        assert found[0] != 0 or found == whole, name
    needed = {"spec", "limits", "limits_sha256", "groups", "fillers", "placebos", "run_id", "probe"}
    assert {name for name in needed if decided[name] == 0} == set()


@pytest.mark.parametrize("every", [2, 3, 7])
def test_without_some_answers(folder, every):
    code, _ = judge_or_crash(folder, forged(folder, answers=every))
    assert code == 3


@pytest.mark.parametrize("name", ["status", "finished", "n_requests"])
def test_without_a_field_of_the_footer(folder, name):
    code, _ = judge_or_crash(folder, forged(folder, footer=name))
    assert code == 3
