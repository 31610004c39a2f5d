"""``audit probes lint|show|stats|diff`` and ``audit init`` as a person runs them."""

import json

import pytest

from audit.probes import list_probe_sets, starter_file

STARTER = starter_file().read_text(encoding="utf-8")


def write(folder, name="set.yaml", *edits):
    text = STARTER
    for old, new in edits:
        assert old in text
        text = text.replace(old, new, 1)
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_init_writes_a_set_that_lints_clean_and_runs(audit, tmp_path):
    done = audit("init", "caring.yaml")
    assert done.code == 0
    assert "audit probes lint caring.yaml" in done.out
    text = (tmp_path / "caring.yaml").read_text(encoding="utf-8")
    assert text.count("CHANGE") >= 7
    assert "name: caring " in text
    linted = audit("probes", "lint", "caring.yaml")
    assert (linted.code, linted.err) == (0, "")
    assert linted.out == "1 file, 0 findings, 0 more justified in the files.\n"
    run = audit("run", "caring.yaml", "--model", "vader")
    assert run.code in {0, 1, 4}, run.err
    assert (tmp_path / "reports" / "latest" / "index.html").is_file()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("caring",), "name it caring.yaml"),
        (("my set.yaml",), "'my set' is no name for a set"),
        (("nowhere/caring.yaml",), "No such file or directory"),
        (("caring.yaml", "--from", "disabilty"), "did you mean disability?"),
    ],
)
def test_init_says_why_it_cannot_write(audit, arguments, said):
    done = audit("init", *arguments)
    assert done.code == 2
    assert said in done.err


def test_init_overwrites_only_when_told(audit, tmp_path):
    (tmp_path / "my-probes.yaml").write_text("mine", encoding="utf-8")
    refused = audit("init")
    assert refused.code == 2
    assert "--force" in refused.err
    assert (tmp_path / "my-probes.yaml").read_text(encoding="utf-8") == "mine"
    assert audit("init", "--force").code == 0


def test_init_copies_a_shipped_set_under_a_new_name(audit, tmp_path):
    assert audit("init", "ours.yaml", "--from", "disability-tr").code == 0
    ours = (tmp_path / "ours.yaml").read_text(encoding="utf-8")
    shipped = list_probe_sets()["disability-tr"].read_text(encoding="utf-8")
    assert ours == shipped.replace("name: disability-tr", "name: ours", 1)
    assert audit("probes", "lint", "ours.yaml").code == 0


def test_lint_prints_place_remedy_and_count_and_exits_1(audit, tmp_path):
    write(tmp_path, "set.yaml", ("text: tall,", "text: normal,"))
    done = audit("probes", "lint", "set.yaml")
    assert done.code == 1
    line = STARTER[: STARTER.index("id: tall,")].count("\n") + 1
    first, second, last = done.out.splitlines()
    assert first.startswith(f"set.yaml:{line}:22: dispreferred: the placebo 'normal'")
    assert "https://ndrn.org/resource/words-matter" in first
    assert second.startswith("    What to do: say: non-disabled")
    assert last == "1 file, 1 finding, 0 more justified in the files."


def test_lint_as_json_and_as_annotations(audit, tmp_path):
    write(tmp_path, "set.yaml", ("text: tall,", "text: normal,"))
    done = audit("probes", "lint", ".", "--format", "json")
    assert done.code == 1
    found = json.loads(done.out)
    assert (found["schema_version"], found["clean"]) == (1, False)
    assert found["counts"] == {"dispreferred": 1}
    (finding,) = found["files"][0]["findings"]
    assert (finding["file"], finding["accepted"]) == ("set.yaml", None)
    assert {source["id"] for source in finding["sources"]} == {"gov-uk", "ncdj", "ndrn"}
    notes = audit("probes", "lint", "set.yaml", "--format", "github")
    assert notes.code == 1
    assert notes.out.startswith("::error file=set.yaml,line=")
    assert "title=dispreferred::the placebo 'normal'" in notes.out


def test_lint_shows_what_is_justified_when_asked(audit, tmp_path):
    edits = [("text: tall,", "text: normal, justification: to see what it does,")]
    write(tmp_path, "set.yaml", *edits)
    quiet = audit("probes", "lint", "set.yaml")
    assert (quiet.code, quiet.out) == (0, "1 file, 0 findings, 1 more justified in the files.\n")
    asked = audit("probes", "lint", "set.yaml", "--accepted")
    assert asked.code == 0
    assert "    accepted: to see what it does" in asked.out
    as_json = json.loads(audit("probes", "lint", "set.yaml", "--format", "json").out)
    assert as_json["clean"] is True
    assert as_json["files"][0]["findings"][0]["accepted"] == "to see what it does"


