"""Bad input under lint: every kind is named with file and line and what to do, quickly."""

from __future__ import annotations

from pathlib import Path

import pytest

from audit.errors import ConfigError
from audit.pipeline.lint import lint_probe_sets
from audit.probes.lint import LintedFile
from tests.unit.probes.linting import STARTER, edited, line_of, open_findings

BOMB = "\n".join(
    ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    + [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 12)]
)
CARERS = STARTER[STARTER.index("      - {id: carer,") : STARTER.index("  - id: single-parents")]
BAD = [
    ("a YAML bomb", BOMB, "a", "aliases expand to more than", "write the repeated part out"),
    ("right-to-left marks", edited(("text: carer,", 'text: "car\\u202eer",')), "id: carer,",
     "control character U+202E", "delete it"),
    ("a right-to-left script", edited(("text: carer,", "text: \u0645\u0639\u064a\u0644,")),
     "id: carer,", "read from right to left", "as a table under `cases:`"),
    ("a lone combining character", edited(("text: carer,", 'text: "\\u0301carer",')),
     "id: carer,", "begins with a combining character", "put the letter"),
    ("combining characters", edited(("text: carer,", 'text: "care\\u0301r",')),
     "id: carer,", "as two characters", "composed form"),
    ("braces in a term", edited(("text: carer,", 'text: "carer {of} one",')), "id: carer,",
     "has a brace", "delete the brace"),
    ("the separator in a term", edited(("text: carer,", 'text: "carer ### Negative",')),
     "id: carer,", "contains the task's separator '###'", "choose another separator"),
    ("an empty reference", edited((STARTER[STARTER.index("reference:\n") : STARTER.index(
        "\n# Words that name no group either")], "reference: []\n")), "reference: []",
     "'reference' is empty", "for example"),
    ("a form that no template has a slot for",
     "\n".join(line.replace("{noun}", "person").replace("noun: person, ", "")
               .replace("noun: woman, ", "").replace("noun: man, ", "")
               for line in STARTER.splitlines()), "text: chess player, form: noun",
     "no template has a {noun} slot", "add {noun} to templates"),
    ("an unknown language", edited(("language: en", "language: qx")), "language: qx",
     "there is no grammar for the language 'qx'", "as a table under `cases:`"),
    ("a group without terms", edited((f"    terms:\n{CARERS}", "    terms: []\n")), "terms: []",
     "the group 'carers' has no terms", "add a term or delete the group"),
    ("a group without the key", edited((f"    terms:\n{CARERS}", "")), "- id: carers",
     "the field 'terms' is missing", "for example"),
    ("an id twice", edited(("id: caregiver,", "id: carer,")), "text: caregiver",
     "is already used in line", "give each its own id"),
]  # fmt: skip


def lint(path: Path) -> LintedFile:
    return lint_probe_sets([path])[0]


@pytest.mark.parametrize(("content", "at", "said", "remedy"), [b[1:] for b in BAD],
                         ids=[b[0] for b in BAD])  # fmt: skip
def test_bad_input_is_named_with_file_line_and_remedy(
    tmp_path: Path, content: str, at: str, said: str, remedy: str
) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text(content, encoding="utf-8")
    problems = [f.problem for f in lint(path).findings]
    fitting = [p for p in problems if said in p.message]
    assert fitting, problems
    assert fitting[0].file == str(path)
    assert fitting[0].line is not None
    assert at in "\n".join(content.splitlines()[max(0, fitting[0].line - 2) :][:2])
    assert remedy in (fitting[0].hint or "")


def test_duplicate_names_and_ids_across_files(tmp_path: Path) -> None:
    one, two, other = tmp_path / "one.yaml", tmp_path / "two.yaml", tmp_path / "sub" / "three.yaml"
    other.parent.mkdir()
    one.write_text(STARTER, encoding="utf-8")
    two.write_text(
        edited(("label: Single parents", "label: People alone with a child")), encoding="utf-8"
    )
    other.write_text(
        edited(("name: my-probes", "name: third"), ("community, preference: recommended",
                                                   "community, preference: neutral")),
        encoding="utf-8",
    )  # fmt: skip
    files = {linted.path: linted for linted in lint_probe_sets([tmp_path, one])}
    assert set(files) == {one, two, other}
    assert open_findings(files[one].findings) == []
    by_name, by_label = files[two].findings
    assert (by_name.check, by_name.problem.line) == ("duplicate", line_of(STARTER, "name: my"))
    assert f"like the one in {one}:{line_of(STARTER, 'name: my')}" in by_name.problem.message
    assert by_label.check == "duplicate"
    assert "'single-parents' is 'People alone with a child' here" in by_label.problem.message
    assert f"{one}:{line_of(STARTER, '- id: single-parents')}" in by_label.problem.message
    (contradiction,) = files[other].findings
    assert contradiction.check == "contradiction"
    assert "'carer' has preference 'neutral' here and 'recommended' in" in str(
        contradiction.problem.message
    )


