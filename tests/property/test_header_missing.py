"""Whatever is taken from a log's header or footer, or put there, ends in results or in an error."""

import copy
import hashlib
import json
from contextlib import suppress
from functools import partial

import pytest

from audit.errors import AuditError, RunLogError
from audit.pipeline import RunOptions, conclude, run_audit
from audit.runlog import FILE_NAME, read_run, spec_hash
from audit.runlog.codec import encode_record
from tests.small_runs import write_classifier, write_probe

WRONG = [None, True, -1, 2**70, "", "\ud800", [], [None], {}]
OPTIONAL = {
    "author", "rounds", "shard", "shot_orders", "vocabulary", "redacted", "spec.rounds",
    "spec.include_slurs", "spec.shot_design", "spec.calibrate", "spec.options",
    "spec.shot_design.shots", "spec.shot_design.orders", "spec.shot_design.sets",
    "spec.shot_design.separator", "spec.shot_design.sha256",
}  # fmt: skip
FREE = ("spec.settings", "spec.versions", "spec.task.", "limits.", "groups.0.", "placebos.0.",
        "fillers.0.", "warnings.0.", "vocabulary.", "probe.sources.0.")  # fmt: skip


@pytest.fixture(scope="module", params=["plain", "rounds", "lexicon"])
def lines(request, tmp_path_factory):
    """The lines of a short run's log."""
    place = tmp_path_factory.mktemp("header")
    target, options = write_classifier(place, {"blind": 2}), RunOptions()
    more = {"sources": [{"id": "s", "title": "Words"}], "reviewers": ["Ana"]}
    if request.param == "rounds":
        options = RunOptions(rounds=2, author="Bo")
    if request.param == "lexicon":
        target = "vader"
        more["task"] = {"kind": "score", "range": [-1, 1], "favourable": "high"}
    probe = write_probe(place, templates=4, **more)
    folder = run_audit(probe, target, output=place, options=options).folder
    return [json.loads(line) for line in (folder / FILE_NAME).read_bytes().splitlines()]


def places(value, path=()):
    """Every key of an object, and the first item of every list, from outside inwards."""
    for key in value if isinstance(value, dict) else [0] if value else []:
        yield (*path, key)
        if isinstance(value[key], dict | list):
            yield from places(value[key], (*path, key))


def concluded(folder, lines):
    """Write a log with good checksums, and conclude it."""
    *before, footer = [{k: v for k, v in line.items() if k != "crc"} for line in lines]
    data = b"".join(map(encode_record, before))
    if "sha256" in footer:
        footer["sha256"] = hashlib.sha256(data).hexdigest()
    (folder / FILE_NAME).write_bytes(data + encode_record(footer))
    return conclude(read_run(folder))


def at(record, path):
    """Return what holds the last key of a path."""
    for key in path[:-1]:
        record = record[key]
    return record


def forged(record, path, *, by=None, remove=False):
    """Return a record with one thing changed, and the hash of its limits made good."""
    record = copy.deepcopy(record)
    if remove:
        del at(record, path)[path[-1]]
    else:
        at(record, path)[path[-1]] = by
    if path[0] == "limits" and isinstance(record.get("limits"), dict):
        record["limits_sha256"] = spec_hash(record["limits"])
    return record


def of_this_run(lines, path):
    """Whether a part of the header is only in this run's, or this run is the plain one."""
    special = {"rounds", "vocabulary"} & {key for key, value in lines[0].items() if value}
    return not special or path[0] in special


@pytest.mark.parametrize("line", [0, -1], ids=["header", "footer"])
def test_without_any_key(tmp_path, lines, line):
    assert "results.json" in concluded(tmp_path, lines).files()
    for path in filter(partial(of_this_run, lines), places(lines[line])):
        name = ".".join(map(str, path))
        if path[-1] in {"crc", "type", "schema_version", "sha256", 0}:
            continue
        changed = [*lines]
        changed[line] = forged(lines[line], path, remove=True)
        if name in OPTIONAL or name.startswith(FREE):
            with suppress(RunLogError):
                concluded(tmp_path, changed)
        else:
            with pytest.raises(RunLogError, match=path[-1]):
                concluded(tmp_path, changed)


@pytest.mark.parametrize("line", [0, -1], ids=["header", "footer"])
def test_with_anything_else_in_its_place(tmp_path, lines, line):
    crashed = []
    for path in filter(partial(of_this_run, lines), places(lines[line])):
        for wrong in WRONG:
            changed = [*lines]
            changed[line] = forged(lines[line], path, by=wrong)
            try:
                concluded(tmp_path, changed)
            except AuditError:
                continue
            except Exception as error:
                crashed.append((path, wrong, repr(error)[:300]))
    assert not crashed
