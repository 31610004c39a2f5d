"""The local engine passes batches on and notices a classifier that loses or reorders answers."""

import pytest

from audit.engines import LocalEngine
from audit.errors import ClassifierError
from audit.records import ClassifierInfo, Prediction, Request


class Scripted:
    """A classifier that answers with ``change`` applied to the honest list of answers."""

    info = ClassifierInfo(model="scripted", scoring="score")
    batch_size = 3

    def __init__(self, change=lambda answers: answers):
        self.change = change
        self.sizes = []

    def predict(self, requests):
        self.sizes.append(len(requests))
        return self.change([Prediction(id=request.id, score=0.5) for request in requests])


REQUESTS = [Request(id=f"v{n}", text="x") for n in range(7)]


def test_batches_come_in_order_and_of_the_size_the_classifier_likes():
    classifier = Scripted()
    batches = list(LocalEngine().run(classifier, iter(REQUESTS), print))
    assert [p.id for batch in batches for p in batch] == [r.id for r in REQUESTS]
    assert classifier.sizes == [3, 3, 1]


@pytest.mark.parametrize("change", [lambda a: a[:-1], lambda a: a[::-1], lambda a: [*a, a[0]]])
def test_lost_added_or_reordered_answers_are_an_error(change):
    with pytest.raises(ClassifierError, match="not in the order asked"):
        list(LocalEngine().run(Scripted(change), REQUESTS, print))


class Narrow(Scripted):
    """A classifier whose memory holds only so many texts."""

    batch_size = 7

    def __init__(self, holds, error):
        super().__init__()
        self.holds, self.error = holds, error

    def predict(self, requests):
        if len(requests) > self.holds:
            raise self.error
        return super().predict(requests)


WRAPPED = ClassifierError("the function raised MemoryError")
WRAPPED.__cause__ = MemoryError()


@pytest.mark.parametrize(
    "error", [MemoryError(), RuntimeError("CUDA out of memory. Tried to allocate"), WRAPPED]
)
def test_where_memory_runs_out_batches_are_halved_and_it_is_said(error):
    said, classifier = [], Narrow(1, error)
    batches = list(LocalEngine().run(classifier, REQUESTS, said.append))
    assert [p.id for batch in batches for p in batch] == [r.id for r in REQUESTS]
    assert said == [
        "Memory ran out with 7 texts at once; going on with 3.",
        "Memory ran out with 3 texts at once; going on with 1.",
    ]
    assert classifier.sizes == [1] * 7


def test_a_single_text_that_does_not_fit_is_an_error():
    with pytest.raises(ClassifierError, match="memory ran out with a single text"):
        list(LocalEngine().run(Narrow(0, MemoryError()), REQUESTS))


def test_any_other_error_is_passed_on():
    with pytest.raises(RuntimeError, match="no such kernel"):
        list(LocalEngine().run(Narrow(0, RuntimeError("no such kernel")), REQUESTS))
