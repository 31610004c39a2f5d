"""Options that say where a run is computed and how much of a machine it may use."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from audit.cli.options import Decorator, option
from audit.errors import ConfigError

if TYPE_CHECKING:
    from audit.protocols import Engine

_UNITS = {"": 1, "k": 2**10, "m": 2**20, "g": 2**30, "t": 2**40}
_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}
_RAY_ONLY = ("address", "workers", "worker_cpus", "worker_gpus")
_ONE_PROCESS = ("requests_per_minute", "tokens_per_minute", "max_requests", "max_cost")

ENGINE_OPTIONS: list[Decorator] = [
    option("--engine", type=click.Choice(["local", "ray"]), default="local", show_default=True,
           help="Compute in this process, or on a Ray cluster."),
    option("--address", metavar="ADDRESS",
           help="Ray cluster to use; auto: the one this machine belongs to (default: start one "
                "on this machine for the run)."),
    option("--workers", type=click.IntRange(min=1),
           help="Ray workers, each with the model loaded (default: as many as fit)."),
    option("--worker-cpus", type=click.FloatRange(min=0), help="CPUs of each worker (default: 1)."),
    option("--worker-gpus", type=click.FloatRange(min=0),
           help="GPUs of each worker (default: 0); a share such as 0.5 is allowed."),
    option("--max-memory", metavar="SIZE",
           help="Most memory of this process, such as 4GB: batches are halved, then the run "
                "stops, resumably."),
    option("--time-limit", metavar="TIME",
           help="Stop, resumably, after this time, such as 90s, 30m or 8h."),
]  # fmt: skip


def engine_of(given: Mapping[str, Any]) -> Engine:
    """Return the engine that the options name.

    Raises
    ------
    ConfigError
        If options of the Ray engine are given to the local one, or limits that each worker would
        count for itself to the Ray engine.
    """
    if given["engine"] == "ray":
        if limits := _flags(given, _ONE_PROCESS):
            raise ConfigError(
                "each Ray worker would count this limit for itself",
                where=limits,
                hint="leave out --engine ray; --concurrency asks a service many times at once",
            )
        from audit.engines import RayEngine

        cpus, gpus = given["worker_cpus"], given["worker_gpus"]
        return RayEngine(
            address=given["address"],
            workers=given["workers"],
            cpus=1.0 if cpus is None else cpus,
            gpus=0.0 if gpus is None else gpus,
        )
    if misplaced := _flags(given, _RAY_ONLY):
        raise ConfigError("this is for a cluster", where=misplaced, hint="add --engine ray")
    from audit.engines import LocalEngine

    return LocalEngine()


def _flags(given: Mapping[str, Any], names: Sequence[str]) -> str:
    """Name those of the options that were given."""
    return ", ".join(f"--{name.replace('_', '-')}" for name in names if given[name] is not None)


def bytes_of(text: str | None) -> int | None:
    """Read a size such as ``512MB`` or ``4G`` (powers of 1024); ``None`` stays.

    Raises
    ------
    ConfigError
        If it is no size.
    """
    if text is None:
        return None
    found = re.fullmatch(r"(\d{1,12}(?:\.\d+)?) ?([kmgt]?)i?b?", text.strip().lower(), re.ASCII)
    size = int(float(found[1]) * _UNITS[found[2]]) if found is not None else 0
    if size < 1:
        raise ConfigError(f"{text!r} is no size", where="--max-memory", hint="for example 4GB")
    return size


def seconds_of(text: str | None) -> float | None:
    """Read a time such as ``90``, ``90s``, ``30m`` or ``8h``; ``None`` stays.

    Raises
    ------
    ConfigError
        If it is no time.
    """
    if text is None:
        return None
    found = re.fullmatch(r"(\d{1,9}(?:\.\d+)?) ?([smhd]?)", text.strip().lower(), re.ASCII)
    seconds = float(found[1]) * _SECONDS[found[2]] if found is not None else 0.0
    if seconds <= 0:
        raise ConfigError(f"{text!r} is no time", where="--time-limit", hint="for example 30m")
    return seconds
