"""A store with two decisions about one subject, and the codes that their person got."""

import pytest

from audit.oversight.references import id_of, new_reference
from audit.store import open_store
from tests.store.decisions import decision


class Decided:
    """A store, and decisions in it by the codes of the people they are about."""

    def __init__(self, store):
        self.store = store

    def new(self, subject=None, text=None, **changes):
        """Record a decision and return its code."""
        reference = new_reference()
        made = decision(id=id_of(reference), reference=reference, **changes)
        self.store.record([made], [subject], [text])
        return reference


@pytest.fixture
def decided(tmp_path):
    """An empty store."""
    with open_store(str(tmp_path / "audit.db")) as store:
        yield Decided(store)
