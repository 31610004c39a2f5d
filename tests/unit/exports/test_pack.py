"""The sign-off pack: everything in one zip, and any change in it is seen."""

import subprocess
import zipfile

import numpy as np
import pytest

from audit.errors import ResultsError
from audit.exports.pack import SUMS, unpack, write_pack


def test_the_pack_holds_the_run_and_its_hashes(tmp_path, run):
    path = tmp_path / "a.zip"
    names = write_pack(run, path, run_id="r1")
    with zipfile.ZipFile(path) as pack:
        assert pack.testzip() is None
        assert {f"r1/{name}" for name in names} == set(pack.namelist())
        pack.extractall(tmp_path)
    done = subprocess.run(
        ["sha256sum", "-c", SUMS], cwd=tmp_path / "r1", capture_output=True, text=True, check=False
    )
    assert done.returncode == 0
    assert done.stdout.count("OK") == 4


def test_the_same_run_gives_the_same_bytes(tmp_path, run):
    for name in ("a.zip", "b.zip"):
        write_pack(run, tmp_path / name, run_id="r1")
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()


def test_unpacking_gives_the_files_back(tmp_path, run):
    write_pack(run, tmp_path / "a.zip", run_id="r1")
    out = tmp_path / "out"
    out.mkdir()
    assert unpack(tmp_path / "a.zip", out) == []
    for path in out.iterdir():
        assert path.read_bytes() == (run / path.name).read_bytes()


def test_a_changed_pack_is_seen_and_nothing_else_is_written(tmp_path, run):
    write_pack(run, tmp_path / "a.zip", run_id="r1")
    with (
        zipfile.ZipFile(tmp_path / "a.zip") as old,
        zipfile.ZipFile(tmp_path / "b.zip", "w") as new,
    ):
        for name in old.namelist():
            data = old.read(name)
            new.writestr(name, data + b" " if name.endswith("results.json") else data)
        new.writestr("../../evil.txt", b"x")
    out = tmp_path / "out"
    out.mkdir()
    assert set(unpack(tmp_path / "b.zip", out)) == {
        "results.json was changed after it was packed",
        "evil.txt is not listed in SHA256SUMS",
    }
    assert not (tmp_path / "evil.txt").exists()
    assert "evil.txt" not in {path.name for path in tmp_path.rglob("*")}


def test_what_is_no_pack_is_a_finding(tmp_path):
    (tmp_path / "a.zip").write_bytes(b"no zip")
    assert "is no sign-off pack" in unpack(tmp_path / "a.zip", tmp_path)[0]


def test_a_file_that_is_there_twice_is_found(tmp_path, run):
    write_pack(run, tmp_path / "a.zip", run_id="r1")
    with zipfile.ZipFile(tmp_path / "a.zip", "a") as pack:
        pack.writestr("r2/index.html", (run / "index.html").read_bytes())
    out = tmp_path / "out"
    out.mkdir()
    assert unpack(tmp_path / "a.zip", out) == ["index.html is in the pack twice"]


def test_whatever_bytes_are_damaged_the_files_are_those_packed_or_it_is_found(tmp_path, run):
    write_pack(run, tmp_path / "a.zip", run_id="r1")
    whole, rng = (tmp_path / "a.zip").read_bytes(), np.random.default_rng(9)
    out = tmp_path / "out"
    out.mkdir()
    found = 0
    for _ in range(300):
        position, bit = int(rng.integers(len(whole))), 1 << int(rng.integers(8))
        damaged = bytearray(whole)
        damaged[position] ^= bit
        (tmp_path / "a.zip").write_bytes(damaged)
        if unpack(tmp_path / "a.zip", out):
            found += 1
            continue
        for path in out.iterdir():  # a time stamp of the zip, say
            assert path.read_bytes() == (run / path.name).read_bytes(), position
    assert found > 250


def test_a_place_that_is_not_there_is_said(tmp_path, run):
    with pytest.raises(ResultsError, match="pack cannot be written"):
        write_pack(run, tmp_path / "gone" / "a.zip", run_id="r1")


def test_a_run_without_its_report_is_not_packed(tmp_path):
    with pytest.raises(ResultsError, match=r"run\.jsonl, results\.json"):
        write_pack(tmp_path, tmp_path / "a.zip", run_id="r1")
