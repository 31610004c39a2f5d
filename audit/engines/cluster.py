"""The Ray engine: workers on any number of machines, one loaded classifier each.

The driver cuts the same batches as the local engine, gives each to the worker that the hash of its
first text names (or to an idle one), and alone writes the log. A worker or a machine that dies
loses nothing but its own unfinished batches, which others are asked.
"""

from __future__ import annotations

import os
import socket
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from audit.engines.batches import cut
from audit.engines.prompts import shard_of
from audit.engines.worker import Worker
from audit.errors import AuditError, ClassifierError, ConfigError, MissingExtraError
from audit.protocols import Classifier, LoadAgain, Say
from audit.records import Prediction, Request

if TYPE_CHECKING:
    from types import ModuleType

IN_FLIGHT = 2
"""Batches that a worker has at once: one to answer and one that waits on its machine."""
AHEAD = 2
"""Batches for each worker that the driver holds back besides."""
TRIES = 3
"""How often a batch may end its worker before it is taken for the cause."""
PATIENCE = 300.0
"""Seconds to wait for a first or last worker before giving up."""
REACH = 5.0
"""Seconds within which a cluster's address must take a connection."""
OBJECT_STORE = 256 * 2**20
"""Bytes of the object store of a cluster that is started here; batches are small."""
LOG_FILE = 16 * 2**20
"""Bytes of a worker's log file, of which two are kept, in such a cluster."""


@dataclass(slots=True)
class _Batch:
    requests: list[Request]
    ended: int = 0
    """Workers that died over it."""


@dataclass(slots=True, eq=False)
class _Hired:
    """A worker, and the batches that it has."""

    actor: Any
    ready: bool = False
    has: int = 0


@dataclass
class RayEngine:
    """Runs requests on a Ray cluster.

    Parameters
    ----------
    address : str, optional
        A running cluster, or ``auto`` for the one this machine belongs to; ``None`` starts one on
        this machine for the run.
    workers : int, optional
        How many workers; default: as many as the cluster has room for.
    cpus, gpus : float
        What each worker takes of its machine. A share of a GPU is allowed.
    """

    address: str | None = None
    workers: int | None = None
    cpus: float = 1.0
    gpus: float = 0.0
    patience: float = PATIENCE

    def run(
        self, classifier: Classifier, requests: Iterable[Request], say: Say, load: LoadAgain
    ) -> Iterator[list[Prediction]]:
        """Yield batches as they are answered, in any order.

        Raises
        ------
        MissingExtraError
            If Ray is not installed.
        ConfigError
            If there is no cluster, or no room for a worker.
        ClassifierError
            What a worker's classifier raised; or a batch ended its worker several times, or no
            worker came up.
        """
        ray = _import_ray()
        started = _connect(ray, self.address)
        crew = _Crew(ray, self, classifier, load, say)
        try:
            yield from crew.answer(cut(requests, classifier.batch_size))
        finally:
            crew.dismiss()
            if started:
                ray.shutdown()

    def room(self, ray: ModuleType) -> int:
        """Return how many workers to start.

        Raises
        ------
        ConfigError
            If the cluster has no room for one.
        """
        there = ray.cluster_resources()
        fits = [int(there.get("CPU", 0) / self.cpus)] if self.cpus else []
        fits += [int(there.get("GPU", 0) / self.gpus)] if self.gpus else []
        most = min(fits, default=1)
        if most < 1:
            raise ConfigError(
                f"the cluster has {there.get('CPU', 0):g} CPUs and {there.get('GPU', 0):g} GPUs, "
                f"and a worker takes {self.cpus:g} and {self.gpus:g}",
                where="--engine ray",
                hint="lower --worker-cpus or --worker-gpus, or add machines",
            )
        return min(self.workers or most, most)


