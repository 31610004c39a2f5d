"""Memory, disk and time that run out stop a run cleanly, and it goes on where it stopped."""

import json
import resource

import pytest

from audit.cli.engine_options import bytes_of, seconds_of
from audit.errors import ConfigError
from tests.small_runs import write_probe

GREEDY = '''
def classify(texts) -> list[str]:
    """Take 40 MB for each text."""
    held = [bytearray(40 * 2**20) for _ in texts]
    return ["Negative" if len(text) % 3 else "Positive" for text, _ in zip(texts, held)]
'''
SLOW = """
import time

def classify(texts) -> list[str]:
    time.sleep(0.3)
    return ["Negative" if len(text) % 3 else "Positive" for text in texts]
"""


def comparable(text):
    results = json.loads(text)
    return {k: v for k, v in results.items() if k not in {"run_id", "started", "finished"}}


@pytest.fixture
def probe(tmp_path):
    return write_probe(tmp_path, templates=8)


def test_a_memory_limit_halves_the_batch_and_says_so(audit, tmp_path, probe):
    (tmp_path / "greedy.py").write_text(GREEDY)
    command = ("run", probe, "-m", "python:greedy.py:classify", "--json", "--batch-size")
    # threads of the numeric libraries count too, so the limit leaves them room
    done = audit(*command, 64, "--max-memory", "1500MB", env={"OPENBLAS_NUM_THREADS": "1"})
    assert done.code in (0, 1, 4), done.err
    assert "Note: Memory ran out with 64 texts at once; going on with 32." in done.err
    free = audit(*command, 4)
    assert comparable(done.out) == comparable(free.out)


def test_a_memory_limit_that_nothing_fits_into_stops_the_run(audit, tmp_path, probe):
    (tmp_path / "greedy.py").write_text(GREEDY.replace("40 * 2**20", "2**40"))
    done = audit("run", probe, "-m", "python:greedy.py:classify", "--max-memory", "1500MB")
    assert done.code == 3
    assert "memory ran out with a single text" in done.err
    assert "Traceback" not in done.err


def test_a_time_limit_stops_the_run_and_it_can_be_resumed(audit, tmp_path, probe):
    (tmp_path / "slow.py").write_text(SLOW)
    command = ("run", probe, "-m", "python:slow.py:classify", "--batch-size", 32)
    stopped = audit(*command, "--time-limit", "0.1s")
    assert stopped.code == 3
    assert "the time limit of 0.1 s is over" in stopped.err
    (folder,) = (tmp_path / "reports").glob("2*")
    assert (folder / "run.jsonl").read_bytes().count(b'"type":"prediction"') == 32
    done = audit(*command, "--resume", folder)
    assert done.code in (0, 1, 4), done.err
    assert "32 sentences" in done.err


def test_a_full_disk_stops_the_run_and_it_can_be_resumed(audit, tmp_path, probe):
    (tmp_path / "slow.py").write_text(SLOW.replace("0.3", "0.06"))
    command = ("run", probe, "-m", "python:slow.py:classify", "--batch-size", 8)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (14_000, before[1]))  # the kernel refuses more
    try:
        stopped = audit(*command, fresh=True)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert stopped.code == 3
    assert "the run log cannot be written: File too large" in stopped.err
    assert "Traceback" not in stopped.err
    (folder,) = (tmp_path / "reports").glob("2*")
    done = audit(*command, "--resume", folder, "--json")
    free = audit(*command, "--json")
    assert comparable(done.out) == comparable(free.out)


@pytest.mark.parametrize("text", ["lots", "0", "-1GB", "4 apples", "", "٣GB"])
def test_what_is_no_size_is_refused(text):
    with pytest.raises(ConfigError, match="is no size"):
        bytes_of(text)


@pytest.mark.parametrize("text", ["soon", "0", "-1s", "1w", ""])
def test_what_is_no_time_is_refused(text):
    with pytest.raises(ConfigError, match="is no time"):
        seconds_of(text)


def test_sizes_and_times_are_read():
    assert [bytes_of(text) for text in ("1", "2kb", "1.5 MiB", "4G")] == [1, 2048, 1572864, 2**32]
    assert [seconds_of(text) for text in ("90", "90s", "1.5m", "8h")] == [90, 90, 90, 28800]


def test_options_of_a_cluster_need_the_cluster(audit, probe):
    done = audit("run", probe, "-m", "vader", "--workers", "2")
    assert done.code == 2
    assert "--workers: this is for a cluster" in done.err


def test_limits_that_each_worker_would_count_for_itself_are_refused(audit, probe):
    limits = ("--max-requests", "9", "--requests-per-minute", "60")
    done = audit("run", probe, "-m", "openai:x", *limits, "--engine", "ray")
    assert done.code == 2
    assert "--requests-per-minute, --max-requests: each Ray worker would count" in done.err


@pytest.mark.parametrize("address", ["auto", "127.0.0.1:1"])
def test_a_cluster_that_is_not_there_is_named_at_once(audit, tmp_path, probe, address):
    (tmp_path / "slow.py").write_text(SLOW)
    done = audit(
        "run", probe, "-m", "python:slow.py:classify", "--engine", "ray", "--address", address,
        env={"RAY_ADDRESS": "127.0.0.1:1"}, timeout=30,
    )  # fmt: skip
    assert done.code == 2
    assert f"--address {address}: there is no Ray cluster" in done.err
    assert "ray start --head" in done.err
    assert "Traceback" not in done.err
