import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from audit.classifiers import create_classifier
from audit.classifiers.recorded import RecordedClassifier
from audit.errors import AuditError, ClassifierError, ConfigError, MissingExtraError
from audit.records import ClassifierOptions, Prediction, Request, Task

A, B = Request(id="v1", text="I am here."), Request(id="v2", text="I, Ada, am here.")


class Table:
    """Writes a file of recorded predictions and asks it."""

    def __init__(self, folder: Path, task: Task) -> None:
        self.folder = folder
        self.task: Task | None = task

    def load(self, content: str, name: str = "seen.csv", **given: object) -> RecordedClassifier:
        path = self.folder / name
        path.write_text(content, encoding="utf-8", newline="")
        options = ClassifierOptions(**given)  # type: ignore[arg-type]
        found = create_classifier(f"recorded:{path}", self.task, options)
        assert isinstance(found, RecordedClassifier)
        return found

    def ask(
        self, content: str, requests: Sequence[Request] = (A, B), **given: object
    ) -> list[Prediction]:
        return self.load(content, **given).predict(requests)  # type: ignore[arg-type]

    def fails(self, content: str, kind: type[AuditError], **given: object) -> str:
        with pytest.raises(kind) as caught:
            self.ask(content, **given)  # type: ignore[arg-type]
        assert str(self.folder) not in str(caught.value)
        return str(caught.value)


@pytest.fixture
def table(tmp_path: Path, task: Task) -> Table:
    return Table(tmp_path, task)


def test_labels_by_text_several_rows_being_repeats(table: Table) -> None:
    first, second = table.ask(
        'text,label\nI am here.,Positive\n"I, Ada, am here.",Negative\n'
        "I am here.,Neutral\nI am here.,unsure\nI am here.,\n"
    )
    assert first.samples == ("Positive", "Neutral", None, None)
    assert first.unparsed == 0.5
    assert first.raw == ("unsure", "")
    assert second.samples == ("Negative",)
    assert second.probabilities is None


def test_id_comes_before_text(table: Table) -> None:
    content = "id,text,label\nv2,,Negative\nv1,I am here.,Positive\n,I am here.,Neutral\n"
    assert [p.samples for p in table.ask(content)] == [("Positive",), ("Negative",)]


def test_repeats_are_put_in_their_order(table: Table) -> None:
    content = "id,repeat,label\nv1,10,Neutral\nv1,2,Negative\nv1,1,Positive\nv2,1,Positive\n"
    assert table.ask(content)[0].samples == ("Positive", "Negative", "Neutral")
    twice = table.fails(content + "v1,2,Positive\n", ClassifierError)
    assert "seen.csv:6" in twice
    assert "line 3" in twice


def test_probabilities_are_averaged_and_their_shortfall_is_unparsed(table: Table) -> None:
    content = (
        "id,prob.Positive,prob.Neutral,prob.Negative,label\n"
        "v1,0.5,0.25,0.25,Positive\nv1,0.3,0.05,0.25,Negative\nv2,0,0,1,Positive\n"
    )
    classifier = table.load(content)
    first, second = classifier.predict([A, B])
    assert classifier.info.scoring == "exact"
    assert first.probabilities == pytest.approx(
        {"Positive": 0.4, "Neutral": 0.15, "Negative": 0.25}
    )
    assert first.unparsed == pytest.approx(0.2)
    assert first.samples == ("Positive",)
    assert second.samples == ("Negative",)
    assert table.ask(content, scoring="sampled")[0].samples == ("Positive", "Negative")


def test_scores_are_averaged_and_keep_their_labels(table: Table, score_task: Task) -> None:
    table.task = score_task
    content = "id,score,label\nv1,-1,bad\nv1,0.5,fine\nv2,1e-3,fine\n"
    classifier = table.load(content)
    first, second = classifier.predict([A, B])
    assert (classifier.info.scoring, classifier.info.score_range) == ("score", (-1.0, 1.0))
    assert (first.score, first.samples) == (-0.25, ("bad", "fine"))
    assert (second.score, second.probabilities) == (0.001, None)


def test_no_task_takes_scores_with_a_range(table: Table) -> None:
    table.task = None
    content = "id,score\nv1,3\nv2,7\n"
    assert [p.score for p in table.ask(content, score_range=(0.0, 10.0))] == [3.0, 7.0]
    assert "--score-range" in table.fails(content, ConfigError)