@dataclass
class _Crew:
    """The workers of one run, and who has which batch."""

    ray: ModuleType
    engine: RayEngine
    classifier: Classifier
    load: LoadAgain
    say: Say
    hired: list[_Hired] = field(default_factory=list)
    waiting: list[deque[_Batch]] = field(default_factory=list)
    out: dict[Any, tuple[_Hired, _Batch | None]] = field(default_factory=dict)
    lost: int = 0
    """Workers lost since the last answer."""

    def answer(self, batches: Iterator[list[Request]]) -> Iterator[list[Prediction]]:
        """Give out batches and yield answers until none is left."""
        size = self.engine.room(self.ray)
        self.waiting = [deque() for _ in range(size)]
        for _ in range(size):
            self._hire()
        more = True
        while more or any(self.waiting) or self._unanswered():
            more = more and self._take(batches, size)
            self._give_out()
            done, _ = self.ray.wait(list(self.out), num_returns=1, timeout=self.engine.patience)
            if not done:
                self._give_up()
            for ref in done:
                yield from self._received(ref)

    def dismiss(self) -> None:
        """End every worker."""
        for hired in self.hired:
            self.ray.kill(hired.actor)

    def _unanswered(self) -> bool:
        return any(batch is not None for _, batch in self.out.values())

    def _take(self, batches: Iterator[list[Request]], size: int) -> bool:
        """Take batches until enough wait; return whether there may be more."""
        while sum(map(len, self.waiting)) < AHEAD * size:
            batch = next(batches, None)
            if batch is None:
                return False
            self.waiting[shard_of(batch[0].text, size)].append(_Batch(batch))
        return True

    def _give_out(self) -> None:
        """Give each worker its own batches, and to an idle one those of who has most waiting."""
        for turn in range(IN_FLIGHT):
            for place, hired in enumerate(self.hired):
                if not hired.ready or hired.has > turn:
                    continue
                queue = self.waiting[place] or max(self.waiting, key=len)
                if queue:
                    batch = queue.popleft()
                    self.out[hired.actor.answer.remote(batch.requests)] = (hired, batch)
                    hired.has += 1

    def _hire(self, place: int | None = None) -> None:
        """Start a worker, in the place of a lost one if there is one."""
        actor = self.ray.remote(Worker).options(
            num_cpus=self.engine.cpus, num_gpus=self.engine.gpus, max_restarts=0
        )
        hired = _Hired(actor.remote(os.getcwd()))
        if place is None:
            self.hired.append(hired)
        else:
            self.hired[place] = hired
        info = self.classifier.info
        self.out[hired.actor.load.remote(self.load, info.model, info.fingerprint)] = (hired, None)

    def _received(self, ref: Any) -> Iterator[list[Prediction]]:
        """Take what a worker sent: answers, that it is ready, an error, or nothing any more."""
        hired, batch = self.out.pop(ref)
        try:
            result = self.ray.get(ref)
        except self.ray.exceptions.RayTaskError as error:
            raise _cause(error) from error
        except self.ray.exceptions.RayError as error:
            self._lose(hired, batch, error)
            return
        if batch is None:
            hired.ready = True
            return
        hired.has -= 1
        self.lost = 0
        answers, said = result
        for sentence in said:
            self.say(sentence)
        yield answers

    def _lose(self, hired: _Hired, batch: _Batch | None, error: Exception) -> None:
        """Put the batch back, and start another worker if this was the first to notice."""
        if hired in self.hired:
            self.lost += 1
            self.say(f"A worker was lost ({type(error).__name__}); another takes over.")
            self.ray.kill(hired.actor)
            if self.lost > TRIES * len(self.hired):
                raise ClassifierError(
                    f"{self.lost} workers were lost in a row without an answer: {error}",
                    where="--engine ray",
                    hint="look at the workers' logs; --resume continues",
                ) from error
            self._hire(self.hired.index(hired))
        if batch is None:
            return
        batch.ended += 1
        if batch.ended >= TRIES:
            raise ClassifierError(
                f"a batch of {len(batch.requests)} texts ended {TRIES} workers: {error}",
                where=self.classifier.info.model,
                hint="use a smaller --batch-size, or more memory for each worker; "
                "--resume continues",
            ) from error
        self.waiting[shard_of(batch.requests[0].text, len(self.waiting))].appendleft(batch)

    def _give_up(self) -> None:
        """Say that nothing came for too long, if no worker is there to answer."""
        if any(hired.ready for hired in self.hired):
            return
        raise ClassifierError(
            f"no worker was ready within {self.engine.patience:g} s",
            where="--engine ray",
            hint="see `ray status`: a worker waits for a machine with room; --resume continues",
        )


def _cause(error: Any) -> Exception:
    """Return what a worker's classifier raised."""
    cause = getattr(error, "cause", None)
    if isinstance(cause, AuditError):
        return cause
    return ClassifierError(f"a worker failed: {cause or error}", where="--engine ray")


def _import_ray() -> ModuleType:
    """Import Ray, without its reports home."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        import ray
        import ray.exceptions
    except ImportError as error:
        raise MissingExtraError("--engine ray", "ray", "ray") from error
    return ray


def _connect(ray: ModuleType, address: str | None) -> bool:
    """Connect to a cluster or start one; return whether it has to be left at the end."""
    if ray.is_initialized():
        return False
    quiet = {"log_to_driver": False, "logging_level": "ERROR"}
    try:
        if address is not None and address != "local":
            _check_reachable(address)
            ray.init(address=address, **quiet)
        else:
            os.environ.setdefault("RAY_ROTATION_MAX_BYTES", str(LOG_FILE))
            os.environ.setdefault("RAY_ROTATION_BACKUP_COUNT", "1")
            ray.init(  # without "local", a cluster that runs here already would be taken
                address="local", include_dashboard=False, object_store_memory=OBJECT_STORE, **quiet
            )
    except (OSError, ValueError, RuntimeError) as error:
        raise ConfigError(
            f"there is no Ray cluster to connect to: {error}",
            where=f"--address {address}" if address else "--engine ray",
            hint="start one with `ray start --head`, or leave out --address to use this machine",
        ) from error
    return True


def _check_reachable(address: str) -> None:
    """Raise OSError where nobody listens: Ray would go on trying for a quarter of an hour."""
    from ray._private.services import canonicalize_bootstrap_address

    found = None if "://" in address else canonicalize_bootstrap_address(address)
    if found is not None:
        host, _, port = found.rpartition(":")
        socket.create_connection((host.strip("[]"), int(port)), timeout=REACH).close()
