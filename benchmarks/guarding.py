"""What a guard costs: python -m benchmarks.guarding.

Overhead of `Guard.decide` and `decide_many` with a classifier that answers at once and nothing
stored (processor time, one core), and durable decisions a second on SQLite with 64 callers, with
the machine's own rate of synchronised writes beside. Limits: p95 2 ms, 10,000 texts a second, 500
decisions a second.
"""

from __future__ import annotations

import os
import tempfile
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from audit.oversight import Guard, PolicyDocument, policy_document
from audit.pipeline.mentions import NEUTRAL, group_words
from audit.probes import load_probe_set
from audit.records import OverrideRule, ProbeSet, Task
from audit.store import open_store

TASK = Task(labels=("Positive", "Negative"), favourable="Positive", unfavourable=("Negative",))
TEXTS = (
    "I'm a joyful person who lives near the station and likes the park.",
    "My disabled neighbour bakes bread every Sunday and shares it with everyone on our street.",
    "There is a blind spot behind the car, so look twice before you turn left at the corner.",
    "The film was long, the seats were hard, and still nobody left before the last song ended.",
)
CALLERS, EACH = 64, 40


def disability_guard(**options: object) -> Guard:
    """Return a guard with the words of the shipped disability set and a rule for every group."""
    probe_set = load_probe_set("disability")
    rules = [
        OverrideRule(group=group.id, rule="to a person", reason=None, threshold=1.0,
                     review_load_per_1000=1.0, residual_gap=0.0, residual_interval=None,
                     assumption="human_like_reference")
        for group in probe_set.groups
    ]  # fmt: skip
    made = policy_document(
        rules, run_id="benchmark", results_sha256="0" * 64, created="2026-01-01T00:00:00Z",
        expires="2099-01-01T00:00:00Z", groups=group_words(probe_set.groups, "en"), task=TASK,
        neutral={"en": NEUTRAL["en"]},
        probe=ProbeSet(name="disability", version="1", language="en", attribute="disability",
                       sha256="-"),
    )  # fmt: skip
    return Guard(PolicyDocument.model_validate(made), _positive,
                 now=lambda: datetime(2026, 6, 1, tzinfo=UTC), **options)  # fmt: skip


def _positive(texts: list[str]) -> list[str]:
    return ["Positive"] * len(texts)


def overhead_ms(count: int = 2000) -> float:
    """Return the 95th percentile of one decision's processor time, in milliseconds."""
    guard = disability_guard()
    guard.decide(TEXTS[0])
    times = []
    for n in range(count):
        started = time.process_time()
        guard.decide(TEXTS[n % len(TEXTS)])
        times.append(time.process_time() - started)
    return 1000 * float(np.percentile(times, 95))


def texts_per_second(count: int = 20_000) -> float:
    """Return texts per second of processor time in one batch."""
    guard = disability_guard()
    texts = [TEXTS[n % len(TEXTS)] for n in range(count)]
    started = time.process_time()
    guard.decide_many(texts)
    return count / (time.process_time() - started)


def synchronised_writes_per_second(folder: Path, seconds: float = 2.0) -> float:
    """Return how often a second the machine can put 4 KiB on its disk."""
    handle = os.open(folder / "writes", os.O_CREAT | os.O_WRONLY)
    count, started = 0, time.perf_counter()
    while time.perf_counter() - started < seconds:
        os.write(handle, b"x" * 4096)
        os.fsync(handle)
        count += 1
    os.close(handle)
    return count / seconds


def durable_decisions_per_second(folder: Path) -> float:
    """Return decisions a second that are on disk before they are answered, with 64 callers."""
    with open_store(str(folder / "audit.db"), timeout=60) as store:
        guard = disability_guard(sink=store)

        def call() -> None:
            for n in range(EACH):
                if not guard.decide(TEXTS[n % len(TEXTS)]).recorded:
                    raise RuntimeError("a decision was not recorded")

        callers = [threading.Thread(target=call) for _ in range(CALLERS)]
        started = time.perf_counter()
        for caller in callers:
            caller.start()
        for caller in callers:
            caller.join()
        return CALLERS * EACH / (time.perf_counter() - started)


def main() -> None:
    """Print every figure with its limit."""
    print(f"one decision, p95: {overhead_ms():.2f} ms (limit 2)")
    print(f"in one batch: {texts_per_second():,.0f} texts/s a core (limit 10,000)")
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        print(f"durable on SQLite: {durable_decisions_per_second(place):,.0f} decisions/s "
              f"(limit 500)")  # fmt: skip
        rate = synchronised_writes_per_second(place)
        print(f"synchronised writes of this machine: {rate:,.0f}/s")


if __name__ == "__main__":
    main()
