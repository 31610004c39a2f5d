"""A text that must not be kept is looked for in all that a run, a failure or an export leaves."""

from __future__ import annotations

import csv
import zipfile
from pathlib import Path

import pytest

CANARY = "kestrel-4711"
CASES = {"text": "text", "group": "group", "term": "term", "context": "place"}
TASK = "task: {kind: labels, labels: [Good, Bad], favourable: Good}\n"


def write_set(audit, tmp_path: Path, *more: str) -> Path:
    """A set whose every text, context and template holds the canary; the group is treated worse."""
    rows = [["text", "group", "term", "place", "label", "score"]]
    for index in range(24):
        place = f"{CANARY} room {index}"
        for term in ("", "deaf", "blind"):
            text = f"Case {index}: the {term} {CANARY} owner called".replace("  ", " ")
            rows.append([text, "disability" if term else "", term or "none", place,
                         "Bad" if term == "deaf" and index % 3 else "Good", "0.5"])  # fmt: skip
    with (tmp_path / "log.csv").open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows(rows)
    columns = [part for role, name in CASES.items() for part in ("--column", f"{role}={name}")]
    done = audit("probes", "import", "log.csv", "-o", "set", *columns,
                 "--reference", "term=none", *more)  # fmt: skip
    assert done.code == 0, done.err
    path = tmp_path / "set" / "log.yaml"
    path.write_text(path.read_text(encoding="utf-8") + TASK, encoding="utf-8")
    return path


def contents(place: Path) -> dict[str, str]:
    """Every file below a folder, and every member of a zip, by name."""
    found = {}
    for path in sorted(p for p in place.rglob("*") if p.is_file()):
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                found.update((f"{path}:{n}", archive.read(n).decode("utf-8", "replace"))
                             for n in archive.namelist())  # fmt: skip
        else:
            found[str(path)] = path.read_bytes().decode("utf-8", "replace")
    return found


def leaks(place: Path) -> list[str]:
    return [name for name, content in contents(place).items() if CANARY in content]


def said(done) -> str:
    return done.out + done.err


def test_no_text_is_left_in_any_artefact_of_a_redacted_run(audit, tmp_path) -> None:
    source = write_set(audit, tmp_path, "--contains-personal-data")
    ran = audit("run", source, "-m", "recorded:log.csv", "-o", "out/one")
    again = audit("run", source, "-m", "recorded:log.csv", "-o", "out/two", "--format", "md",
                  "--format", "json", "--format", "html", "--format", "junit")  # fmt: skip
    assert ran.code == again.code
    assert ran.code in {1, 4}, ran.err
    words = [said(ran), said(again)]
    run = tmp_path / "out" / "one" / "latest"
    for form, more in (("csv", ()), ("csv", ("--table", "pairs")), ("json", ()), ("junit", ()),
                       ("pack", ()), ("model-card", ())):  # fmt: skip
        name = f"out/export-{form}-{len(more)}"
        done = audit("export", run, "--to", form, *more, "-o", name)
        assert done.code == 0, done.err
        words.append(said(done))
    words.append(said(audit("report", run, "--format", "md")))
    words.append(said(audit("gate", run)))
    words.append(said(audit("compare", run, tmp_path / "out" / "two" / "latest")))
    pytest.importorskip("pyarrow")
    done = audit("export", run, "--to", "parquet", "--table", "pairs", "-o", "out/pairs.parquet")
    assert done.code == 0, done.err
    assert len(contents(tmp_path / "out")) > 15
    assert leaks(tmp_path / "out") == []
    assert not [text for text in words if CANARY in text]


def test_the_canary_is_found_where_texts_are_kept(audit, tmp_path) -> None:
    source = write_set(audit, tmp_path)
    audit("run", source, "-m", "recorded:log.csv", "-o", "out")
    assert {Path(name).name for name in leaks(tmp_path / "out")} >= {"run.jsonl", "index.html"}


FAILURES = {
    "a function that raises": (
        "python:target.py:classify",
        "raise ValueError(texts[0])",
        "ClassifierError: the message is not shown, because it may quote a text",
    ),
    "an answer that is no answer": (
        "python:target.py:classify",
        "return [{text: 2} for text in texts]",
        "is not shown",
    ),
    "a text without a prediction": (
        "recorded:less.csv",
        lambda rows: rows[:-2],
        "2 of 72 texts have no recorded prediction",
    ),
    "an id of another text": (
        "recorded:less.csv",
        lambda rows: [[*rows[0], "id"], *([*row, f"{row[3]}/ref:none"] for row in rows[1:])],
        "the row is recorded for another text",
    ),
}


@pytest.mark.parametrize("name", FAILURES)
def test_no_failure_quotes_a_text(audit, tmp_path, name) -> None:
    model, change, words = FAILURES[name]
    source = write_set(audit, tmp_path)
    if isinstance(change, str):
        (tmp_path / "target.py").write_text(f"def classify(texts):\n    {change}\n", "utf-8")
    else:
        with (tmp_path / "log.csv").open(encoding="utf-8", newline="") as stream:
            rows = change(list(csv.reader(stream)))
        with (tmp_path / "less.csv").open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream).writerows(rows)
    done = audit("--debug", "run", source, "-m", model, "-o", "out", "--redact-text")
    assert done.code in {1, 3}, done.err
    assert words in done.err
    assert "Traceback" in done.err
    assert CANARY not in said(done)
    assert leaks(tmp_path / "out") == []
    assert CANARY in audit("run", source, "-m", model, "-o", "kept").err


def test_a_recorded_file_that_declares_itself_is_not_quoted_when_it_is_wrong(
    audit, tmp_path
) -> None:
    source = write_set(audit, tmp_path)
    text = source.read_text(encoding="utf-8").replace(
        TASK, "task: {kind: score, range: [0, 1], favourable: high}\n"
    )
    source.write_text(text, encoding="utf-8")
    path = tmp_path / "own.csv"
    path.write_text(f"text,score,contains_personal_data\nx,{CANARY},yes\n", encoding="utf-8")
    done = audit("run", source, "-m", "recorded:own.csv")
    assert done.code == 3
    assert "own.csv:2: the column 'score' holds no number" in done.err
    assert CANARY not in said(done)


def test_a_bad_row_of_a_personal_set_is_named_by_its_line_only(audit, tmp_path) -> None:
    source = write_set(audit, tmp_path, "--contains-personal-data")
    with source.with_suffix(".csv").open("a", encoding="utf-8") as stream:
        stream.write(f"{CANARY},{CANARY}\n")
    done = audit("run", source, "-m", "recorded:log.csv")
    assert done.code == 2
    assert "log.csv:74:" in done.err
    assert CANARY not in said(done)


def test_a_personal_pair_gives_no_words_away_as_its_term(audit, tmp_path) -> None:
    path = tmp_path / "pairs.csv"
    path.write_text(
        f"a,b\n{CANARY} was deaf.,It was fine.\n<name> {CANARY},x\nragged {CANARY}\n",
        encoding="utf-8",
    )
    columns = ("--column", "text=a", "--column", "reference_text=b")
    done = audit("probes", "import", "pairs.csv", "--format", "pairs-csv", "-o", "out", *columns,
                 "--contains-personal-data")  # fmt: skip
    assert done.code == 0, done.err
    assert CANARY not in said(done)
    assert [Path(name).name for name in leaks(tmp_path / "out")] == ["pairs.csv"]
    with (tmp_path / "out" / "pairs.csv").open(encoding="utf-8", newline="") as stream:
        assert {row["term"] for row in csv.DictReader(stream)} == {"(words not shown)", "reference"}
