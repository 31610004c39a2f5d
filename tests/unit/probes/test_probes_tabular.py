"""The tabular form: contexts, references, groups from the data, and rows that cannot be used."""

from __future__ import annotations

import json
import os
import sys
from hashlib import sha256
from pathlib import Path

import pytest

from audit.errors import ProbeError
from audit.probes import expand, load_probe_set
from audit.probes.expansion import Expansion
from audit.probes.rows import LARGEST_CELL

SET = """\
schema: 1
name: table
version: 1.0.0
language: ja
attribute: disability
cases:
  file: cases.csv
  text: sentence
  group: identity
  term: phrase
  context: [template, emotion]
  template: template
  reference: {phrase: [none, tall]}
  label: gold
"""
HEADER = "sentence,identity,phrase,template,emotion,gold"
ROWS = [
    "I am glad,,none,t1,joy,Good",
    "I am a tall glad one,,tall,t1,joy,Good",
    "I am a blind glad one,blind,blind,t1,joy,Good",
    "I am sad,,none,t1,woe,",
    "I am a deaf sad one,deaf,deaf,t1,woe,",
    '"Hello, I am a blind sad one",blind,blind,t1,woe,',
    "Alone,,none,t2,joy,",
    "A blind one without a reference,blind,blind,t3,joy,",
]


def write(
    tmp_path: Path,
    rows: list[str] | bytes,
    edit: tuple[str, str] = ("", ""),
    name: str = "cases.csv",
) -> Path:
    content = rows if isinstance(rows, bytes) else "\n".join([HEADER, *rows, ""]).encode()
    (tmp_path / name).write_bytes(content)
    path = tmp_path / "table.yaml"
    path.write_text(SET.replace("cases.csv", name).replace(*edit), encoding="utf-8")
    return path


def expanded(tmp_path: Path, rows: list[str] | bytes, **kwargs: str) -> Expansion:
    return expand(load_probe_set(write(tmp_path, rows, **kwargs)))  # type: ignore[arg-type]


def refused(path: Path) -> str:
    with pytest.raises(ProbeError) as caught:
        expand(load_probe_set(path))
    return str(caught.value)


def test_rows_become_variants(tmp_path: Path) -> None:
    found = expanded(tmp_path, ROWS)
    assert [(v.id, v.role, v.unit, v.group, v.term, v.gold) for v in found.variants] == [
        ("t1|joy/ref:none", "reference", "t1", None, "none", "Good"),
        ("t1|joy/ref:tall", "reference", "t1", None, "tall", "Good"),
        ("t1|joy/blind/blind", "group", "t1", "blind", "blind", "Good"),
        ("t1|woe/ref:none", "reference", "t1", None, "none", None),
        ("t1|woe/deaf/deaf", "group", "t1", "deaf", "deaf", None),
        ("t1|woe/blind/blind", "group", "t1", "blind", "blind", None),
    ]
    assert found.variants[-1].text == "Hello, I am a blind sad one"
    assert [(g.id, g.label, [t.text for t in g.terms]) for g in found.groups] == [
        ("blind", "blind", ["blind"]), ("deaf", "deaf", ["deaf"]),
    ]  # fmt: skip


def test_what_cannot_be_compared_is_counted(tmp_path: Path) -> None:
    assert [(note.what, note.why) for note in expanded(tmp_path, ROWS).not_tested] == [
        ("1 of 4 contexts (1 rows), first 't3|joy'", "no row matches `reference`"),
        ("1 of 4 contexts (1 rows), first 't2|joy'", "they have reference rows only"),
    ]


def test_the_hash_covers_both_files(tmp_path: Path) -> None:
    path = write(tmp_path, ROWS)
    content = path.read_bytes() + (tmp_path / "cases.csv").read_bytes()
    assert load_probe_set(path).sha256 == sha256(content).hexdigest()


def test_without_a_template_column_the_context_is_the_unit(tmp_path: Path) -> None:
    found = expanded(tmp_path, ROWS, edit=("  template: template\n", ""))  # type: ignore[arg-type]
    assert {variant.unit for variant in found.variants} == {"t1|joy", "t1|woe"}


def test_repeated_cells_are_kept_under_numbered_ids(tmp_path: Path) -> None:
    rows = [*ROWS[:3], "I am blind and glad,blind,blind,t1,joy,", "Glad I am,,none,t1,joy,"]
    found = expanded(tmp_path, rows)
    assert [v.id for v in found.variants][-2:] == ["t1|joy/blind/blind#2", "t1|joy/ref:none#2"]
    assert [v.term for v in found.variants][-2:] == ["blind", "none#2"]


