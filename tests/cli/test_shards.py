"""`audit run --shard` and `audit merge`, as a job array uses them."""

import json

from tests.small_runs import write_classifier, write_probe


def test_an_array_of_shards_is_merged_into_one_run(audit, tmp_path):
    probe, target = write_probe(tmp_path), write_classifier(tmp_path, {"blind": 2})
    folders = []
    for number in (1, 2):
        done = audit("run", probe, "-m", target, "--shard", f"{number}/2", "-o", "parts")
        assert done.code == 0, done.err
        folders.append(done.out.split(": ")[1].strip())
    alone = audit("merge", folders[1])
    assert alone.code == 3
    assert "shards 1 of 2 are missing" in alone.err
    merged = audit("merge", *folders, "--json", "-o", "merged")
    assert merged.code == 1
    whole = audit("run", probe, "-m", target, "--json", "-o", "whole")
    one, two = (json.loads(done.out) for done in (merged, whole))
    for name in ("run_id", "started", "finished"):
        one.pop(name), two.pop(name)
    assert one == two


def test_a_shard_shows_no_results(audit, tmp_path):
    probe = write_probe(tmp_path)
    done = audit("run", probe, "-m", "vader", "--shard", "1/2", "--gate")
    assert done.code == 2
    assert "a shard has no results of its own" in done.err
    done = audit("run", probe, "-m", "vader", "--shard", "3/2")
    assert done.code == 2
    assert "NUMBER from 1 to OF" in done.err
