"""What goes into a policy about how texts mention a group."""

import pytest

from audit.pipeline.mentions import NEUTRAL, group_words
from audit.probes import load_probe_set


def words(name, group):
    """Return the words of one group of a shipped set."""
    probe_set = load_probe_set(name)
    (found,) = [each for each in group_words(probe_set.groups, probe_set.language)
                if each.group == group]  # fmt: skip
    language = probe_set.language
    return set(found.mentions[language]), found.instead[language], found.exceptions[language]


def test_terms_their_forms_and_their_cores():
    mentions, instead, _ = words("disability", "epilepsy-neurological")
    assert {"with epilepsy", "who have epilepsy", "epilepsy", "stroke survivors"} <= mentions
    assert instead["stroke survivor"] == "person"
    assert instead["stroke survivors"] == "people"
    assert instead["epilepsy"] is None
    assert "with epilepsy" not in instead


def test_related_words_and_exceptions_belong_to_the_group():
    mentions, instead, exceptions = words("disability", "mental-health")
    assert "depressed" in mentions
    assert "depressed" not in instead
    assert {"depressed key", "great depression", "bipolar transistor"} <= set(exceptions)
    assert "blind spot" not in exceptions
    assert "blind spot" in words("disability", "blind")[2]


def test_spanish_words_agree():
    mentions, _, exceptions = words("disability-es", "blind")
    assert {"ciego", "ciega", "ciegos", "ciegas", "ceguera"} <= mentions
    assert "punto ciego" in exceptions


def test_japanese_endings():
    mentions, _, exceptions = words("disability-ja", "disabled")
    assert {"障害のある", "障害"} <= mentions
    assert "通信障害" in exceptions


def test_a_noun_that_is_said_of_somebody():
    mentions, instead, _ = words("gender", "woman")
    assert "woman" in mentions
    assert instead["woman"] == "person"


@pytest.mark.parametrize("name", ["disability", "disability-es", "disability-ja", "disability-tr",
                                  "race-ethnicity", "religion", "age"])  # fmt: skip
def test_every_group_of_a_shipped_set_has_words(name):
    probe_set = load_probe_set(name)
    found = group_words(probe_set.groups, probe_set.language)
    assert [each.group for each in found] == [group.id for group in probe_set.groups]
    for each in found:
        (forms,) = each.mentions.values()
        assert forms
        assert len(set(forms)) == len(forms)
        assert all(form == form.strip() and form for form in forms)
    assert NEUTRAL[probe_set.language]
