"""A disk that is really full, at each stage of a run: stopped with a reason, and nothing lost."""

import json

import pytest

from audit.runlog import read_run
from tests.small_disk import small_disk
from tests.small_runs import write_classifier, write_probe

REPORT = "audit report"


@pytest.fixture
def disk(tmp_path):
    with small_disk(tmp_path / "disk") as made:
        yield made


def results(folder):
    text = (folder / "results.json").read_text()
    for name in ("run_id", "started", "finished"):
        value = json.dumps(json.loads(text)[name])
        text = text.replace(f'"{name}": {value}', f'"{name}": ""')
    return text


def stopped(done):
    assert done.code == 3
    assert "No space left on device" in done.err
    assert "What to do: free some space" in done.err
    assert "Traceback" not in done.err
    return done.err


def test_a_full_disk_stops_a_run_at_any_stage_and_loses_nothing(audit, tmp_path, disk):
    write_probe(tmp_path, templates=8)
    target = write_classifier(tmp_path, {"blind": 2})
    command = ("run", "small.yaml", "-m", target, "--batch-size", 8, "-o")
    code = audit(*command, "free").code
    assert code in (0, 1, 4)
    (free,) = (tmp_path / "free").glob("2*")
    sizes = {path.name: path.stat().st_size for path in free.iterdir()}

    disk.fill()
    assert "--output" in stopped(audit(*command, "disk"))
    assert not list(disk.folder.rglob("run.jsonl"))

    log = sizes["run.jsonl"]
    disk.fill(leave=log // 2)
    assert "--resume" in stopped(audit(*command, "disk"))
    (path,) = disk.folder.rglob("run.jsonl")
    kept = read_run(path.parent)
    assert not kept.torn
    assert 0 < kept.n_answers < 96

    disk.fill(leave=log - path.stat().st_size + sizes["results.json"] + sizes["index.html"] // 2)
    resume = (*command, "disk", "--resume", path.parent)
    assert REPORT in stopped(audit(*resume))
    assert results(path.parent) == results(free)
    assert {each.name for each in path.parent.iterdir()} < set(sizes)

    disk.free()
    assert audit("report", path.parent).code == code
    assert audit(*resume).code == code
    assert results(path.parent) == results(free)
    assert {each.name for each in path.parent.iterdir()} == set(sizes)
    before = results(path.parent), (path.parent / "index.html").read_bytes()

    disk.fill()
    assert REPORT in stopped(audit("report", path.parent))
    assert (results(path.parent), (path.parent / "index.html").read_bytes()) == before


def test_a_full_disk_stops_a_merge_and_leaves_the_shards(audit, tmp_path, disk):
    write_probe(tmp_path, templates=8)
    command = ("run", "small.yaml", "-m", write_classifier(tmp_path, {"blind": 2}))
    code = audit(*command, "-o", "free").code
    (free,) = (tmp_path / "free").glob("2*")
    for shard in ("1/2", "2/2"):
        assert audit(*command, "--shard", shard, "-o", "shards").code == 0
    shards = list((tmp_path / "shards").glob("2*"))
    disk.fill(leave=8192)
    assert "merge again" in stopped(audit("merge", *shards, "-o", "disk"))
    disk.free()
    assert audit("merge", *shards, "-o", "disk").code == code
    (merged,) = (path.parent for path in disk.folder.rglob("results.json"))
    assert results(merged) == results(free)
