"""Tidy tables, read back by the libraries people use."""

import csv
import io

import pandas as pd
import pyarrow.parquet as pq
import pytest

from audit.exports.tables import COLUMNS, GAP_COLUMNS, csv_text, gap_rows, pair_rows, write_parquet
from audit.pipeline.summaries import summarise_log
from audit.runlog import read_run


@pytest.fixture(scope="module")
def rows(results):
    return gap_rows(results)


def test_every_gap_is_a_row(rows, results):
    assert [row["level"] for row in rows] == ["group"] * 2 + ["term"] * 4 + ["placebo"]
    blind = rows[0]
    assert (blind["group"], blind["term"], blind["verdict"]) == ("blind", None, "gap")
    assert blind["estimate"] == results["groups"][0]["estimate"]
    assert rows[2]["term"] in {"blind", "who-is-blind"}
    assert all(set(row) == {column.name for column in GAP_COLUMNS} for row in rows)


def test_parquet_comes_back_as_it_was(tmp_path, rows):
    path = tmp_path / "gaps.parquet"
    write_parquet(rows, GAP_COLUMNS, path)
    assert pq.read_table(path).to_pylist() == rows
    field = pq.read_schema(path).field("estimate")
    assert field.metadata[b"meaning"].startswith(b"Gap:")


def test_csv_comes_back_with_every_number_at_full_precision(rows):
    frame = pd.read_csv(io.StringIO(csv_text(rows, GAP_COLUMNS)))
    assert list(frame.columns) == [column.name for column in GAP_COLUMNS]
    assert frame["estimate"].tolist() == [row["estimate"] for row in rows]
    assert frame["interval_low"].tolist() == [row["interval_low"] for row in rows]
    assert frame["term"].isna().tolist() == [row["term"] is None for row in rows]


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", " =cmd|' /C calc'!A0", "＝1+1", "|calc"]
)
def test_a_formula_is_no_formula_in_a_spreadsheet(rows, text):
    hostile = [{**rows[0], "label": text}]
    cell = next(csv.DictReader(io.StringIO(csv_text(hostile, GAP_COLUMNS), newline="")))["label"]
    assert cell == f"'{text}"


def test_negative_numbers_stay_numbers(rows):
    text = csv_text([{**rows[0], "estimate": -0.25}], GAP_COLUMNS)
    assert next(csv.DictReader(io.StringIO(text)))["estimate"] == "-0.25"


def test_a_row_per_pair(tmp_path, run, results):
    pairs = pair_rows(results, summarise_log(read_run(run)).pair_gaps)
    assert len(pairs) == results["overall"]["n_pairs"]
    changed = [row for row in pairs if row["estimate"]]
    assert {row["group"] for row in changed} == {"blind"}
    assert all(row["value"] - row["reference_value"] == row["estimate"] for row in pairs)
    path = tmp_path / "pairs.parquet"
    write_parquet(pairs, COLUMNS["pairs"], path)
    assert pq.read_table(path).num_rows == len(pairs)


def test_every_column_says_what_it_means():
    for columns in COLUMNS.values():
        names = [column.name for column in columns]
        assert len(set(names)) == len(names)
        assert all(column.meaning.endswith(".") for column in columns)
