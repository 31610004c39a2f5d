"""`audit run --engine ray`: with a cluster of its own, and with one that `ray start` started."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from audit.engines.cluster import LOG_FILE, OBJECT_STORE
from audit.runlog import read_run
from tests.small_runs import write_probe

CHATTY = '''
from pathlib import Path
import ray

def classify(texts) -> list[str]:
    """On a worker print 5 MB, and note what the cluster gives to its object store."""
    if ray.is_initialized():
        store = str(ray.cluster_resources()["object_store_memory"])
        Path(__file__).with_name("store.txt").write_text(store)
        print(("x" * 99 + "\\n") * 50_000, flush=True)
    return ["Negative" if len(text) % 3 else "Positive" for text in texts]
'''


@pytest.fixture(scope="module")
def head():
    """A cluster on this machine, of a Ray that has a folder of its own; gives its environment."""
    with tempfile.TemporaryDirectory(prefix="ray", dir="/tmp") as folder:
        env = {"RAY_TMPDIR": folder, "RAY_USAGE_STATS_ENABLED": "0"}
        command = [
            Path(sys.executable).with_name("ray"), "start", "--head", "--block", "--port=0",
            "--node-ip-address=127.0.0.1", "--include-dashboard=false", "--num-cpus=2",
            f"--object-store-memory={80 * 2**20}",
        ]  # fmt: skip
        with Path(folder, "said").open("w") as said:
            process = subprocess.Popen(
                command, env={**os.environ, **env}, stdout=said, stderr=said, start_new_session=True
            )
            try:
                address, until = Path(folder, "ray", "ray_current_cluster"), time.monotonic() + 60
                while not address.exists():
                    assert process.poll() is None, Path(folder, "said").read_text()
                    assert time.monotonic() < until
                    time.sleep(0.1)
                yield env
            finally:
                process.send_signal(signal.SIGTERM)
                try:
                    process.wait(30)
                finally:
                    process.kill()


def finished(tmp_path, done):
    """Return the folder of the newest run, and its results but for times and ids."""
    assert done.code in (0, 1, 4), done.err
    folder = max((tmp_path / "reports").glob("2*"), key=lambda path: path.stat().st_mtime)
    text = (folder / "results.json").read_text()
    for name in ("run_id", "started", "finished"):
        value = json.dumps(json.loads(text)[name])
        text = text.replace(f'"{name}": {value}', f'"{name}": ""')
    return folder, text


def test_a_cluster_that_was_started_and_other_threads_give_the_same_bytes(audit, tmp_path, head):
    command = ("run", "disability", "--limit", 1, "--threads")
    here, local = finished(tmp_path, audit(*command, 2))
    ray = audit(*command, 1, "--engine", "ray", "--address", "auto", "--workers", 2, env=head)
    there, spread = finished(tmp_path, ray)
    assert there != here
    assert spread == local
    assert read_run(there).predictions == read_run(here).predictions


def test_without_an_address_a_bounded_cluster_is_started_beside_one_that_runs(
    audit, tmp_path, head
):
    write_probe(tmp_path, templates=12)
    (tmp_path / "chatty.py").write_text(CHATTY)
    command = ("run", "small.yaml", "-m", "python:chatty.py:classify", "--batch-size", 8)
    _, local = finished(tmp_path, audit(*command))
    ray = audit(*command, "--engine", "ray", "--workers", 1, env=head)
    logs = [path.stat().st_size for path in Path(head["RAY_TMPDIR"]).rglob("logs/worker*.out*")]
    _, spread = finished(tmp_path, ray)
    assert spread == local
    assert "xxx" not in ray.err + ray.out
    assert 0 < float((tmp_path / "store.txt").read_text()) <= OBJECT_STORE
    assert LOG_FILE < sum(logs) < 2.1 * LOG_FILE
