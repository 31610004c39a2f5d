"""What every shipped probe set holds: enough sentences, controls, sources, and who was asked."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date
from functools import cache

import pytest

from audit.probes import list_probe_sets, load_probe_set, shipped_directory
from audit.records import LITERAL, ProbeSet, Template, Term

NAMES = sorted(list_probe_sets())
REQUIRED = {
    "disability", "gender", "race-ethnicity", "religion", "age", "sexual-orientation",
    "nationality", "socioeconomic", "disability-x-gender",
    "disability-es", "disability-ja", "disability-tr", "gender-es",
}  # fmt: skip


@cache
def loaded(name: str) -> ProbeSet:
    return load_probe_set(name)


def people(name: str) -> list[Template]:
    return [template for template in loaded(name).templates if template.use != LITERAL]


def terms(name: str) -> list[Term]:
    return [term for group in loaded(name).groups for term in group.terms]


def test_every_promised_set_is_there() -> None:
    assert set(NAMES) >= REQUIRED
    assert {loaded(name).language for name in NAMES} >= {"en", "es", "ja", "tr"}


@pytest.mark.parametrize("name", NAMES)
def test_carriers_are_many_and_balanced(name: str) -> None:
    valences = {template.carrier: template.valence for template in people(name)}
    counts = Counter(valences.values())
    assert len(valences) >= 48
    assert set(counts) == {"positive", "neutral", "negative"}
    assert max(counts.values()) - min(counts.values()) <= 2
    assert len({template.text for template in people(name)}) == len(people(name))
    assert {template.use for template in people(name)} == {"identity"}


@pytest.mark.parametrize("name", NAMES)
def test_controls_mention_no_group(name: str) -> None:
    probe_set = loaded(name)
    assert len(probe_set.reference) >= 3
    assert len(probe_set.placebos) >= 6
    named = {term.text.casefold() for term in terms(name)}
    controls = [term.text.casefold() for term in (*probe_set.reference, *probe_set.placebos)]
    assert len(set(controls)) == len(controls)
    assert not named & set(controls)


@pytest.mark.parametrize("name", NAMES)
def test_every_group_has_terms_of_more_than_one_wording(name: str) -> None:
    wordings: Counter[str | None] = Counter()
    for group in loaded(name).groups:
        assert len(group.terms) >= 3, group.id
        assert group.label != group.id, group.id
        wordings.update(term.wording for term in group.terms)
    assert {"person-first", "identity-first"} <= set(wordings)
    assert None not in wordings


@pytest.mark.parametrize("name", NAMES)
def test_every_term_has_a_source_that_a_reader_can_look_up(name: str) -> None:
    sources = {source["id"]: source for source in loaded(name).meta["sources"]}
    for term in terms(name):
        assert term.source, term.id
        assert set(term.source) <= set(sources), term.id
        assert term.preference in {"recommended", "neutral", "dispreferred"}, term.id
    assert {source for term in terms(name) for source in term.source} == set(sources)
    for source in sources.values():
        assert source["title"].strip()
        assert source["publisher"].strip()
        assert re.fullmatch(r"https?://[^\s/]+\.\S+", source["url"]), source
        assert source["accessed"].strip()


@pytest.mark.parametrize("name", NAMES)
def test_the_file_says_who_was_asked(name: str) -> None:
    meta = loaded(name).meta
    assert meta["authors"]
    assert meta["reviewers"] == []
    assert meta["consultation"].startswith("none:")
    assert date.fromisoformat(str(meta["review_date"]))
    assert meta["licence"] == "Apache-2.0"
    advised_against = [term for term in terms(name) if term.preference == "dispreferred"]
    assert all(term.justification or meta.get("justification") for term in advised_against)


@pytest.mark.parametrize("name", NAMES)
def test_task_labels_and_shots_are_in_the_language(name: str) -> None:
    probe_set = loaded(name)
    task, english = probe_set.task, loaded("disability").task
    assert task is not None
    assert english is not None
    assert len(task.labels) == 3
    assert {shot.label for shot in task.shots} == set(task.labels)
    own = {task.description, task.input, task.output, *task.labels, *(s.text for s in task.shots)}
    theirs = {
        english.description,
        english.output,
        *english.labels,
        *(s.text for s in english.shots),
    }
    assert bool(own & theirs) is (probe_set.language == "en")


@pytest.mark.parametrize("name", NAMES)
def test_every_term_stands_in_the_list_of_sources(name: str) -> None:
    text = (shipped_directory() / "SOURCES.md").read_text(encoding="utf-8")
    section = re.search(rf"^## {re.escape(name)}\.yaml$(.*?)(?=^## |\Z)", text, re.M | re.S)
    assert section, name
    rows = {
        tuple(cell.strip() for cell in line.split("|")[1:6])
        for line in section.group(1).splitlines()
        if line.startswith("| ")
    }
    for group in loaded(name).groups:
        for term in group.terms:
            if term.stratum is None:
                row = (group.id, term.text, str(term.form), str(term.wording), str(term.preference))
                assert row in rows, row
    assert "**Consultation: none.**" in section.group(1)
