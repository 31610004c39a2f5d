"""The model card, read back by huggingface_hub."""

import copy

import pytest
from huggingface_hub import ModelCard, parse_eval_result_entries
from ruamel.yaml import YAML

from audit.errors import ResultsError
from audit.exports.model_card import BEGIN, card_section, write_model_card

CARD = """---
license: apache-2.0
model-index:
- name: mine
  results:
  - task: {type: text-classification}
    dataset: {type: imdb, name: IMDb}
    metrics: [{type: accuracy, value: 0.9}]
---
# Mine

Text before.
"""


def test_the_results_come_back(tmp_path, results):
    write_model_card(results, tmp_path)
    card = ModelCard.load(tmp_path / "README.md")
    found = {each.metric_args["group"]: each for each in card.data.eval_results}
    assert set(found) == {"blind", "deaf"}
    blind = found["blind"]
    assert blind.metric_value == results["groups"][0]["estimate"]
    assert blind.metric_args["verdict"] == "gap"
    assert blind.dataset_revision == results["spec"]["probe_sha256"]


def test_an_existing_card_keeps_what_it_says_and_is_not_extended_twice(tmp_path, results):
    source = tmp_path / "card.md"
    source.write_text(CARD)
    write_model_card(results, tmp_path / "one", card=source)
    again = copy.deepcopy(results)
    again["groups"][0]["estimate"] = 0.125
    write_model_card(again, tmp_path / "two", card=tmp_path / "one" / "README.md")
    card = ModelCard.load(tmp_path / "two" / "README.md")
    assert card.data.license == "apache-2.0"
    values = [(each.metric_type, each.metric_value) for each in card.data.eval_results]
    assert values.count(("accuracy", 0.9)) == 1
    assert len(values) == 3
    assert ("counterfactual_gap", 0.125) in values
    assert card.text.count(BEGIN) == 1
    assert "Text before." in card.text


def test_the_section_says_nulls_limits_and_what_was_not_tested(results):
    section = card_section({**results, "not_tested": [{"what": "x|y", "why": "no slot"}]})
    assert "| Deaf people | 0.0 points" in section.replace("+0.0", "0.0")
    assert "Limit: 5.0 points either way" in section
    assert r"- x\|y: no slot" in section
    assert section.count("lawful, fair or safe") == 1


def test_the_newer_format_of_the_hub(tmp_path, results):
    written = write_model_card(results, tmp_path, dataset="audit-org/small")
    path = tmp_path / ".eval_results" / "audit-small.yaml"
    assert path in written
    entries = parse_eval_result_entries(YAML(typ="safe").load(path))
    assert [entry.task_id for entry in entries] == ["small.blind", "small.deaf"]
    assert entries[0].value == results["groups"][0]["estimate"]
    assert "verdict gap" in entries[0].notes


def test_a_group_without_estimate_is_in_the_section_and_has_no_value(tmp_path, results):
    less = copy.deepcopy(results)
    less["groups"][1] |= {"estimate": None, "interval": None, "verdict": "not_enough_evidence"}
    write_model_card(less, tmp_path)
    card = ModelCard.load(tmp_path / "README.md")
    assert len(card.data.eval_results) == 1
    assert "| Deaf people | not available | not available |" in card.text


def test_a_card_that_is_none_is_refused(tmp_path, results):
    source = tmp_path / "card.md"
    source.write_text("---\n[: broken\n---\n")
    with pytest.raises(ResultsError, match="cannot be read"):
        write_model_card(results, tmp_path / "x", card=source)
