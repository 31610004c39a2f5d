"""Tidy tables of a run: one row for each gap, or for each pair of sentences."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from audit.errors import MissingExtraError, ResultsError
from audit.records import PairGap

Kind = Literal["string", "float", "int", "bool"]
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its name, what its values are, and what they mean."""

    name: str
    kind: Kind
    meaning: str


_RUN = (
    Column("run_id", "string", "Run the row comes from."),
    Column("model", "string", "What was audited."),
    Column("probe_set", "string", "Probe set and its version."),
)
GAP_COLUMNS = (
    *_RUN,
    Column("revision", "string", "Revision of the model, where it has one."),
    Column("probe_sha256", "string", "Hash of the probe file."),
    Column("started", "string", "Start of the run, UTC, ISO 8601."),
    Column("status", "string", "complete, or partial."),
    Column("level", "string", "group, term, or placebo."),
    Column("group", "string", "Id of the group; empty for placebos."),
    Column("term", "string", "Id of the term or placebo; empty for groups."),
    Column("label", "string", "The group's label, or the term's text."),
    Column("wording", "string", "Wording style of the term."),
    Column("form", "string", "Slot the term fills: pre, post, or noun."),
    Column("preference", "string", "What the probe set says about the term's wording."),
    Column("unit", "string", "Unit of every gap: probability (times 100 = points), or score."),
    Column("estimand", "string", "listed, phrases, or census."),
    Column("estimate", "float", "Gap: counterfactual minus reference."),
    Column("interval_low", "float", "Lower end of the gap's confidence interval."),
    Column("interval_high", "float", "Upper end of the gap's confidence interval."),
    Column("confidence_level", "float", "Level of the interval, in (0, 1)."),
    Column("p_value", "float", "Two-sided p-value of no gap, unadjusted."),
    Column("p_adjusted", "float", "The same, adjusted over the groups (or terms, or placebos)."),
    Column("tolerance", "float", "Largest gap accepted in either direction."),
    Column("verdict", "string", "gap, concern, no_gap, or not_enough_evidence."),
    Column("reason", "string", "Why there is not enough evidence."),
    Column("direction", "string", "worse or better treatment of the people mentioned, or none."),
    Column("small_but_real", "bool", "No gap beyond the limit, yet the interval leaves out 0."),
    Column("n_templates", "int", "Templates compared: the unit of the interval."),
    Column("n_terms", "int", "Terms compared."),
    Column("n_pairs", "int", "Pairs compared."),
    Column("flips", "float", "Pairs whose majority label changed; a tie counts 1/2."),
    Column("flip_rate", "float", "Share of pairs that flipped."),
    Column("flips_to_unfavourable", "float", "Flips to an unfavourable label."),
    Column("flips_to_favourable", "float", "Flips away from an unfavourable label."),
    Column("excess_disagreement", "float", "Disagreement beyond that between repeats."),
    Column("unparsed_gap", "float", "Gap in the share of answers that are no label."),
    Column("smallest_detectable_gap", "float", "Smallest gap the run could reliably detect."),
    Column("templates_needed", "int", "Templates that a clear 'no gap' would need."),
    Column("reference_mean", "float", "Mean outcome of the reference sentences."),
    Column("group_mean", "float", "Mean outcome of the sentences with the mention."),
)
PAIR_COLUMNS = (
    *_RUN,
    Column("template", "string", "Unit of the interval that the pair belongs to."),
    Column("context", "string", "Sentences with the same context are compared."),
    Column("role", "string", "group, or placebo."),
    Column("group", "string", "Id of the group; empty for placebos."),
    Column("term", "string", "Id of the term or placebo."),
    Column("valence", "string", "positive, neutral or negative sentence, where stated."),
    Column("text", "string", "The sentence with the mention."),
    Column("reference_text", "string", "Its first reference sentence."),
    Column("value", "float", "Outcome with the mention."),
    Column("reference_value", "float", "Mean outcome of the reference sentences."),
    Column("estimate", "float", "value minus reference_value."),
    Column("label", "string", "Majority label with the mention; empty for a tie."),
    Column("reference_label", "string", "Majority label of the reference; empty for a tie."),
)
COLUMNS: dict[str, tuple[Column, ...]] = {"gaps": GAP_COLUMNS, "pairs": PAIR_COLUMNS}

# A spreadsheet runs a cell that starts with one of these (also in their full-width forms).
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "＝", "＋", "－", "＠")