def test_ids_stay_unique_whatever_the_terms_are(tmp_path: Path) -> None:
    rows = [ROWS[0], *(f"text {i},x,{t},t1,joy," for i, t in enumerate(["a", "a", "a#2", "a"]))]
    ids = [variant.id for variant in expanded(tmp_path, rows).variants]
    assert len(set(ids)) == len(ids) == 5


def test_contexts_that_look_alike_stay_apart(tmp_path: Path) -> None:
    pairs = [("a|b", "c"), ("a", "b|c"), ("x" * 200, "1"), ("x" * 200, "2")]
    rows = [
        f"{text},{group},{term},{one},{two},"
        for one, two in pairs
        for text, group, term in [("Reference", "", "none"), ("Marked", "g", "t")]
    ]
    found = expanded(tmp_path, rows, edit=("  template: template\n", ""))  # type: ignore[arg-type]
    contexts = {variant.context for variant in found.variants}
    assert len(contexts) == 4
    assert max(map(len, contexts)) <= 80


def test_caveats_of_the_rows(tmp_path: Path) -> None:
    rows = [
        "Same,,none,t1,joy,", "Same,b,one,t1,joy,", "Bad\u202etext,b,two,t1,joy,",
        "Bad\u202etext,b,two,t1,joy,",
    ]  # fmt: skip
    warnings = {warning.code: warning.message for warning in expanded(tmp_path, rows).warnings}
    assert warnings["repeated_rows"].startswith("1 row(s)")
    assert warnings["same_text"].startswith("1 row(s)")
    assert warnings["hidden_characters"].startswith("2 row(s)")


def test_limit_and_quick_count_units(tmp_path: Path) -> None:
    rows = [
        row
        for i in range(20)
        for row in [f"Plain {i},,none,t{i},joy,", *(f"{t} {i},g,{t},t{i},joy," for t in "abcd")]
    ]
    probe_set = load_probe_set(write(tmp_path, rows))
    assert {v.unit for v in expand(probe_set, limit=2).variants} == {"t0", "t1"}
    quick = expand(probe_set, quick=True)
    assert len(quick.variants) == 12 * 4
    assert [note.what for note in quick.not_tested] == ["8 of 20 units", "1 of 4 terms"]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (["too,few"], "cases.csv:2: the row has 2 cells, the header 6"),
        ([ROWS[0], '"open,,none,t1,joy,'], "not valid CSV"),
        ([" ,,none,t1,joy,"], "cases.csv:2: 'sentence' is empty"),
        (["text,,blind,t1,joy,"], "cases.csv:2: 'identity' is empty"),
        (["text,blind,,t1,joy,"], "cases.csv:2: 'phrase' is empty"),
        ((HEADER + "\nCaf\xe9,,none,t1,joy,\n").encode("latin-1"), "cases.csv:2: byte 50 (0xe9)"),
        ((HEADER + "\n\xff").encode("utf-16"), "is no text file"),
        (b"PK\x03\x04zip", "is no text file"),
        (b"", "is empty"),
        ((HEADER + ",gold\n").encode(), "the column 'gold' is there twice"),
        ((HEADER + "\n" + "x" * (LARGEST_CELL + 1) + "\n").encode(), "field larger than"),
    ],
)
def test_rows_that_cannot_be_used_are_named(
    tmp_path: Path, rows: list[str] | bytes, said: str
) -> None:
    assert said in refused(write(tmp_path, rows))


def test_many_bad_rows_are_named_together_up_to_a_limit(tmp_path: Path) -> None:
    said = refused(write(tmp_path, ["too,few"] * 3 + [",,none,t1,joy,"] * 40))
    assert said.startswith("20 problems")
    assert "cases.csv:4: the row has 2 cells" in said