def test_columns_by_role_and_labels_by_map(table: Table) -> None:
    answers = table.ask(
        "label,sentence,p_pos,p_neu,p_neg\nx,I am here.,0.5,0.25,0.25\n"
        'y,"I, Ada, am here.",0,0.5,0.5\n',
        columns={
            "text": "sentence",
            "prob.pos": "p_pos",
            "prob.neu": "p_neu",
            "prob.neg": "p_neg",
        },
        label_map={"pos": "Positive", "neu": "Neutral", "neg": "Negative"},
    )
    assert answers[0].probabilities == {"Positive": 0.5, "Neutral": 0.25, "Negative": 0.25}
    said = table.ask(
        "text,said\nI am here.,POS\n",
        [A],
        columns={"label": "said"},
        label_map={"POS": "Positive"},
    )
    assert said[0].samples == ("Positive",)


def test_a_column_named_for_one_role_plays_no_other(table: Table) -> None:
    content = "text,label,other\nI am here.,Positive,Negative\n"
    assert table.ask(content, [A], columns={"label": "other"})[0].samples == ("Negative",)


def test_jsonl_with_numbers_and_a_byte_order_mark(table: Table, score_task: Task) -> None:
    table.task = score_task
    rows = [{"id": "v1", "score": 0.5}, {"id": "v2", "score": -1, "more": [1, 2]}]
    content = "\ufeff" + "\n\n".join(json.dumps(row) for row in rows)
    assert [p.score for p in table.ask(content, name="seen.jsonl")] == [0.5, -1.0]


def test_csv_with_line_breaks_and_a_byte_order_mark(table: Table) -> None:
    request = Request(id="v3", text="Two\nlines, and 障害者")
    content = '\ufefftext,label\r\n"Two\nlines, and 障害者",Negative\r\n'
    assert table.ask(content, [request])[0].samples == ("Negative",)


