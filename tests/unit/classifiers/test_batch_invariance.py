"""Exact scores depend on the size of the batch and on the threads by rounding only."""

import pytest

from audit.classifiers import create_classifier
from audit.probes import expand, load_probe_set
from audit.records import ClassifierOptions, Request

TOLERANCE = 1e-5
"""Of a probability; documented in docs/scale-out.md."""


@pytest.fixture(scope="module")
def asked():
    probe_set = load_probe_set("disability")
    variants = expand(probe_set, limit=1).variants[:24]
    return probe_set, [Request(id=v.id, text=v.text) for v in variants]


def answers(asked, size, threads):
    """Return each text's probabilities, asked in batches of ``size``."""
    probe_set, requests = asked
    options = ClassifierOptions(sampling=probe_set.sampling, batch_size=size, threads=threads)
    target = create_classifier("reference", probe_set.task, options)
    batches = (requests[n : n + size] for n in range(0, len(requests), size))
    return {a.id: a.probabilities for batch in batches for a in target.predict(batch)}


def test_batches_threads_and_order_change_nothing_but_rounding(asked):
    probe_set, requests = asked
    whole = answers(asked, len(requests), 2)
    assert len(whole) == len(requests)
    for size, threads in ((1, 1), (5, 1), (len(requests), 1)):
        for name, given in answers(asked, size, threads).items():
            assert given == pytest.approx(whole[name], abs=TOLERANCE), (size, threads)
    again = answers(asked, len(requests), 2)
    assert again == whole
    turned = answers((probe_set, requests[::-1]), 7, 1)
    assert all(given == pytest.approx(whole[n], abs=TOLERANCE) for n, given in turned.items())
