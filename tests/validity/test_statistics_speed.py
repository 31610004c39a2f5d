"""One audit of the stated size stays inside its limits of processor time and memory."""

import time
import tracemalloc

import numpy as np
import pytest

from tests.small_audits import SmallAudit, drawn

GROUPS, TERMS, TEMPLATES, REPEATS = 15, 10, 60, 5


@pytest.fixture(scope="module")
def audit():
    rng = np.random.default_rng(0)
    audit = SmallAudit()

    def answer(identity):
        bad = int(rng.binomial(REPEATS, 0.2))
        return drawn(identity, bad, REPEATS - bad)

    for t in range(TEMPLATES):
        for j in range(3):
            audit.reference(t, 0, f"filler{j}", answer=answer)
        for g in range(GROUPS):
            for k in range(TERMS):
                audit.term(t, f"g{g}", f"g{g}k{k}", 0, answer=answer)
    return audit


@pytest.mark.slow
def test_processor_time(audit):
    audit.summary()
    times = []
    for _ in range(3):
        start = time.process_time()
        audit.summary()
        times.append(time.process_time() - start)
    assert min(times) < 1, f"{min(times):.2f} s"


@pytest.mark.slow
def test_memory(audit):
    tracemalloc.start()
    audit.summary()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 300e6, f"{peak / 1e6:.0f} MB"
