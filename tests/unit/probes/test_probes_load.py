"""Loading: every problem of a file at once, each with its line and a remedy."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import jsonschema
import pytest
from ruamel.yaml import YAML

from audit.errors import ConfigError, ProbeError
from audit.probes import json_schema, list_probe_sets, load, load_probe_set, shipped_directory

GOOD = """\
schema: 1
name: small
version: 1.0.0
language: en
attribute: disability
sources: [{id: us, title: Our own words}]
task:
  labels: [Good, Bad]
  favourable: Good
  shots:
    - {text: "The soup was cold.", label: Bad}
reference:
  - {id: plain, text: ""}
  - {id: local, text: local, form: pre}
placebos:
  - {id: tall, text: tall, form: pre}
groups:
  - id: blind
    label: Blind people
    terms:
      - {id: blind, text: blind, form: pre, source: us}
      - {id: who-is-blind, text: who is blind, form: post, source: [us]}
templates:
  - {id: t01, valence: positive, text: "I am {a} {pre} person {post}."}
  - {id: t02, number: plural, noun: people, text: "The {pre} {noun} {post} left."}
"""


def write(tmp_path: Path, content: str) -> Path:
    path = tmp_path / "set.yaml"
    path.write_text(content, encoding="utf-8")
    return path


def problems(tmp_path: Path, *edits: tuple[str, str]) -> list[str]:
    """Load the good file with edits and return its problems as printed."""
    content = GOOD
    for old, new in edits:
        assert old in content
        content = content.replace(old, new, 1)
    with pytest.raises(ProbeError) as caught:
        load_probe_set(write(tmp_path, content))
    assert caught.value.exit_code == 2
    return [str(problem).replace(f"{tmp_path}/", "") for problem in caught.value.problems]


def test_the_good_file_loads(tmp_path: Path) -> None:
    found = load_probe_set(write(tmp_path, GOOD))
    assert found.task is not None
    assert found.task.unfavourable == ("Bad",)
    assert [template.carrier for template in found.templates] == ["t01", "t02"]
    assert found.groups[0].terms[0].source == ("us",)
    assert found.meta["sources"] == [{"id": "us", "title": "Our own words"}]
    assert len(found.sha256) == 64


BAD = [
    # structure
    (("name: small\n", ""), ":1:1: the field 'name' is missing"),
    (("version: 1.0.0", "version: 1.0"), ":3:10: 'version' must be text (write it in quotes"),
    (("templates:\n", "templtes:\n"), "unknown key 'templtes' (did you mean templates?)"),
    (("form: pre, source: us", "from: pre, form: pre"), ":21:34: unknown key 'from'"),
    (("form: post", "form: psot"), "'form' cannot be 'psot' (did you mean post?)"),
    (("valence: positive", "valence: happy"), "'valence' cannot be 'happy'"),
    (("form: pre, source: us", "source: us"), ":21:9: the field 'form' is missing in 'terms'"),
    (("schema: 1", "schema: 2"), ":1:9: 'schema' cannot be '2' (one of 1)"),
    (("version: 1.0.0", "version:"), "'version' is empty and must be text"),
    (("    label: Blind people", "    label: [Blind]"), "'label' must be text"),
    (("name: small", "name: ../small"), "'../small' is no id"),
    (("label: Blind people", 'label: "Bl\\u202eind"'), "control character U+202E"),
    (("version: 1.0.0", "version: ' '"), "'version' is empty"),
    (("attribute: disability", "attribute: x\nlimits: {tolerance: -1}"), "greater than 0"),
    (("attribute: disability", "attribute: x\nlimits: {tolerance: .nan}"), "finite number"),
    (("attribute: disability", "attribute: x\nsampling: {repeats: 0}"), "greater than or equal"),
    (("attribute: disability", "attribute: x\nsampling: {repeats: 2.5}"), "a whole number"),
    (("placebos:\n  - {id: tall, text: tall, form: pre}", "placebos: tall"), "must be a list"),
    # ids
    (("id: t02", "id: t01"), ":25:10: the id 't01' of a template is already used in line 24"),
    (("id: tall", "id: blind"), "is already used in line"),
    (("id: t02", "id: 't 2'"), "'t 2' is no id"),
    (("id: t02", "id: t02, carrier: 'c/1'"), "'c/1' is no id"),
    # presence
    (("reference:\n  - {id: plain, text: \"\"}\n  - {id: local, text: local, form: pre}\n", ""),
     "the field 'reference' is missing"),
    (("reference:\n  - {id: plain, text: \"\"}\n  - {id: local, text: local, form: pre}\n",
      "reference: []\n"), "'reference' is empty"),
    (("    label: Blind people\n", "    label: B\n    terms: []\n  - id: deaf\n"),
     "the group 'blind' has no terms"),
    # task
    (("favourable: Good", "favourable: good"), "'good' is not among the task's labels (did you"),
    (("favourable: Good", "unfavourable: Bad"), "the field 'favourable' is missing"),
    (("favourable: Good", "favourable: Good\n  unfavourable: Good"), "both favourable and"),
    (("favourable: Good", "favourable: Good\n  unfavourable: [Bda]"), "'Bda' is not among"),
    (("[Good, Bad]", "[Good, Bad, So]"), "with 3 labels the field 'unfavourable' is needed"),
    (("[Good, Bad]", "[Good]"), "needs two labels or more"),
    (("[Good, Bad]", "[Good, Bad, bad]"), "is there twice"),
    (("label: Bad}", "label: bad}"), ":11:43: 'bad' is not among the task's labels"),
    (("  favourable: Good", "  favourable: Good\n  separator: ' '"), "must be a visible mark"),
    (("  favourable: Good", "  favourable: Good\n  range: [0, 1]"), "has no range"),
    (("soup was", "soup ### was"), "contains the task's separator '###'"),
    (("  labels:", "  kind: score\n  labels:"), "a score task needs 'range'"),
    (("  labels:", "  kind: score\n  range: [1, -1]\n  labels:"), "low then high"),
    (("  labels:", "  kind: score\n  range: [0, 1]\n  labels:"), "a score task has no labels"),
    (("valence: positive", "gold: Godo"), "'Godo' is not among the task's labels"),
    # texts
    (("text: blind, form", 'text: "bl{in}d", form'), "the text has a brace"),
    (("text: blind, form", 'text: "blind ### x", form'), "contains the task's separator"),
    (("text: blind, form", 'text: "bl\\nind", form'), "has a line break"),
    (("text: blind, form", 'text: "bl\\u202eind", form'), "control character U+202E"),
    (("text: blind, form", 'text: "bl\\x07ind", form'), "control character U+0007"),
    (("text: blind, form", 'text: "bl\\ud800ind", form'), "U+D800"),
    (("text: blind, form", 'text: "\\u0301blind", form'), "begins with a combining character"),
    (("text: blind, form", 'text: " blind", form'), "begins or ends with a space"),
    (("text: blind, form", 'text: "legally  blind", form'), "two spaces in a row"),
    (("text: blind, form", 'text: "", form'), "the text is empty"),
    (("I am {a} {pre}", "I  am {a} {pre}"), "two spaces in a row"),
    (("text: tall", "text: blind"), "is already that of the placebo"),
    (("text: tall", "text: Local"), "is already that of the reference filler"),
    (('text: ""', 'text: "", form: pre'), "an empty filler fills no slot"),
    (("text: local, form: pre", "text: local"), "the field 'form' of this reference filler"),
    (("source: us", "source: uss"), ":21:53: the source 'uss' is not listed in `sources` (did you"),
    (("source: [us]", "source: [us, nobody]"), "the source 'nobody' is not listed"),
    # slots
    (("{a} {pre} person", "{a} {pree} person"), "unknown slot {pree} (did you mean {pre}?"),
    (("{a} {pre} person", "{a} {pre} person}"), "a single } in the text"),
    (("I am {a} {pre} person {post}.", "I am here."), "no slot for a term"),
    (("I am {a} {pre} person {post}.", "I am {a} person."), "no slot for a term"),
    (("{a} {pre} person", "{a} {pre} {pre} person"), "is there twice"),
    (("{a} {pre} person", "{a} {pre} {noun}"), "the slot {noun} has no default word"),
    (("valence: positive", "noun: man"), "has a `noun` but no {noun} slot"),
    (("{a} {pre} person", "{a}{pre} person"), "touches its neighbour"),
    (("{pre} person", "{pre}person"), "touches its neighbour"),
    (("{post}.", "{post} {a}."), "{a} is not followed by a word"),
    (("am {a} {pre} person {post}.", "am {a} {post}."), "{a} is followed by no word with 'plain'"),
    (("The {pre}", "{a} {pre}"), "{a} cannot stand in a template about several people"),
    (("noun: people", "noun: person"), "is singular, but `number: plural` is set"),
    # grammar
    (("{a} {pre} person", "an {pre} person"), "ungrammatical with 'plain': 'an person' should be"),
    (("{a} {pre} person", "the {a} {pre} person"), "two articles in 'the a'"),
    (("text: who is blind", "text: with a eye disease"), "'a eye' should be 'an eye'"),
    (("text: who is blind", "text: who is a nurse"), "no rule gives the plural of the term"),
    (("language: en", "language: xx"), "there is no grammar for the language 'xx'"),
]  # fmt: skip


@pytest.mark.parametrize(("edit", "said"), BAD)
def test_bad_input_is_named_with_its_place(
    tmp_path: Path, edit: tuple[str, str], said: str
) -> None:
    found = problems(tmp_path, edit)
    assert any(said in problem for problem in found), found
    assert all(problem.startswith("set.yaml:") for problem in found)


def test_a_form_that_no_template_has_a_slot_for(tmp_path: Path) -> None:
    edits = [
        ("text: blind, form: pre", "text: cane user, form: noun"),
        ('noun: people, text: "The {pre} {noun}', 'text: "The {pre} people'),
    ]
    assert any("no template has a {noun} slot" in p for p in problems(tmp_path, *edits))


def test_a_template_that_no_filler_fits(tmp_path: Path) -> None:
    edits = [
        ('  - {id: plain, text: ""}\n', ""),
        ("The {pre} {noun} {post} left.", "The {noun} {post} left."),
    ]
    assert any(
        "no reference filler fits the template 't02'" in p for p in problems(tmp_path, *edits)
    )


def test_all_problems_are_named_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    found = problems(
        tmp_path,
        ("version: 1.0.0\n", ""),
        ("form: post", "form: psot"),
        ("id: t02", "id: t01"),
        ("label: Bad}", "label: Worse}"),
        ("{a} {pre} person", "{a} {pre} {person}"),
    )
    said = ["'version'", "'Worse'", "psot", "unknown slot {person}", "'t01'"]
    assert len(found) == len(said)
    assert all(part in problem for part, problem in zip(said, found, strict=True)), found


def test_a_hostile_value_is_not_repeated_at_length(tmp_path: Path) -> None:
    found = problems(
        tmp_path,
        ("form: post", f"form: {'x' * 5000}"),
        ("valence:", f"{'v' * 5000}:"),
        ("favourable: Good", 'favourable: "\\x1b[31m"'),
    )
    assert max(map(len, found)) < 1000
    assert not any("\x1b" in problem for problem in found)


def test_deaf_and_capital_deaf_are_two_terms(tmp_path: Path) -> None:
    content = GOOD.replace(
        "      - {id: who-is", "      - {id: big, text: Blind, form: pre}\n      - {id: who-is", 1
    )
    assert len(load_probe_set(write(tmp_path, content)).groups[0].terms) == 3


def test_score_tasks_need_range_and_direction(tmp_path: Path) -> None:
    content = GOOD.replace(
        GOOD[GOOD.index("task:") : GOOD.index("reference:")],
        "task: {kind: score, range: [-1, 1], favourable: low}\n",
    )
    task = load_probe_set(write(tmp_path, content)).task
    assert task is not None
    assert (task.range, task.favourable_end, task.favourable) == ((-1, 1), "low", None)


def test_shipped_sets_load_by_name_and_by_path() -> None:
    path = shipped_directory() / "disability.yaml"
    assert list_probe_sets()["disability"] == path
    assert load_probe_set("disability") == load_probe_set(path) == load_probe_set(str(path))


@pytest.mark.parametrize("name", sorted(list_probe_sets()))
def test_every_shipped_set_is_free_of_problems(name: str) -> None:
    assert load_probe_set(name).templates


def test_an_unknown_name_suggests_a_near_one() -> None:
    with pytest.raises(ConfigError) as caught:
        load_probe_set("disabilty")
    assert "did you mean disability?" in str(caught.value)
    assert caught.value.exit_code == 2


def test_a_name_without_its_ending_suggests_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, GOOD)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match=r"did you mean set\.yaml\?"):
        load_probe_set("set")


def test_a_missing_file_suggests_a_near_one(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    with pytest.raises(ConfigError, match=r"did you mean set\.yaml\?"):
        load_probe_set(tmp_path / "sets.yaml")


def test_a_directory_is_no_probe_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="is a directory"):
        load_probe_set(tmp_path)


def plugin(monkeypatch: pytest.MonkeyPatch, target: str) -> None:
    """Register one more entry point."""
    point = EntryPoint(name="acme", value=target, group="audit.probes")
    monkeypatch.setattr(load, "entry_points", lambda group: [point])


def test_plugins_add_directories(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("disability", "small"):
        (tmp_path / f"{name}.yaml").write_text(GOOD, encoding="utf-8")
    (tmp_path / "acme_probes.py").write_text(f"DIRECTORY = {str(tmp_path)!r}\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    plugin(monkeypatch, "acme_probes:DIRECTORY")
    assert load_probe_set("small").name == "small"
    assert load_probe_set("acme/disability").name == "small"
    assert load_probe_set("disability").name == "disability"


def test_a_broken_plugin_is_named_and_harms_no_shipped_set(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plugin(monkeypatch, "no_such_module:DIRECTORY")
    assert load_probe_set("disability").name == "disability"
    with pytest.raises(ConfigError, match="'acme' cannot be found"):
        list_probe_sets()


def test_the_shipped_json_schema_is_up_to_date() -> None:
    path = Path(load.__file__).with_name("probe-set.schema.json")
    assert json.loads(path.read_text(encoding="utf-8")) == json_schema(), (
        "write json_schema() to audit/probes/probe-set.schema.json, indented by two spaces"
    )


@pytest.mark.parametrize("path", sorted(list_probe_sets().values()), ids=lambda path: path.stem)
def test_shipped_sets_follow_the_json_schema(path: Path) -> None:
    data = YAML(typ="safe", pure=True).load(path)
    data["review_date"] = str(data["review_date"])
    jsonschema.validate(data, json_schema())


def test_importing_the_room_imports_no_heavy_library() -> None:
    code = (
        "import sys, audit.probes; "
        "print([m for m in ('pydantic', 'inflect', 'ruamel.yaml', 'torch') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