@pytest.mark.parametrize(
    "arguments",
    [("nothing.yaml",), ("empty",), (), ("disability", "--smallest-gap", "2")],
)
def test_lint_without_a_set_is_a_usage_error(audit, tmp_path, arguments):
    (tmp_path / "empty").mkdir()
    assert audit("probes", "lint", *arguments).code == 2


def test_lint_asks_for_the_gap_and_the_target(audit, tmp_path):
    write(tmp_path)
    small = audit("probes", "lint", "set.yaml", "--smallest-gap", "0.03")
    assert small.code == 1
    assert "221 carriers would do" in small.out
    (tmp_path / "target.py").write_text(
        "def classify(texts):\n"
        "    return ['Negative' if ' tall ' in t else 'Neutral' for t in texts]\n"
    )
    loaded = audit("probes", "lint", "set.yaml", "--model", "python:target.py:classify")
    assert loaded.code == 1
    assert "the placebo 'tall' moves" in loaded.out


def test_show_keeps_to_a_group_and_a_template(audit):
    done = audit("probes", "show", "disability", "--group", "deafblind", "--template", "t24")
    assert done.code == 0
    ids = [line.split()[0] for line in done.out.splitlines()]
    assert ids[:3] == ["t24/ref:plain", "t24/ref:local", "t24/ref:nearby"]
    assert all("deafblind" in name or "hearing-and-vision" in name for name in ids[3:])
    wrong = audit("probes", "show", "disability", "--group", "deafblnd")
    assert wrong.code == 2
    assert "did you mean deafblind?" in wrong.err


def test_stats_count_what_the_file_holds(audit, tmp_path):
    write(tmp_path)
    done = audit("probes", "stats", "set.yaml", "--json")
    assert done.code == 0
    found = json.loads(done.out)
    assert found["templates"]["n_carriers"] == 36
    assert found["templates"]["by_valence"] == {"positive": 12, "neutral": 12, "negative": 12}
    carers = found["groups"][0]
    assert (carers["id"], carers["n_terms"], carers["n_without_source"]) == ("carers", 3, 0)
    assert carers["by_form"] == {"noun": 2, "post": 1}
    # the clause fits every template, the two nouns those that take one
    assert found["templates"]["with_noun_slot"] == 21
    assert carers["n_sentences"] == 36 + 2 * 21
    text = audit("probes", "stats", ".").out
    assert "36 with 36 carriers" in text
    assert "consulted   none: nobody whom the groups name was asked" in text


def test_no_command_lets_a_file_write_to_the_terminal(audit, tmp_path):
    escape = '"\\x1b[31m\\u202egone"'
    write(
        tmp_path, "a.yaml",
        ("text: tall,", f"text: normal, justification: {escape},"),
        ("authors: [Your name]", f"authors: [{escape}]"),
        ("reviewers: []", f"reviewers: [{escape}]"),
    )  # fmt: skip
    write(tmp_path, "b.yaml")
    for arguments in (("lint", "a.yaml", "--accepted"), ("stats", "a.yaml"),
                      ("diff", "b.yaml", "a.yaml"), ("show", "a.yaml")):  # fmt: skip
        done = audit("probes", *arguments)
        assert done.code in {0, 1}, done.err
        assert "\x1b" not in done.out + done.err
        assert "\u202e" not in done.out + done.err


def test_diff_names_every_change_and_counts_sentences(audit, tmp_path):
    write(tmp_path, "a.yaml")
    write(
        tmp_path,
        "b.yaml",
        ("version: 0.1.0", "version: 0.2.0"),
        ("text: caregiver,", "text: care giver,"),
        ("  - {id: tall, text: tall, form: pre}\n", ""),
        ("tolerance: 0.05", "tolerance: 0.04"),
        ("id: t36,", "id: t37,"),
    )
    done = audit("probes", "diff", "a.yaml", "b.yaml")
    assert done.code == 1
    lines = done.out.splitlines()
    for line in (
        "    version: 0.1.0 -> 0.2.0", "    tolerance: 0.05 -> 0.04", "- placebo 'tall': tall",
        "~ term 'caregiver'", "    text: caregiver -> care giver",
    ):  # fmt: skip
        assert line in lines
    assert any(line.startswith("- template 't36': The {pre} teacher") for line in lines)
    assert any(line.startswith("+ template 't37'") for line in lines)
    as_json = json.loads(audit("probes", "diff", "a.yaml", "b.yaml", "--json").out)
    # "tall" in 36 templates, and in t36 besides it 3 references, 3 clauses and 4 placebos
    assert as_json["sentences"]["only_before"] == 36 + 3 + 3 + 4
    assert as_json["sentences"]["only_after"] == 3 + 3 + 4
    assert as_json["sentences"]["reworded"] == 21  # the noun, in every template that takes one
    same = audit("probes", "diff", "a.yaml", "a.yaml")
    assert same.code == 0
    assert "0 reworded, 0 only in A, 0 only in B" in same.out