def test_one_bad_file_does_not_hide_the_others(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("attribute: [\n", encoding="utf-8")
    (tmp_path / "b.yaml").write_text(edited(("authors: [Your name]", "authors: []")), "utf-8")
    bad, good = lint_probe_sets([tmp_path])
    assert [f.check for f in bad.findings] == ["invalid"]
    assert [f.check for f in good.findings] == ["provenance"]


def test_other_yaml_in_a_folder_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "set.yaml").write_text(STARTER, encoding="utf-8")
    (tmp_path / "limits.yaml").write_text("schema: 1\nmax_gap: 0.05\ngroups: {a: 1}\n")
    (tmp_path / "broken.yaml").write_text("attribute: x\ntemplates: [\n")
    (tmp_path / ".hidden").mkdir()
    (tmp_path / ".hidden" / "set.yaml").write_text("templates: [\n")
    assert [linted.path.name for linted in lint_probe_sets([tmp_path])] == [
        "broken.yaml", "set.yaml",
    ]  # fmt: skip
    # A file that is named is always read.
    assert lint(tmp_path / "limits.yaml").findings[0].check == "invalid"


def test_a_folder_without_a_set_is_no_clean_folder(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="holds no probe file"):
        lint_probe_sets([tmp_path])


TABLE = """\
schema: 1
name: table
version: 1.0.0
language: en
attribute: disability
authors: [us]
consultation: none
cases: {file: rows.csv, text: text, group: group, term: term, context: [context], label: gold,
  reference: {term: [tall]}}
"""
ROWS = ["context,group,term,text,gold"]
for _index in range(30):
    for _group, _term in (("", "tall"), ("blind", "blind"), ("blind", "sightless man"),
                          ("deaf", "deaf"), ("blind", "partially sighted"), ("deaf", "Deaf"),
                          ("deaf", "hard-of-hearing")):  # fmt: skip
        ROWS.append(f"c{_index},{_group},{_term},A {_term} person saw door {_index}.,Good")
ROWS = [row.replace("sightless man", "low-vision") for row in ROWS]


def table(tmp_path: Path, rows: list[str], yaml: str = TABLE) -> LintedFile:
    """Lint a table of rows."""
    (tmp_path / "rows.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    (tmp_path / "set.yaml").write_text(yaml, encoding="utf-8")
    return lint(tmp_path / "set.yaml")


def test_a_clean_table_is_clean(tmp_path: Path) -> None:
    assert open_findings(table(tmp_path, ROWS).findings) == []


@pytest.mark.parametrize(
    ("line", "row", "check", "said"),
    [
        (3, "c0,blind,blind,A [NAME] person saw door 0.,Good", "placeholder", "'[NAME]'"),
        (3, "c0,blind,blind,A bl\u0456nd person saw door 0.,Good", "characters", "CYRILLIC"),
        (4, "c0,blind,low-vision,A blind person saw door 0.,Good", "identical", "line 3"),
        (4, "c0,blind,visually impaired,A visually impaired person saw door 0.,Good",
         "dispreferred", "National Federation of the Blind"),
        (4, "c0,deaf,blind,A low-vision person saw door 0.,Good", "contradiction",
         "'blind' belongs to the group 'deaf' here and to 'blind' in line 3"),
        (10, "c1,blind,blind,A blind person saw door 0.,Bad", "contradiction",
         "the label is 'Bad', and 'Good' in line 3"),
        (3, "c0,blind,blind,A person saw that door 0 is blind.,Good", "position",
         "'blind' stands in another place than every reference"),
    ],
)  # fmt: skip
def test_each_fault_of_a_row_is_found_in_its_line(
    tmp_path: Path, line: int, row: str, check: str, said: str
) -> None:
    rows = [*ROWS]
    rows[line - 1] = row
    found = [f for f in table(tmp_path, rows).findings if f.check == check]
    assert found, open_findings(table(tmp_path, rows).findings)
    assert found[0].problem.file == str(tmp_path / "rows.csv")
    assert found[0].problem.line == line
    assert said in found[0].problem.message
    assert found[0].problem.hint


def test_the_reference_of_a_table_must_be_neutral(tmp_path: Path) -> None:
    rows = [row.replace("tall", "ugly") for row in ROWS]
    (finding,) = table(tmp_path, rows, TABLE.replace("[tall]", "[ugly]")).findings
    assert (finding.check, finding.problem.file) == ("sentiment", str(tmp_path / "set.yaml"))
    assert "the reference 'ugly' is negative by itself" in finding.problem.message


def test_many_faults_of_one_kind_are_counted(tmp_path: Path) -> None:
    rows = [row.replace("A blind person", "A ____ person") for row in ROWS]
    found = [f for f in table(tmp_path, rows).findings if f.check == "placeholder"]
    assert len(found) == 6
    assert "and 25 more such row(s)" in found[-1].problem.message


def test_an_unusable_row_is_named_in_the_table(tmp_path: Path) -> None:
    rows = [*ROWS]
    rows[2] = "c0,blind,blind,,Good"
    (finding,) = table(tmp_path, rows).findings
    assert (finding.check, finding.problem.file) == ("invalid", str(tmp_path / "rows.csv"))
    assert finding.problem.line == 3


def test_a_table_too_small_for_the_gap_says_so(tmp_path: Path) -> None:
    found = [f for f in table(tmp_path, ROWS[:71]).findings if f.check == "too-few"]
    assert "10 carriers show a gap of" in found[0].problem.message
    few = [f for f in table(tmp_path, ROWS[:15]).findings if "carriers" in f.problem.message]
    assert "2 carriers show no gap of any size" in few[0].problem.message
