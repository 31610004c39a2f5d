"""The Ray engine on a real cluster of three nodes: the local results, whatever dies on the way."""

import json
from collections.abc import Iterator
from functools import partial

import pytest
import ray
from ray.cluster_utils import Cluster

from audit.classifiers import create_classifier
from audit.engines import LocalEngine, RayEngine
from audit.engines.cluster import AHEAD, IN_FLIGHT
from audit.errors import AuditError, ClassifierError, ConfigError, ProbeError, ProviderError
from audit.pipeline import RunOptions, run_audit
from audit.probes import load_probe_set
from audit.records import ClassifierOptions, Request
from audit.runlog import read_run
from tests.small_runs import write_probe

NODE = {"num_cpus": 1, "object_store_memory": 80 * 2**20}
TARGET = '''
import os, signal, time
from pathlib import Path

HERE = Path(__file__).parent

def classify(texts) -> list[str]:
    """Answer slowly; where a file says so, one process dies, or one text is refused."""
    time.sleep(0.02)
    poison = HERE / "die"
    if poison.exists():
        poison.unlink()
        os.kill(os.getpid(), signal.SIGKILL)
    if (HERE / "doomed").exists():
        wait_for_the_doomed((HERE / "doomed").read_text())
    if (HERE / "refuse").exists():
        raise ValueError("not today")
    if (HERE / "hungry").exists() and len(texts) > 2:
        raise MemoryError
    if (HERE / "deadly").exists():
        os.kill(os.getpid(), signal.SIGKILL)
    return ["Negative" if len(text) % 3 else "Positive" for text in texts]


def wait_for_the_doomed(node):
    """Never answer on one node; on others wait until somebody asked it."""
    import ray

    started = HERE / "started"
    if ray.get_runtime_context().get_node_id() == node:
        started.touch()
        time.sleep(600)
    while not started.exists():
        time.sleep(0.02)
'''


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """Three nodes on this machine."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        patch.setenv("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
        made = Cluster(initialize_head=True, head_node_args={**NODE, "include_dashboard": False})
        made.add_node(**NODE, num_gpus=1)
        ray.init(address=made.address, log_to_driver=False, logging_level="ERROR")
        yield made
        ray.shutdown()
        made.shutdown()


@pytest.fixture
def folder(tmp_path, cluster):
    write_probe(tmp_path, templates=12)
    (tmp_path / "mine.py").write_text(TARGET)
    return tmp_path


def run(folder, engine, *, progress=None, **options):
    said = []
    result = run_audit(
        folder / "small.yaml", f"python:{folder / 'mine.py'}:classify",
        output=folder / "out",
        options=RunOptions(
            engine=engine, notice=said.append, classifier=ClassifierOptions(batch_size=4), **options
        ),
        progress=progress,
    )  # fmt: skip
    results = json.loads((result.folder / "results.json").read_text())
    for name in ("run_id", "started", "finished"):
        del results[name]
    return results, said, read_run(result.folder)


def test_the_results_are_the_local_ones_whatever_the_number_of_workers(folder):
    local, _, log = run(folder, LocalEngine())
    spread, said, other = run(folder, RayEngine(workers=3, cpus=0.5))
    assert spread == local
    assert (other.variants, other.predictions) == (log.variants, log.predictions)
    assert said == []


def test_requests_are_taken_only_a_few_batches_ahead(folder):
    task = load_probe_set(folder / "small.yaml").task
    load = partial(
        create_classifier, f"python:{folder / 'mine.py'}:classify", task,
        ClassifierOptions(batch_size=4),
    )  # fmt: skip
    taken = []

    def requests():
        for n in range(200):
            taken.append(n)
            yield Request(id=str(n), text=f"text {n}")

    answered = ahead = 0
    for batch in RayEngine(workers=2).run(load(), requests(), print, load):
        ahead = max(ahead, len(taken) - answered)
        answered += len(batch)
    assert answered == len(taken)
    assert ahead <= 4 * 2 * (IN_FLIGHT + AHEAD)


def test_a_killed_worker_loses_nothing(folder):
    local, _, _ = run(folder, LocalEngine())
    (folder / "die").touch()
    spread, said, _ = run(folder, RayEngine(workers=2))
    assert not (folder / "die").exists()
    assert spread == local
    assert any("A worker was lost" in sentence for sentence in said)


def test_a_killed_node_loses_nothing(folder, cluster):
    local, _, _ = run(folder, LocalEngine())
    node = cluster.add_node(**NODE)
    cluster.wait_for_nodes()
    (folder / "doomed").write_text(node.node_id)
    removed = []

    def progress(done, _total):
        if done and not removed:
            cluster.remove_node(node, allow_graceful=False)
            removed.append(node)
            (folder / "doomed").unlink()

    spread, said, _ = run(folder, RayEngine(workers=3), progress=progress)
    assert removed
    assert spread == local
    assert any("A worker was lost" in sentence for sentence in said)


def test_what_the_target_raises_reaches_the_user(folder):
    (folder / "refuse").touch()
    with pytest.raises(ClassifierError, match="raised ValueError: not today"):
        run(folder, RayEngine(workers=1))


def test_a_batch_that_ends_every_worker_is_named(folder):
    (folder / "deadly").touch()
    with pytest.raises(ClassifierError, match=r"ended 3 workers|lost in a row"):
        run(folder, RayEngine(workers=1))


def test_memory_that_runs_out_on_one_worker_halves_its_batches_and_is_said(folder):
    local, _, _ = run(folder, LocalEngine())
    (folder / "hungry").touch()
    spread, said, log = run(folder, RayEngine(workers=1))
    assert spread == local
    assert said == ["Memory ran out with 4 texts at once; going on with 2."]
    assert log.footer["notes"] == said


def test_a_worker_with_another_model_is_refused(folder):
    class Changing:
        """Changes the file once the driver has loaded it."""

        def run(self, classifier, requests, say, load):
            (folder / "mine.py").write_text(TARGET + "\nCHANGED = 1\n")
            return RayEngine(workers=1).run(classifier, requests, say, load)

    with pytest.raises(ClassifierError, match="another model than the driver"):
        run(folder, Changing())


def test_more_than_the_cluster_has_is_refused(folder):
    with pytest.raises(ConfigError, match="a worker takes 1 and 2"):
        run(folder, RayEngine(gpus=2))


def test_workers_are_given_the_gpus_that_were_asked_for(folder):
    engine = RayEngine(gpus=0.5, cpus=0.25)
    assert engine.room(ray) == 2
    local, _, _ = run(folder, LocalEngine())
    spread, _, _ = run(folder, engine)
    assert spread == local


@pytest.mark.parametrize(
    "error",
    [
        ClassifierError("a", where="b", hint="c", unquoted="d"),
        ProviderError("a", retryable=True, where="b"),
        ProbeError([]),
    ],
)
def test_every_error_survives_the_way_from_a_worker(error):
    import pickle

    again = pickle.loads(pickle.dumps(error))  # noqa: S301 - what was pickled a line before
    assert isinstance(again, AuditError)
    assert (type(again), str(again), vars(again)) == (type(error), str(error), vars(error))
