"""Any table: every kind of file, its encoding, its dirt, and what cannot be read."""

from __future__ import annotations

import csv
import gzip
import json
import zipfile

import pytest

from audit.errors import ConfigError, MissingExtraError, NothingToAuditError, ProbeError
from audit.probes import expand, load_probe_set
from audit.probes.importers import SourceOptions
from tests.unit.importers import published as small

HEADER = "sentence,who,word,place"
ROWS = (
    "A friend came.,,none,t1", "A blind friend came.,blind,blind,t1",
    "The cook sang.,,none,t2", "The deaf cook sang.,deaf,deaf,t2",
)  # fmt: skip
COLUMNS = (("text", "sentence"), ("group", "who"), ("term", "word"), ("context", "place"))
ASKED = {"columns": COLUMNS, "reference": (("word", "none"),)}


def import_rows(tmp_path, *rows: str, name: str = "t.csv", **options):
    path = small.write_csv(tmp_path / name, HEADER, *(rows or ROWS))
    return small.run_import(path, tmp_path, "table", **{**ASKED, **options})


def refused(source, tmp_path, form: str = "table", **options) -> str:
    with pytest.raises(ConfigError) as caught:
        small.run_import(source, tmp_path, form, **{**ASKED, **options})
    return str(caught.value)


def records() -> list[dict[str, str]]:
    return [dict(zip(HEADER.split(","), row.split(","), strict=True)) for row in ROWS]


def write_kind(tmp_path, kind: str):
    """Write the same table as another kind of file."""
    path = tmp_path / f"t.{kind}"
    if kind == "tsv":
        return small.write_csv(path, HEADER.replace(",", "\t"),
                               *(row.replace(",", "\t") for row in ROWS))  # fmt: skip
    if kind == "jsonl":
        path.write_text("\n".join(map(json.dumps, records())), encoding="utf-8")
    elif kind == "parquet":
        pyarrow = pytest.importorskip("pyarrow")
        from pyarrow import parquet

        parquet.write_table(pyarrow.Table.from_pylist(records()), path)
    elif kind == "xlsx":
        openpyxl = pytest.importorskip("openpyxl")
        book = openpyxl.Workbook()
        for row in (HEADER, *ROWS):
            book.active.append(row.split(","))
        book.save(path)
    return path


@pytest.mark.parametrize("kind", ["tsv", "jsonl", "parquet", "xlsx"])
def test_every_kind_of_file_gives_the_same_cases(tmp_path, kind) -> None:
    plain = small.rows_of(import_rows(tmp_path))
    other = small.run_import(write_kind(tmp_path, kind), tmp_path / kind, "table", **ASKED)
    names = ("text", "group", "term", "role", "context")
    assert [[row[n] for n in names] for row in small.rows_of(other)] == [
        [row[n] for n in names] for row in plain
    ]


def test_a_local_data_set_is_read_through_its_library(tmp_path) -> None:
    pytest.importorskip("datasets")
    folder = tmp_path / "data"
    folder.mkdir()
    small.write_csv(folder / "train.csv", HEADER, *ROWS)
    report = small.run_import(f"datasets:{folder}", tmp_path, "table", **ASKED)
    assert (report.read, report.written, report.references) == (4, 4, 2)
    assert "no split 'tset'" in refused(f"datasets:{folder}", tmp_path,
                                        read=SourceOptions(split="tset"))  # fmt: skip
    assert "cannot be loaded" in refused(f"datasets:{tmp_path / 'nothing'}", tmp_path)


def test_a_saved_data_set_gives_the_names_of_its_labels(tmp_path) -> None:
    datasets = pytest.importorskip("datasets")
    features = datasets.Features(
        {**{name: datasets.Value("string") for name in HEADER.split(",")},
         "gold": datasets.ClassLabel(names=["good", "bad"])}
    )  # fmt: skip
    table = {name: [row[name] for row in records()] for name in HEADER.split(",")}
    saved = datasets.Dataset.from_dict({**table, "gold": [0, 1, -1, 1]}, features=features)
    saved.save_to_disk(tmp_path / "one")
    datasets.DatasetDict({"test": saved}).save_to_disk(tmp_path / "several")
    for place in ("one", "several"):
        asked = {**ASKED, "columns": (*COLUMNS, ("label", "gold"))}
        out = tmp_path / f"out-{place}"
        report = small.run_import(f"datasets:{tmp_path / place}", out, "table", **asked)
        assert [row["label"] for row in small.rows_of(report)] == ["good", "bad", "", "bad"]


