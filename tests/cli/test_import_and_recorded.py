"""From a spreadsheet or a log of predictions to a report, as a person would do it."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from audit.exports import results_schema

CARRIERS = [
    "The {t}cook met the manager", "My {t}aunt moved to Leeds", "A {t}nurse opened the door",
    "Her {t}friend sent the report", "The {t}driver was on time", "Our {t}teacher read a book",
    "That {t}singer took the train", "His {t}uncle painted a chair", "The {t}clerk saw a film",
    "Our {t}neighbour sold a lamp", "A {t}student passed by", "The {t}farmer fed the horse",
]  # fmt: skip
TERMS = ("deaf", "depressed", "autistic")


def write_table(path: Path, carriers: int = 36) -> list[list[str]]:
    rows = [["text", "group", "term", "place", "gold", "a", "b"]]
    for index in range(carriers):
        carrier = f"{CARRIERS[index % len(CARRIERS)]} on day {index}"
        gold = "Bad" if index % 2 else "Good"
        rows.append([carrier.format(t=""), "", "none", str(index), gold, gold, "Good"])
        for term in TERMS:
            bad = term == "depressed"
            rows.append([carrier.format(t=f"{term} "), "disability", term, str(index), gold,
                         "Bad" if bad else gold, "Good"])  # fmt: skip
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows(rows)
    return rows


def import_table(audit, tmp_path: Path, *more: str, task: str = "") -> Path:
    write_table(tmp_path / "table.csv")
    done = audit("probes", "import", "table.csv", "-o", "set", "--column", "text=text",
                 "--column", "group=group", "--column", "term=term", "--column", "context=place",
                 "--column", "label=gold", "--reference", "term=none", *more)  # fmt: skip
    assert done.code == 0, done.err
    path = tmp_path / "set" / "table.yaml"
    path.write_text(path.read_text(encoding="utf-8") + task, encoding="utf-8")
    return path


LABELS = "task: {kind: labels, labels: [Good, Bad], favourable: Good}\n"


def results_of(folder: Path) -> dict:
    found = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    Draft202012Validator(results_schema()).validate(found)
    return found


def test_a_lexicon_finding_names_its_word_and_what_is_unknown(audit, tmp_path) -> None:
    path = import_table(audit, tmp_path)
    done = audit("run", path, "-m", "vader", "-q")
    assert done.code in {1, 4}, done.err
    found = results_of(tmp_path / "reports" / "latest")
    assert found["drivers"]["groups"][0]["explained_by"]["id"] == "depressed"
    vocabulary = found["drivers"]["vocabulary"]
    assert [row["text"] for row in vocabulary["known"]] == ["depressed"]
    assert [row["text"] for row in vocabulary["unknown"]] == ["deaf", "autistic"]
    page = (tmp_path / "reports" / "latest" / "index.html").read_text(encoding="utf-8")
    first = page[page.index('id="finding"') : page.index('id="verdict"')]
    assert re.search(r"One term explains the whole gap.*depressed", first, re.DOTALL)
    assert "not the same as equal treatment" in page


def first_section(tmp_path: Path) -> str:
    page = (tmp_path / "reports" / "latest" / "index.html").read_text(encoding="utf-8")
    return page[page.index('id="finding"') : page.index('id="verdict"')]


def import_sentences(audit, tmp_path: Path, rows: list[str]) -> Path:
    (tmp_path / "own.csv").write_text("\n".join(["text,group,term,place", *rows]), "utf-8")
    columns = ("text=text", "group=group", "term=term", "context=place")
    done = audit("probes", "import", "own.csv", "-o", "set",
                 *(part for column in columns for part in ("--column", column)),
                 "--reference", "group=", "--reference", "group=nobody")  # fmt: skip
    assert done.code == 0, done.err
    return tmp_path / "set" / "own.yaml"


def test_a_lexicon_that_knows_no_word_of_a_group_says_so_first(audit, tmp_path) -> None:
    rows = [f"{c.format(t=t)},{g},{n},{c}" for c in (f"{c}!{i}" for i, c in enumerate(CARRIERS))
            for t, g, n in (("", "", "none"), ("deaf ", "hearing", "deaf"))]  # fmt: skip
    done = audit("run", import_sentences(audit, tmp_path, rows), "-m", "vader", "-q")
    assert done.code in {0, 4}, done.err
    said = "knows none of the terms for 1 group: no gap there is not the same as equal treatment"
    assert said in first_section(tmp_path)
    assert said in done.out


def test_a_reference_word_that_the_lexicon_holds_is_named_first(audit, tmp_path) -> None:
    rows = [f"{c.format(t=t)},{g},{n},{c}" for c in (f"{c}!{i}" for i, c in enumerate(CARRIERS))
            for t, g, n in (("joyful ", "nobody", "joyful"), ("deaf ", "hearing", "deaf"),
                            ("mute ", "hearing", "mute"))]  # fmt: skip
    done = audit("run", import_sentences(audit, tmp_path, rows), "-m", "vader", "-q")
    assert done.code in {1, 4}, done.err
    assert "holds words of the reference too: +2.900 for “joyful”" in done.out
    vocabulary = results_of(tmp_path / "reports" / "latest")["drivers"]["vocabulary"]
    assert [row["entries"] for row in vocabulary["reference"]] == [{"joyful": 2.9}]


def test_several_systems_of_one_file_are_runs_with_a_comparison(audit, tmp_path) -> None:
    path = import_table(audit, tmp_path, task=LABELS)
    done = audit("run", path, "-m", "recorded:table.csv", "--column", "text=text",
                 "--column", "label=a", "--column", "label=b", "-q")  # fmt: skip
    assert done.code == 1, done.err
    runs = sorted(p for p in (tmp_path / "reports").iterdir() if p.is_dir() and not p.is_symlink())
    models = {results_of(run)["spec"]["model"] for run in runs}
    assert models == {"recorded:table.csv#a", "recorded:table.csv#b"}
    assert (tmp_path / "reports" / "index.html").is_file()
    assert "recorded:table.csv#a, table 1.0.0:\nA gap beyond" in done.out
    assert "recorded:table.csv#b, table 1.0.0:\n" in done.out
    content = json.loads((tmp_path / "reports" / "comparison.json").read_text(encoding="utf-8"))
    assert [item["baseline_model"] for item in content["comparisons"]] == ["recorded:table.csv#a"]
    first = next(results_of(run) for run in runs if "#a" in results_of(run)["spec"]["model"])
    assert first["gold"]["fped"] > 0
    assert first["gold"]["groups"][0]["false_positive_rate"] == pytest.approx(1 / 3)
    second = next(results_of(run) for run in runs if "#b" in results_of(run)["spec"]["model"])
    assert second["comparison"]["groups"][0]["change"] == "better"


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        (("label=a", "label=b", "score=a", "score=b", "score=gold"), "label x 2, score x 3"),
        (("label=a", "label=a"), "given twice"),
        (("text=a", "text=b"), "'text' is given twice"),
    ],
)
def test_columns_of_systems_that_do_not_fit(audit, tmp_path, columns, said) -> None:
    path = import_table(audit, tmp_path, task=LABELS)
    named = [part for column in columns for part in ("--column", column)]
    done = audit("run", path, "-m", "recorded:table.csv", *named, "-q")
    assert done.code == 2
    assert said in done.err


def test_redacted_runs_keep_hashes_and_no_text(audit, tmp_path) -> None:
    path = import_table(audit, tmp_path, task=LABELS)
    command = ("run", path, "-m", "recorded:table.csv", "--column", "label=a", "-q")
    plain = audit(*command, "-o", "plain")
    hidden = audit(*command, "-o", "hidden", "--redact-text")
    assert plain.code == hidden.code == 1, hidden.err
    folder = tmp_path / "hidden" / "latest"
    for name in ("run.jsonl", "results.json", "index.html", "override-policy.yaml"):
        content = (folder / name).read_text(encoding="utf-8")
        assert "met the manager" not in content, name
    assert re.search(r"\[sha256:[0-9a-f]{16}, \d+ characters, term at \d+-\d+\]",
                     (folder / "run.jsonl").read_text(encoding="utf-8"))  # fmt: skip
    one, other = results_of(tmp_path / "plain" / "latest"), results_of(folder)
    assert [g["estimate"] for g in one["groups"]] == [g["estimate"] for g in other["groups"]]
    assert [g["interval"] for g in one["groups"]] == [g["interval"] for g in other["groups"]]
    codes = {warning["code"] for warning in other["warnings"]}
    assert "redacted_text" in codes
    assert "near_duplicate_templates" not in codes


@pytest.mark.parametrize("where", ["set", "file"])
def test_declared_personal_data_is_redacted_unless_told_otherwise(audit, tmp_path, where) -> None:
    more = ("--contains-personal-data",) if where == "set" else ()
    path = import_table(audit, tmp_path, *more, task=LABELS)
    if where == "file":
        rows = write_table(tmp_path / "table.csv")
        with (tmp_path / "table.csv").open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream).writerows(
                [[*rows[0], "contains_personal_data"], *([*row, "true"] for row in rows[1:])]
            )
    command = ("run", path, "-m", "recorded:table.csv", "--column", "label=a", "-q")
    assert audit(*command).code == 1
    log = tmp_path / "reports" / "latest" / "run.jsonl"
    assert "met the manager" not in log.read_text(encoding="utf-8")
    assert audit(*command, "--keep-text", "-o", "kept").code == 1
    kept = (tmp_path / "kept" / "latest" / "run.jsonl").read_text(encoding="utf-8")
    assert "met the manager" in kept


def test_the_import_command_says_what_it_did(audit, tmp_path) -> None:
    write_table(tmp_path / "table.csv")
    done = audit("probes", "import", "table.csv", "-o", "out", "--column", "txt=text")
    assert done.code == 2
    assert "did you mean text?" in done.err
    done = audit("probes", "import", "table.csv", "--format", "eec", "-o", "out")
    assert done.code == 2
    assert "there is no column 'Sentence'" in done.err
    named = [part for pair in ("text=text", "context=place") for part in ("--column", pair)]
    done = audit("probes", "import", "table.csv", "-o", "out", *named)
    assert "no row is a reference" in done.out
    assert done.out.endswith(
        "Import it again with --reference COLUMN=VALUE before it is audited.\n"
    )
    import_table(audit, tmp_path, "--json")
    report = json.loads((tmp_path / "set" / "import-report.json").read_text(encoding="utf-8"))
    assert report["read"] == 144
