"""Every shipped set is audited from end to end, or refused where the target knows no word of it."""

import json
import re

import pytest
from jsonschema import Draft202012Validator

from audit.exports import results_schema
from audit.probes import list_probe_sets, load_probe_set

NAMES = sorted(list_probe_sets())
ENGLISH = [name for name in NAMES if load_probe_set(name).language == "en"]


def test_the_list_names_every_set_with_its_language(audit) -> None:
    done = audit("probes", "list")
    assert done.code == 0
    rows = [line.split() for line in done.out.splitlines()]
    assert {(row[0], row[2]) for row in rows} >= {(n, load_probe_set(n).language) for n in NAMES}


@pytest.mark.parametrize("name", ENGLISH)
def test_english_sets_run_against_a_lexicon(audit, tmp_path, name) -> None:
    done = audit("run", name, "-m", "vader", "-q", "--json")
    assert done.code in {0, 1, 4}, done.err
    results = json.loads(done.out)
    Draft202012Validator(results_schema()).validate(results)
    assert results["status"] == "complete"
    assert {group["id"] for group in results["groups"]} == {
        g.id for g in load_probe_set(name).groups
    }
    assert all(group["estimate"] is not None for group in results["groups"])
    moved = [row for row in results["placebos"] if abs(row["estimate"]) > 0.05]
    assert len(moved) <= len(results["placebos"]) // 4, [row["id"] for row in moved]
    page = (tmp_path / "reports" / "latest" / "index.html").read_text(encoding="utf-8")
    who = re.sub(r"<[^>]+>", " ", page[page.index('id="who"') :])
    assert "The audit project" in who
    assert "nobody yet" in who
    assert re.search(r"Consultation\s+none:", who)


@pytest.mark.parametrize("name", sorted(set(NAMES) - set(ENGLISH)))
@pytest.mark.parametrize("target", ["vader", "reference"])
def test_other_languages_are_refused_rather_than_found_without_a_gap(audit, name, target) -> None:
    done = audit("run", name, "-m", target, "-q")
    assert done.code == 2
    assert "the language does not match" in done.err
    assert load_probe_set(name).language in done.err