@pytest.mark.parametrize(
    ("source", "package"), [("datasets:some/set", "datasets"), ("t.xlsx", "openpyxl")]
)
def test_a_missing_package_is_named(tmp_path, monkeypatch, source, package) -> None:
    from audit.probes.importers import excel, hub

    if source == "t.xlsx":
        source = str(write_kind(tmp_path, "xlsx"))
    for module in (excel, hub):
        monkeypatch.setattr(module, "find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=package) as caught:
        small.run_import(source, tmp_path, "table", **ASKED)
    assert "pip install 'audit[" in str(caught.value)


def test_the_set_keeps_licence_source_rows_and_what_it_says_of_itself(tmp_path) -> None:
    path = small.write_csv(tmp_path / "t.csv", HEADER, *ROWS)
    said = {"licence": "CC0", "url": "https://example.org", "name": "mine", "language": "en-GB",
            "attribute": "disability", "contains_personal_data": True}  # fmt: skip
    report = small.run_import(path, tmp_path, "table", **ASKED, **said)
    loaded = load_probe_set(report.path)
    assert (loaded.name, loaded.language, loaded.attribute) == ("mine", "en-GB", "disability")
    assert loaded.meta["licence"] == "CC0"
    assert loaded.meta["contains_personal_data"] is True
    assert loaded.meta["sources"][0]["url"] == "https://example.org"
    assert [row["source_row"] for row in small.rows_of(report)] == ["2", "3", "4", "5"]
    written = json.loads((report.path.parent / "import-report.json").read_text(encoding="utf-8"))
    assert (written["read"], written["written"], written["references"]) == (4, 4, 2)


def test_a_column_may_declare_personal_data(tmp_path) -> None:
    rows = (f"{row},{'true' if 'deaf' in row else ''}" for row in ROWS)
    path = small.write_csv(tmp_path / "p.csv", HEADER + ",contains_personal_data", *rows)
    report = small.run_import(path, tmp_path, "table", **ASKED)
    assert load_probe_set(report.path).meta["contains_personal_data"] is True


def test_pairs_share_the_context_of_a_repeated_control(tmp_path) -> None:
    path = small.write_csv(tmp_path / "p.csv", "with,without,who",
                           "A blind cook sang.,A cook sang.,blind",
                           "A deaf cook sang.,A cook sang.,deaf",
                           "My blind aunt left.,My aunt left.,blind")  # fmt: skip
    report = small.run_import(path, tmp_path, "pairs-csv", columns=(
        ("text", "with"), ("reference_text", "without"), ("group", "who")))  # fmt: skip
    found = expand(load_probe_set(report.path))
    assert (report.written, report.references) == (5, 2)
    assert len({v.unit for v in found.variants}) == 2


def test_contexts_with_the_same_control_count_as_one_unit(tmp_path) -> None:
    rows = ("A cook sang.,,none,1", "A blind cook sang.,blind,blind,1",
            "A cook sang.,,none,2", "A deaf cook sang.,blind,deaf,2",
            "My aunt left.,,none,3", "My blind aunt left.,blind,blind,3")  # fmt: skip
    found = expand(load_probe_set(import_rows(tmp_path, *rows).path))
    assert [v.unit for v in found.variants] == ["1", "1", "1", "1", "3", "3"]
    assert any(w.code == "shared_controls" and "count as 1" in w.message for w in found.warnings)


def test_named_templates_that_share_a_control_are_one_unit_too(tmp_path) -> None:
    rows = ("A cook sang.,,none,1", "A blind cook sang.,blind,blind,1",
            "A cook sang.,,none,2", "A deaf cook sang.,blind,deaf,2")  # fmt: skip
    columns = (*COLUMNS, ("template", "place"))
    found = expand(load_probe_set(import_rows(tmp_path, *rows, columns=columns).path))
    assert {v.unit for v in found.variants} == {"1"}


ENCODED = "José’s café was “nice”"


@pytest.mark.parametrize(
    ("codec", "said"),
    [("utf-8-sig", "UTF-8 with a byte order mark"), ("utf-16", "UTF-16 with a byte order mark"),
     ("utf-8", "UTF-8 (every byte")],
)  # fmt: skip
def test_encodings_that_can_be_told_are_named(tmp_path, codec, said) -> None:
    text = "\n".join([HEADER, f"{ENCODED},,none,t1", f"{ENCODED} b,blind,blind,t1", ""])
    (tmp_path / "e.csv").write_bytes(text.encode(codec))
    report = small.run_import(tmp_path / "e.csv", tmp_path, "table", **ASKED)
    assert report.encodings["e.csv"].startswith(said)
    assert small.rows_of(report)[0]["text"] == ENCODED


@pytest.mark.parametrize(
    ("codec", "likely"), [("windows-1252", "Windows-1252"), ("mac-roman", "Mac Roman")]
)
def test_other_encodings_are_shown_and_need_a_word(tmp_path, codec, likely) -> None:
    text = "\n".join([HEADER, f"{ENCODED},,none,t1", f"{ENCODED} b,blind,blind,t1", ""])
    (tmp_path / "e.csv").write_bytes(text.encode(codec))
    message = refused(tmp_path / "e.csv", tmp_path)
    assert f"{likely} is more likely" in message
    assert "José" in message
    assert f"--encoding {codec}" in message
    assert not (tmp_path / "out" / "e.csv").exists()
    report = small.run_import(tmp_path / "e.csv", tmp_path, "table",
                              read=SourceOptions(encoding=codec), **ASKED)  # fmt: skip
    assert small.rows_of(report)[0]["text"] == ENCODED
    assert report.encodings["e.csv"] == f"{codec} (named with --encoding)"


@pytest.mark.parametrize("misread", ["windows-1252", "mac-roman"])
def test_texts_that_were_misread_before_are_counted_and_kept(tmp_path, misread) -> None:
    wrong = ENCODED.encode().decode(misread, "replace")
    rows = (f"{wrong},,none,t1", f"{ENCODED} â Å. déjà vu,blind,blind,t1",
            "Ângela é “boa”…,blind,blind,t1")  # fmt: skip
    report = import_rows(tmp_path, *rows)
    assert (report.counts["garbled_rows"], report.counts["garbled_rows_first"]) == (1, [2])
    assert small.rows_of(report)[0]["text"] == wrong
    assert any("look as if they had once been read" in line for line in report.lines())


@pytest.mark.parametrize(
    ("named", "said"), [("klingon", "no text encoding"), ("ascii", "the file is not ascii")]
)
def test_a_named_encoding_must_fit(tmp_path, named, said) -> None:
    path = small.write_csv(tmp_path / "e.csv", HEADER, f"{ENCODED},,none,t1")
    assert said in refused(path, tmp_path, read=SourceOptions(encoding=named))


def test_dirt_is_counted_and_shown(tmp_path) -> None:
    rows = (
        *ROWS, ROWS[1], "No reference here.,blind,blind,t3", "A deaf nurse came.,deaf,deaf,t1",
        "The [NAME] left,deaf,deaf,t1", "The cook danced.,,none,t4", " ,deaf,deaf,t1",
    )  # fmt: skip
    report = import_rows(tmp_path, *rows)
    counts = report.counts
    assert counts["contexts"] == 4
    assert counts["contexts_without_reference"] == 1
    assert counts["contexts_with_reference_only"] == 1
    assert counts["repeated_rows"] == 1
    assert counts["repeated_rows_first"] == [6]
    assert counts["near_duplicate_units"] == 2
    assert small.left_out(report) == {
        "a placeholder in the text was never filled": 1, "a text, group or term is empty": 1,
    }  # fmt: skip
    said = "\n".join(report.lines())
    assert "template:" in said
    assert "1 of 4 contexts have no reference" in said


def test_contradictory_labels_are_counted(tmp_path) -> None:
    path = small.write_csv(tmp_path / "l.csv", HEADER + ",gold",
                           "Hello.,,none,t1,good", "Hello deaf.,deaf,deaf,t1,good",
                           "Hello deaf.,deaf,deaf,t2,bad", "Hi.,,none,t2,good")  # fmt: skip
    report = small.run_import(path, tmp_path, "table", **{
        **ASKED, "columns": (*COLUMNS, ("label", "gold"))})  # fmt: skip
    assert report.counts["texts_with_contradictory_labels"] == 1
    assert report.counts["contradictory_rows_first"] == [3, 4]


def test_a_placeholder_in_a_set_of_ones_own_is_not_scored(tmp_path) -> None:
    path = import_rows(tmp_path).path
    with path.with_suffix(".csv").open("a", encoding="utf-8") as stream:
        stream.write("My {person} friend came.,blind,x,group,t1,,,t.csv,9\n")
    found = expand(load_probe_set(path))
    assert len(found.variants) == 4
    assert any("{person}" in item.what and "never filled" in item.why for item in found.not_tested)


FORMULAS = [
    "＝1+1",
    " =1+1",
    "|x",
    "=1+1",
    "+1 for this",
    "-- hm",
    "@user hello",
    "'=quoted",
    "''@twice",
    "'plain'",
]


def test_formulas_are_escaped_in_the_file_and_whole_in_the_text(tmp_path) -> None:
    path = tmp_path / "f.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(HEADER.split(","))
        for index, text in enumerate(FORMULAS):
            writer.writerow((text, "", "none", index))
            writer.writerow((f"{text} blind", "blind", "blind", index))
    report = small.run_import(path, tmp_path, "table", **ASKED)
    cells = {row["text"] for row in small.rows_of(report)}
    assert not any(cell.lstrip().startswith(("=", "+", "-", "@", "|", "＝")) for cell in cells)
    texts = [v.text for v in expand(load_probe_set(report.path)).variants if v.role == "reference"]
    assert texts == FORMULAS


def test_a_ragged_row_is_left_out_with_its_number(tmp_path) -> None:
    report = import_rows(tmp_path, *ROWS, "too,many,cells,here,now", "too,few")
    assert small.left_out(report) == {"the row does not have as many cells as the header": 2}
    assert [item["row"] for item in report.left_out[0]["examples"]] == [6, 7]
    listed = (report.path.parent / "left-out.csv").read_text(encoding="utf-8").splitlines()
    assert len(listed) == 3


def test_a_group_outside_the_mapping_is_left_out_and_named(tmp_path) -> None:
    report = import_rows(tmp_path, groups={"blind": "sight"})
    assert report.groups == {"sight": 1}
    assert report.left_out[0]["why"] == "the group is not in the mapping"
    assert report.left_out[0]["values"] == {"deaf": 1}
    assert any("'deaf' (1)" in line for line in report.lines())


def test_values_that_no_row_has_are_said_with_a_near_one(tmp_path) -> None:
    report = import_rows(
        tmp_path, reference=(("word", "none"), ("word", "noen")),
        groups={"blind": "sight", "deef": "hearing"}, only=(("place", "t1"), ("place", "t1 ")),
    )  # fmt: skip
    said = [line for line in report.lines() if "no row has" in line]
    assert said == [
        "  ! no row has word=noen (did you mean none?)",
        "  ! no row has place=t1  (did you mean t1?)",
        "  ! no row has who=deef (did you mean deaf?)",
    ]


def test_columns_that_are_not_there(tmp_path) -> None:
    path = small.write_csv(tmp_path / "t.csv", HEADER, *ROWS)
    columns = (*COLUMNS[:1], ("group", "whoo"), *COLUMNS[2:])
    assert "did you mean who?" in refused(path, tmp_path, columns=columns)
    assert "did you mean term?" in refused(path, tmp_path, columns=(("trem", "word"),))
    assert "--column context=NAME" in refused(path, tmp_path, columns=COLUMNS[:3])
    assert "did you mean word?" in refused(path, tmp_path, reference=(("wrod", "x"),))
    assert "one column only" in refused(path, tmp_path, columns=(*COLUMNS, ("text", "who")))


@pytest.mark.parametrize("name", ["t.csv", "t.jsonl", "t.parquet", "t.xlsx"])
@pytest.mark.parametrize("content", ["zip", "gzip", "parquet", "pickle"])
def test_a_file_that_is_not_what_its_ending_says(tmp_path, name, content) -> None:
    path = tmp_path / name
    if (content, name) in {("parquet", "t.parquet")}:
        content = "gzip"
    data = {
        "gzip": gzip.compress(b"a,b\n"), "parquet": b"PAR1rubbish", "pickle": b"\x80\x04K\x01.",
        "zip": b"PK\x03\x04rubbish",
    }[content]  # fmt: skip
    path.write_bytes(data)
    message = refused(path, tmp_path)
    assert "ending" in message or "pickle" in message


def test_text_with_the_ending_of_another_kind(tmp_path) -> None:
    for name in ("t.parquet", "t.xlsx"):
        (tmp_path / name).write_text("a,b\n", encoding="utf-8")
        assert "whatever its ending says" in refused(tmp_path / name, tmp_path)
    path = small.write_csv(tmp_path / "tabs.csv", HEADER.replace(",", "\t"))
    assert "the header is one column" in refused(path, tmp_path)
    assert "says no kind of table" in refused(small.write_csv(tmp_path / "t.doc", "x"), tmp_path)
    assert "no such file" in refused(tmp_path / "t.cvs", tmp_path)


def test_a_line_without_end_is_refused_and_a_long_text_is_not(tmp_path, monkeypatch) -> None:
    from audit.probes.importers import sources

    long = "A cook sang and sang. " * 10_000
    report = import_rows(tmp_path, f"{long},,none,t1", f"{long} blind,blind,blind,t1")
    assert expand(load_probe_set(report.path)).variants[0].text == long
    monkeypatch.setattr(sources, "LARGEST_CELL", 1_000)
    (tmp_path / "t.jsonl").write_text('{"a": "' + "x" * 5_000, encoding="utf-8")
    assert "longer than 1,000 characters" in refused(tmp_path / "t.jsonl", tmp_path)


def test_an_archive_bomb_is_refused_before_it_is_opened(tmp_path) -> None:
    pytest.importorskip("openpyxl")
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"\0" * (80 << 20))
    assert "archive bomb" in refused(path, tmp_path)