def gap_rows(results: Mapping[str, Any]) -> list[Row]:
    """Return a row for each group, term and placebo of ``results.json``.

    Returns
    -------
    list of dict
        Every row has every column of ``GAP_COLUMNS``; a value that does not exist is ``None``.
    """
    spec = results["spec"]
    shared = {
        "run_id": results["run_id"],
        "model": spec["model"],
        "probe_set": spec["probe_set"],
        "revision": spec["revision"],
        "probe_sha256": spec["probe_sha256"],
        "started": results["started"],
        "status": results["status"],
        "unit": results["outcome"]["unit"],
        "tolerance": results["limits"]["tolerance"],
    }
    levels = (("group", "groups"), ("term", "terms"), ("placebo", "placebos"))
    return [_gap_row(level, gap, shared) for level, place in levels for gap in results[place]]


def _gap_row(level: str, gap: Mapping[str, Any], shared: Mapping[str, Any]) -> Row:
    interval = gap["interval"] or {}
    own = {
        "level": level,
        "group": gap["id"] if level == "group" else gap.get("group"),
        "term": None if level == "group" else gap["id"],
        "label": gap["label"] if level == "group" else gap.get("text") or gap["label"],
        "interval_low": interval.get("low"),
        "interval_high": interval.get("high"),
        "confidence_level": interval.get("confidence_level"),
    }
    known = {**gap, **shared, **own}
    return {column.name: known.get(column.name) for column in GAP_COLUMNS}


def pair_rows(results: Mapping[str, Any], pairs: Iterable[PairGap]) -> list[Row]:
    """Return a row for each pair of sentences, with every column of ``PAIR_COLUMNS``."""
    shared = {
        "run_id": results["run_id"],
        "model": results["spec"]["model"],
        "probe_set": results["spec"]["probe_set"],
    }
    return [
        {
            **shared,
            "template": gap.pair.unit,
            "context": gap.pair.context,
            "role": gap.pair.role,
            "group": gap.pair.group,
            "term": gap.pair.term,
            "valence": gap.valence,
            "text": gap.text,
            "reference_text": gap.reference_text,
            "value": gap.value,
            "reference_value": gap.reference_value,
            "estimate": gap.estimate,
            "label": gap.label,
            "reference_label": gap.reference_label,
        }
        for gap in pairs
    ]


def csv_text(rows: Sequence[Row], columns: Sequence[Column]) -> str:
    """Write rows as CSV: UTF-8, RFC 4180, numbers at full precision, an empty cell for ``None``.

    A text cell that a spreadsheet would run as a formula gets an apostrophe in front.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([column.name for column in columns])
    for row in rows:
        writer.writerow([_cell(row[column.name], column.kind) for column in columns])
    return out.getvalue()


def _cell(value: Any, kind: Kind) -> str:
    if value is None:
        return ""
    if kind == "float":
        return repr(float(value))
    if kind != "string":
        return str(value)
    text = str(value)
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text


def write_parquet(rows: Sequence[Row], columns: Sequence[Column], path: Path) -> None:
    """Write rows as Parquet; what a column means is in its field's metadata.

    Raises
    ------
    MissingExtraError
        If pyarrow is not installed.
    ResultsError
        If the file cannot be written.
    """
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError as error:
        raise MissingExtraError("audit export --to parquet", "pyarrow", "exports") from error
    types = {"string": pa.string(), "float": pa.float64(), "int": pa.int64(), "bool": pa.bool_()}
    schema = pa.schema(
        [
            pa.field(column.name, types[column.kind], metadata={"meaning": column.meaning})
            for column in columns
        ]
    )
    data = {column.name: [_typed(row[column.name], column.kind) for row in rows]
            for column in columns}  # fmt: skip
    try:
        pq.write_table(pa.table(data, schema=schema), path)
    except OSError as error:
        raise ResultsError(f"the table cannot be written: {error}", where=str(path)) from error


def _typed(value: Any, kind: Kind) -> Any:
    if value is None:
        return None
    return {"string": str, "float": float, "int": int, "bool": bool}[kind](value)


def columns_markdown() -> str:
    """Return the documentation of every table's columns."""
    lines = []
    for table, columns in COLUMNS.items():
        lines += [f"**`{table}`**", "", "| column | type | meaning |", "|---|---|---|"]
        lines += [f"| `{c.name}` | {c.kind} | {c.meaning} |" for c in columns]
        lines.append("")
    return "\n".join(lines)
