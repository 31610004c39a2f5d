"""Shards: asked apart, merged into the run that was never cut; anything else is refused."""

import json
import shutil

import pytest

from audit.errors import ConfigError, RunLogError
from audit.pipeline import RunOptions, Shard, merge_runs, report_run, run_audit, run_shard
from audit.runlog import read_run
from tests.small_runs import write_classifier, write_probe

PER_RUN = ("run_id", "started", "finished")


def comparable(text):
    """Return ``results.json`` without times and ids."""
    results = json.loads(text)
    return {key: value for key, value in results.items() if key not in PER_RUN}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A whole run and its four shards."""
    folder = tmp_path_factory.mktemp("shards")
    target, probe = write_classifier(folder, {"blind": 2}), write_probe(folder)
    whole = run_audit(probe, target, output=folder / "whole", options=RunOptions(author="Bo"))
    parts = [
        run_shard(
            probe, target, output=folder / "parts",
            options=RunOptions(author="Bo", shard=Shard(number, 4)),
        )
        for number in range(1, 5)
    ]  # fmt: skip
    return folder, whole, parts


@pytest.mark.parametrize("order", [1, -1])
def test_merged_shards_equal_the_run_that_was_never_cut(made, tmp_path, order):
    _, whole, parts = made
    merged = merge_runs(parts[::order], output=tmp_path)
    one, two = ((r.folder / "results.json").read_text() for r in (whole, merged))
    assert comparable(one) == comparable(two)
    logs = read_run(whole.folder), read_run(merged.folder)
    assert logs[0].variants == logs[1].variants
    assert logs[0].predictions == logs[1].predictions
    assert merged.exit_code == whole.exit_code == 1


def test_every_sentence_is_in_one_shard_and_no_shard_is_empty(made):
    _, whole, parts = made
    ids = [set(read_run(part).predictions) for part in parts]
    assert all(ids)
    assert sum(map(len, ids)) == len(set.union(*ids)) == len(read_run(whole.folder).predictions)


def test_what_is_missing_is_named(made, tmp_path):
    _, _, parts = made
    with pytest.raises(RunLogError, match="shards 2, 4 of 4 are missing"):
        merge_runs([parts[0], parts[2]], output=tmp_path)
    assert not list(tmp_path.iterdir())


def test_an_unfinished_shard_is_named_with_what_it_has(made, tmp_path):
    _, _, parts = made
    torn = shutil.copytree(parts[3], tmp_path / "torn")
    lines = (torn / "run.jsonl").read_bytes().splitlines(keepends=True)
    (torn / "run.jsonl").write_bytes(b"".join(lines[:4]))
    with pytest.raises(RunLogError, match=r"shard 4/4 \(torn\) is not ended, 3 sentences"):
        merge_runs([*parts[:3], torn], output=tmp_path / "out")
    partial = merge_runs([*parts[:3], torn], output=tmp_path / "out", allow_partial=True)
    assert partial.results["status"] == "partial"
    assert partial.exit_code == 3
    shutil.rmtree(tmp_path / "out")
    alone = merge_runs([torn], output=tmp_path / "out", allow_partial=True)
    assert alone.results["finished"] == alone.results["started"]  # no shard came to its end


def test_a_shard_given_twice_is_refused(made, tmp_path):
    _, _, parts = made
    with pytest.raises(RunLogError, match="shard 1/4 is given twice"):
        merge_runs([*parts, parts[0]], output=tmp_path)


def test_shards_of_different_runs_are_refused_by_what_differs(made, tmp_path):
    folder, _, parts = made
    other = write_classifier(tmp_path, {"blind": 3}, name="other.py")
    options = RunOptions(author="Bo", shard=Shard(4, 4), limits={"tolerance": 0.1})
    stranger = run_shard(folder / "small.yaml", other, output=tmp_path, options=options)
    with pytest.raises(RunLogError, match=r"different runs: .*limits.*spec\.fingerprint"):
        merge_runs([*parts[:3], stranger], output=tmp_path)
    options = RunOptions(author="Bo", shard=Shard(2, 2))
    half = run_shard(
        folder / "small.yaml", f"python:{folder / 'mine.py'}:classify", output=tmp_path,
        options=options,
    )  # fmt: skip
    with pytest.raises(RunLogError, match=r"the number of shards \(4, 2\)"):
        merge_runs([*parts[:3], half], output=tmp_path)


def test_whole_runs_are_no_shards_and_shards_have_no_results(made, tmp_path):
    _, whole, parts = made
    with pytest.raises(RunLogError, match="whole run"):
        merge_runs([whole.folder], output=tmp_path)
    with pytest.raises(RunLogError, match=r"shard 1/4 .* decides nothing alone"):
        report_run(parts[0])


def test_a_shard_is_resumed_as_that_shard_only(made, tmp_path):
    folder, whole, parts = made
    target = f"python:{folder / 'mine.py'}:classify"
    cut = shutil.copytree(parts[1], tmp_path / "cut")
    lines = (cut / "run.jsonl").read_bytes().splitlines(keepends=True)
    (cut / "run.jsonl").write_bytes(b"".join(lines[:9]) + lines[9][:30])
    with pytest.raises(ConfigError, match="this is shard 2/4 of the run, and the whole"):
        run_audit(folder / "small.yaml", target, resume=cut, options=RunOptions(author="Bo"))
    said = []
    options = RunOptions(author="Bo", shard=Shard(2, 4), notice=said.append)
    run_shard(folder / "small.yaml", target, resume=cut, options=options)
    assert said == ["The log ended in an incomplete line; it was cut off and is asked again."]
    assert read_run(cut).footer["notes"] == said
    merged = merge_runs([parts[0], cut, *parts[2:]], output=tmp_path / "out")
    assert comparable((merged.folder / "results.json").read_text()) == comparable(
        (whole.folder / "results.json").read_text()
    )


@pytest.mark.parametrize("text", ["0/4", "5/4", "1/0", "x", "1", "-1/4", "1/4/2", "³/4", ""])
def test_what_is_no_shard_is_refused(text):
    with pytest.raises(ConfigError, match="no shard"):
        Shard.parse(text)


def test_rounds_are_not_sharded(made):
    folder, _, _ = made
    with pytest.raises(ConfigError, match="rounds are judged over the whole run"):
        run_shard(folder / "small.yaml", options=RunOptions(shard=Shard(1, 2), rounds=3))