def test_a_workbook_says_which_sheet_it_lacks(tmp_path) -> None:
    path = write_kind(tmp_path, "xlsx")
    assert "did you mean Sheet?" in refused(path, tmp_path, read=SourceOptions(sheet="Sheeet"))


@pytest.mark.parametrize("reference", ["../t.csv", "/etc/hosts.csv"])
def test_a_set_cannot_refer_to_files_elsewhere(tmp_path, reference) -> None:
    path = import_rows(tmp_path).path
    path.write_text(
        path.read_text(encoding="utf-8").replace("file: t.csv", f"file: {reference}"),
        encoding="utf-8",
    )
    with pytest.raises(ProbeError, match=r"leads out|absolute"):
        load_probe_set(path)


def test_nothing_is_written_into_the_package_or_when_nothing_can_be_used(tmp_path) -> None:
    from audit.probes import shipped_directory
    from audit.probes.importers import ImportOptions, import_probes

    path = small.write_csv(tmp_path / "t.csv", HEADER, *ROWS)
    with pytest.raises(ConfigError, match="never written into the package"):
        import_probes(str(path), shipped_directory() / "x", format="table",
                      options=ImportOptions(**ASKED))  # fmt: skip
    with pytest.raises(NothingToAuditError, match="none of the 1 rows"):
        import_rows(tmp_path, "{blank} came.,,none,t1")
    assert not list((tmp_path / "out").iterdir())


def test_memory_does_not_grow_with_the_rows(tmp_path) -> None:
    from benchmarks.importing import import_table

    code, _, before = import_table(tmp_path, 2_000)
    again, _, after = import_table(tmp_path, 200_000)
    assert (code, again) == (0, 0)
    assert after < before + 40