def test_parquet(table: Table, tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    parquet.write_table(
        pyarrow.table({"id": ["v1", "v2"], "label": ["Positive", None]}), tmp_path / "p.parquet"
    )
    spec = f"recorded:{tmp_path / 'p.parquet'}"
    answers = create_classifier(spec, table.task, ClassifierOptions()).predict([A, B])
    assert [answer.samples for answer in answers] == [("Positive",), (None,)]


def test_parquet_without_pyarrow(
    table: Table, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from audit.classifiers import recorded_table

    monkeypatch.setattr(recorded_table, "find_spec", lambda _name: None)
    (tmp_path / "p.parquet").write_bytes(b"PAR1")
    with pytest.raises(MissingExtraError, match=r"audit\[parquet\]"):
        create_classifier(f"recorded:{tmp_path}/p.parquet", table.task, ClassifierOptions())


def test_missing_texts_are_counted_and_the_first_three_named(table: Table) -> None:
    asked = [Request(id=f"v{n}", text=f"text {n}") for n in range(1, 7)]
    classifier = table.load("id,label\nv1,Positive\n")
    with pytest.raises(ClassifierError) as caught:
        classifier.predict(asked)
    said = str(caught.value)
    assert "5 of 6 texts" in said
    assert all(f"v{n}: 'text {n}'" in said for n in (2, 3, 4))
    assert "v5" not in said
    assert classifier.batch_size >= 1_000_000


def test_a_row_about_another_text_is_not_used(table: Table) -> None:
    said = table.fails("id,text,label\nv1,Something else.,Positive\n", ClassifierError)
    assert "seen.csv:2" not in said  # v2 is missing, and that is said first
    assert "1 of 2 texts" in said
    content = "id,text,label\nv2,,Positive\nv1,Something else.,Positive\n"
    said = table.fails(content, ClassifierError)
    assert "seen.csv:3" in said
    assert "Something else." in said


@pytest.mark.parametrize(
    ("cell", "what"),
    [("1.5", "outside"), ("nan", "nan"), ("inf", "inf"), ("", "no number"), ("high", "'high'")],
)
def test_scores_that_are_no_scores_name_their_line(
    table: Table, score_task: Task, cell: str, what: str
) -> None:
    table.task = score_task
    said = table.fails(f"id,score\nv1,0.1\nv2,{cell}\n", ClassifierError)
    assert "seen.csv:3" in said
    assert what in said


@pytest.mark.parametrize("cells", ["0.9,0.9,0", "-0.1,0,0", "nan,0,0", ",0,0", "50,25,25"])
def test_probabilities_that_are_none_name_their_line(table: Table, cells: str) -> None:
    content = f"id,prob.Positive,prob.Neutral,prob.Negative\nv1,{cells}\n"
    assert "seen.csv:2" in table.fails(content, ClassifierError)


@pytest.mark.parametrize(
    ("content", "given", "what"),
    [
        ("label\nPositive\n", {}, "which text"),
        ("text,note\nx,y\n", {}, "prob.LABEL or label"),
        ("text,score\nx,1\n", {}, "kind: score"),
        ("text,label\nx,Positive\n", {"scoring": "exact"}, "prob.LABEL"),
        ("text,label\nx,y\n", {"columns": {"lable": "label"}}, "no role"),
        ("text,label\nx,y\n", {"columns": {"prob.": "label"}}, "no role"),
        ("sentence,label\nx,y\n", {"columns": {"text": "sentense"}}, "did you mean 'sentence'"),
        ("text,prob.Positive,prob.Other\nx,0.5,0.5\n", {}, "'Other'"),
        ("text,prob.Positive,prob.Neutral\nx,0.5,0.5\n", {}, "probability of Negative"),
    ],
)
def test_columns_that_do_not_serve(
    table: Table, content: str, given: dict[str, object], what: str
) -> None:
    assert what in table.fails(content, ConfigError, **given)


def test_labels_do_not_serve_a_score_task(table: Table, score_task: Task) -> None:
    table.task = score_task
    assert "column score" in table.fails("id,label\nv1,Positive\n", ConfigError)


@pytest.mark.parametrize(
    ("name", "content", "what"),
    [
        ("s.csv", "id,label\n", "no rows"),
        ("s.csv", "", "no rows"),
        ("s.jsonl", "\n", "no rows"),
        ("s.parquet", "PAR1 rubbish", "no Parquet"),
        ("s.csv", "id,label\nv1,a,b\n", "s.csv:2"),
        ("s.csv", 'id,label\nv1,"a" b\n', "s.csv:2"),
        ("s.csv", "id,id,label\nv1,v1,a\n", "twice"),
        ("s.jsonl", '{"id": "v1", "label": "Positive"}\n{"id":', "s.jsonl:2"),
        ("s.jsonl", "[1, 2]\n", "no JSON object"),
    ],
)
def test_files_that_cannot_be_read(table: Table, name: str, content: str, what: str) -> None:
    assert what in table.fails(content, ClassifierError, name=name)


def test_another_encoding_is_refused(table: Table, tmp_path: Path) -> None:
    for name in ("l.csv", "l.jsonl"):
        (tmp_path / name).write_bytes("id,label\nv1,Gr\xfcn\n".encode("latin-1"))
        with pytest.raises(ClassifierError, match="not UTF-8"):
            create_classifier(f"recorded:{tmp_path / name}", table.task, ClassifierOptions())


def test_files_that_are_not_there_or_of_no_kind(table: Table, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such file"):
        create_classifier("recorded:nothing.csv", table.task, ClassifierOptions())
    (tmp_path / "x.xlsx").write_bytes(b"PK")
    with pytest.raises(ConfigError, match="read from"):
        create_classifier(f"recorded:{tmp_path / 'x.xlsx'}", table.task, ClassifierOptions())


def test_record_holds_hash_and_columns_and_no_path(table: Table, tmp_path: Path) -> None:
    info = table.load("id,label,note\nv1,Positive,x\n").info
    assert info.model == "recorded:seen.csv"
    digest = hashlib.sha256((tmp_path / "seen.csv").read_bytes()).hexdigest()
    assert info.fingerprint == digest
    assert info.settings == {"columns": {"id": "id", "label": "label"}}
    assert str(tmp_path) not in repr(info)


def test_a_labels_task_without_neutral(table: Table, task: Task) -> None:
    table.task = replace(task, labels=("Positive", "Negative"))
    assert table.ask("id,label\nv1,Neutral\n", [A])[0].samples == (None,)


def test_memory_grows_by_less_than_a_hundred_bytes_a_row(table: Table, score_task: Task) -> None:
    import tracemalloc

    table.task = score_task
    count = 50_000
    long = "a sentence that is not kept " * 10
    rows = "".join(f"v{n},{long}{n},{(n % 100) / 100}\n" for n in range(count))
    tracemalloc.start()
    classifier = table.load("id,text,score\n" + rows)
    del rows
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept < 100 * count
    asked = [Request(id=f"v{n}", text=f"{long}{n}") for n in (7, count - 1)]
    assert [p.score for p in classifier.predict(asked)] == [0.07, 0.99]