def test_a_context_in_two_templates_is_refused(tmp_path: Path) -> None:
    rows = ["A,,none,t1,joy,", "B,g,t,t2,joy,"]
    path = write(tmp_path, rows, ("[template, emotion]", "[emotion]"))
    assert "the context 'joy' belongs to the templates 't1' and 't2'" in refused(path)


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (("text: sentence", "text: sentense"), "did you mean sentence?"),
        (("[template, emotion]", "[template, mood]"), "has no column 'mood'"),
        (
            ("{phrase: [none, tall]}", "{phrases: none}"),
            "table.yaml:13:24: the file 'cases.csv' has",
        ),
        (("{phrase: [none, tall]}", "{phrase: 0}"), "must be a list"),
        (("{phrase: [none, tall]}", "{}"), "'reference' is empty"),
        (("[template, emotion]", "[]"), "'context' is empty"),
        (("file: cases.csv", "file: /etc/passwd"), "is an absolute path"),
        (("file: cases.csv", "file: C:\\cases.csv"), "is an absolute path"),
        (("file: cases.csv", "file: a/../../cases.csv"), "leads out of"),
        (("file: cases.csv", 'file: "..\\\\cases.csv"'), "leads out of"),
        (("file: cases.csv", "file: none.csv"), "does not exist"),
        (("file: cases.csv", "file: cases.pickle"), "has an unknown ending"),
        (("label: gold", "encoding: klingon"), "'klingon' is no text encoding"),
        (("label: gold", "encoding: base64"), "'base64' is no text encoding"),
        (
            ("attribute: disability", "attribute: x\ngroups: [{id: a, terms: []}]"),
            "has no 'groups'",
        ),
    ],
)
def test_a_wrong_mapping_is_named_in_the_yaml(
    tmp_path: Path, edit: tuple[str, str], said: str
) -> None:
    message = refused(write(tmp_path, ROWS, edit))
    assert said in message
    assert "table.yaml:" in message


def test_a_link_out_of_the_directory_is_refused(tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    path = write(inside, ROWS)
    os.rename(inside / "cases.csv", tmp_path / "elsewhere.csv")
    (inside / "cases.csv").symlink_to(tmp_path / "elsewhere.csv")
    assert "a link that leads out of the directory" in refused(path)


def test_other_encodings_are_read_where_they_are_named(tmp_path: Path) -> None:
    content = "\n".join([HEADER, "Café,,none,t1,joy,", "Öl,g,t,t1,joy,"]).encode("cp1252")
    path = write(tmp_path, content, ("label: gold", "encoding: windows-1252"))
    assert [v.text for v in expand(load_probe_set(path)).variants] == ["Café", "Öl"]


def test_a_byte_order_mark_is_no_part_of_the_first_column(tmp_path: Path) -> None:
    content = b"\xef\xbb\xbf" + "\n".join([HEADER, *ROWS]).encode()
    assert len(expanded(tmp_path, content).variants) == 6


def test_json_lines_hold_the_same_rows(tmp_path: Path) -> None:
    names = HEADER.split(",")
    cells = [["A", None, "none", 1, True, ""], ["B", "g", "t", 1, True, ""]]
    lines = [json.dumps(dict(zip(names, row, strict=True))) for row in cells]
    found = expanded(tmp_path, "\n".join([*lines, ""]).encode(), name="cases.jsonl")
    assert [variant.id for variant in found.variants] == ["1|true/ref:none", "1|true/g/t"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"[1]\n", "cases.jsonl:1: the line holds no JSON object"),
        (b"\n{\n", "cases.jsonl:2: not valid JSON"),
        (b'{"sentence": ["a"]}\n', "'sentence' holds a list or object"),
        (b'{"sentence": "\\ud800"}\n', "half of a character"),
        (b'{"sentense": "a"}\n', "the row has no 'sentence' (did you mean sentense?)"),
        (b"[" * 100_000, "not valid JSON"),
    ],
)
def test_json_lines_that_cannot_be_used_are_named(
    tmp_path: Path, content: bytes, said: str
) -> None:
    assert said in refused(write(tmp_path, content, name="cases.jsonl"))


def test_parquet_without_its_library_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    path = write(tmp_path, b"PAR1", name="cases.parquet")
    assert "pip install pyarrow" in refused(path)


def test_parquet_holds_the_same_rows(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    names = HEADER.split(",")
    cells = [["A", "B"], [None, "g"], ["none", "t"], [1, 1], [True, True], ["", ""]]
    table = pyarrow.table(dict(zip(names, cells, strict=True)))
    parquet.write_table(table, tmp_path / "made.parquet")
    found = expanded(tmp_path, (tmp_path / "made.parquet").read_bytes(), name="cases.parquet")
    assert [variant.id for variant in found.variants] == ["1|true/ref:none", "1|true/g/t"]
    assert "not valid Parquet" in refused(write(tmp_path, b"PAR1", name="cases.parquet"))


def test_tabs_separate_the_cells_of_a_tsv(tmp_path: Path) -> None:
    content = "\n".join(row.replace(",", "\t") for row in [HEADER, ROWS[0], ROWS[2]]).encode()
    assert len(expanded(tmp_path, content, name="cases.tsv").variants) == 2
