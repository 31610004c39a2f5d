"""The product on all cores against the product on one thread, each in fresh processes, in turns."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

_ROUNDS = 2


def two_cores(folder: Path, prompts: int) -> dict[str, list[float]]:
    """Return prompts per second of wall time, one value for each round.

    Parameters
    ----------
    folder : Path
        A checkpoint.
    prompts : int
        Number of prompts.

    Returns
    -------
    dict of str to list of float
        ``one`` with ``--threads 1``; ``all`` as the product runs when nothing is said. All cores
        are open to both.
    """
    found: dict[str, list[float]] = {"one": [], "all": []}
    given = {key: value for key, value in os.environ.items() if key != "OMP_NUM_THREADS"}
    for _ in range(_ROUNDS):
        for name, threads in (("one", ["--threads", "1"]), ("all", [])):
            command = [sys.executable, "-m", __spec__.name, str(folder), str(prompts), *threads]
            done = subprocess.run(command, check=True, capture_output=True, text=True, env=given)
            found[name].append(float(done.stdout.split()[-1]))
    return found


def main() -> None:
    """Print the rate of one process."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("prompts", type=int)
    parser.add_argument("--threads", type=int)
    given = parser.parse_args()
    os.sched_setaffinity(0, range(os.cpu_count() or 1))
    from benchmarks.competitors import ask, ours
    from benchmarks.workload import Workload, sentences

    classifier, _ = ours(Workload("", given.folder, ""), threads=given.threads)
    ask(classifier, sentences(20))
    start = time.perf_counter()
    ask(classifier, sentences(given.prompts))
    print(given.prompts / (time.perf_counter() - start))


if __name__ == "__main__":
    main()
