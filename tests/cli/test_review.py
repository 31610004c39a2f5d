"""``audit review``: known items, agreement and links from a shell."""

import json

import pytest

from audit.review.known import known_for
from audit.store import open_store
from audit.web.accounts.accounts import add_account
from audit.web.accounts.links import use_link


@pytest.fixture
def store(tmp_path):
    """A store with one account."""
    path = tmp_path / "audit.db"
    with open_store(str(path)) as opened:
        add_account(opened, "Bo", ["admin"], by="test")
    return path


def test_known_items_are_planted_or_refused_by_row(audit, store, tmp_path):
    file = tmp_path / "known.csv"
    file.write_text("text,label,shown\nA deaf man smiles.,Positive,Negative\n")
    done = audit("review", "known", store, file, "--queue", "rules", "--label", "Positive",
                 "--label", "Negative")  # fmt: skip
    assert (done.code, "1 known items planted" in done.out) == (0, True)
    with open_store(str(store)) as opened:
        assert known_for(opened, "bo", "rules") is not None
    file.write_text("text,label,shown\nx,Positive,Positive\n")
    refused = audit("review", "known", store, file)
    assert (refused.code, "known.csv, row 1" in refused.err) == (2, True)


def test_agreement_of_nothing_is_not_enough(audit, store):
    done = audit("review", "agreement", store)
    assert "not enough: from 30 items on" in done.out
    (row,) = json.loads(audit("review", "agreement", store, "--json").out)["agreement"]
    assert (row["items"], row["alpha"]) == (0, None)


def test_a_link_for_whoever_cannot_sign_in(audit, store):
    done = audit("review", "link", store, "bo", "--url", "https://audit.example/")
    assert done.out.startswith("https://audit.example/sign-in/link/")
    with open_store(str(store)) as opened:
        assert use_link(opened, done.out.strip().rsplit("/", 1)[1]).name == "Bo"
    refused = audit("review", "link", store, "eve")
    assert (refused.code, "no account 'eve'" in refused.err) == (2, True)
