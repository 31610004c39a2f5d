"""Whatever is taken from a log's header or footer, or put there, ends in results or in an error."""

import copy
import hashlib
import json
from contextlib import suppress

import pytest

from audit.errors import AuditError, RunLogError
from audit.pipeline import conclude
from audit.runlog import FILE_NAME, read_run, spec_hash
from audit.runlog.codec import encode_record
from tests.fuzz.targets import LOGS

WRONG = [None, True, -1, 2**70, "", "\ud800", [], [None], {}]
OWN = {"labels": (), "rounds": ["rounds"], "prompts": ["shot_orders"], "lexicon": ["vocabulary"]}
"""What is changed in the header of each kind of run: everything, or what others do not have."""
OPTIONAL = {
    "author", "rounds", "shard", "shot_orders", "vocabulary", "redacted", "spec.rounds",
    "spec.include_slurs", "spec.shot_design", "spec.calibrate", "spec.options",
    "spec.shot_design.shots", "spec.shot_design.orders", "spec.shot_design.sets",
    "spec.shot_design.separator", "spec.shot_design.sha256",
}  # fmt: skip
FREE = ("spec.settings", "spec.versions", "spec.task.", "limits.", "groups.0.", "placebos.0.",
        "fillers.0.", "warnings.0.", "vocabulary.", "probe.sources.0.")  # fmt: skip


@pytest.fixture(scope="module", params=OWN)
def own(request):
    """The name of a kind of run."""
    return request.param


@pytest.fixture(scope="module")
def lines(own):
    """The lines of its log."""
    return [json.loads(line) for line in (LOGS / f"{own}.jsonl").read_bytes().splitlines()]


def places(value, only=(), path=()):
    """Every key of an object, and the first item of every list, from outside inwards."""
    for key in only or value if isinstance(value, dict) else [0] if value else []:
        yield (*path, key)
        if isinstance(value[key], dict | list):
            yield from places(value[key], (), (*path, key))


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


@pytest.mark.parametrize("line", [0, -1], ids=["header", "footer"])
def test_without_any_key(tmp_path, own, lines, line):
    assert "results.json" in concluded(tmp_path, lines).files()
    for path in places(lines[line], OWN[own] if line == 0 else ()):
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
def test_with_anything_else_in_its_place(tmp_path, own, lines, line):
    crashed = []
    for path in places(lines[line], OWN[own] if line == 0 else ()):
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
