"""Shards: parts of one run that are asked apart, on any machines, and merged into one log."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from audit.engines import shard_of
from audit.errors import ConfigError, RunLogError
from audit.pipeline.folders import new_run_folder, new_run_id, utc_now
from audit.pipeline.header import Header
from audit.records import Prediction, Variant
from audit.runlog import FILE_NAME, RunLog, RunLogWriter, read_run

_OWN = frozenset({"type", "crc", "run_id", "started", "shard"})
"""What the headers of two shards of one run may differ in."""
_BATCH = 4096


@dataclass(frozen=True, slots=True)
class Shard:
    """Part ``number`` (from 1) of a run that is cut into ``of`` parts by the hash of each text."""

    number: int
    of: int

    @classmethod
    def parse(cls, text: str) -> Shard:
        """Read ``3/16``.

        Raises
        ------
        ConfigError
            If it is no part of a whole.
        """
        found = re.fullmatch(r"(\d{1,6})/(\d{1,6})", text)
        if found is None or not 1 <= int(found[1]) <= int(found[2]):
            raise ConfigError(
                f"{text!r} is no shard",
                where="--shard",
                hint="write NUMBER/OF with NUMBER from 1 to OF, for example 3/16",
            )
        return cls(int(found[1]), int(found[2]))

    def holds(self, variant: Variant) -> bool:
        """Whether a sentence is asked by this shard; equal texts are asked by the same one."""
        return shard_of(variant.text, self.of) == self.number - 1

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"


def shard_in(header: Mapping[str, Any]) -> Shard | None:
    """Return the shard that a log's header names; ``None`` for a whole run.

    Raises
    ------
    RunLogError
        If it names something that is no shard.
    """
    if (text := header.get("shard")) is None:
        return None
    try:
        return Shard.parse(str(text))
    except ConfigError as error:
        raise RunLogError(f"the log's header cannot be read: {error.what}") from error


def merge_shards(
    sources: Sequence[str | Path], output: str | Path, *, allow_partial: bool = False
) -> Path:
    """Merge the shards of one run into the log of a whole run, and return its folder.

    Parameters
    ----------
    sources : sequence of str or Path
        Run folders of the shards, in any order.
    output : str or Path
        Folder in which the run folder is made.
    allow_partial : bool
        Merge what there is; the merged run then counts as partial.

    Raises
    ------
    RunLogError
        If a log is damaged, the shards are not of one run, or one is missing, unfinished or given
        twice. Nothing is written then.
    """
    logs = [read_run(source) for source in sources]
    if not logs:
        raise RunLogError("no shard was named")
    for log in logs:
        Header.of(log.header)
    parts = _parts(logs)
    of = next(iter(parts)).of
    lacking = [] if allow_partial else _lacking(parts, of)
    if lacking:
        raise RunLogError(
            "the run is not whole: " + "; ".join(lacking),
            where=logs[0].path.parent.parent.name or None,
            hint="run what is missing, or merge with --allow-partial",
        )
    try:
        return _write(list(parts.values()), Path(output))
    except RunLogError as error:
        if isinstance(error.__cause__, OSError):
            error.hint = "free some space and merge again; the shards are as they were"
        raise


def _parts(logs: Sequence[RunLog]) -> dict[Shard, RunLog]:
    """Return the logs by shard, in the order of the shards, if they are of one run."""
    parts: dict[Shard, RunLog] = {}
    for log in logs:
        shard, name = shard_in(log.header), log.path.parent.name
        if shard is None:
            raise RunLogError("this is a whole run, no shard", where=name)
        if shard in parts:
            raise RunLogError(
                f"shard {shard} is given twice", where=f"{parts[shard].path.parent.name}, {name}"
            )
        different = _different(logs[0].header, log.header)
        if different:
            raise RunLogError(
                f"these are shards of different runs: {', '.join(different)} differ",
                where=f"{logs[0].path.parent.name}, {name}",
                hint="merge shards made with one command that differs in --shard only",
            )
        parts[shard] = log
    return dict(sorted(parts.items(), key=lambda item: item[0].number))


def _different(one: Mapping[str, Any], two: Mapping[str, Any]) -> list[str]:
    """Return what two shards must agree on and do not."""
    found = sorted(key for key in (one.keys() | two.keys()) - _OWN if one.get(key) != two.get(key))
    if "spec" in found:
        specs = one["spec"], two["spec"]
        found += [f"spec.{key}" for key in specs[0] if specs[0][key] != specs[1].get(key)]
        found = [key for key in found if key not in {"spec", "spec_sha256"}]
    ours, theirs = shard_in(one), shard_in(two)
    if ours is not None and theirs is not None and ours.of != theirs.of:
        found.append(f"the number of shards ({ours.of}, {theirs.of})")
    return found


def _lacking(parts: Mapping[Shard, RunLog], of: int) -> list[str]:
    """Say what is missing before the shards are a whole run."""
    numbers = {shard.number for shard in parts}
    absent = [str(number) for number in range(1, of + 1) if number not in numbers]
    found = [f"shards {', '.join(absent)} of {of} are missing"] if absent else []
    for shard, log in parts.items():
        status = (log.footer or {}).get("status", "not ended")
        if status != "complete":
            asked = f"{log.n_answers:,} sentences answered"
            found.append(f"shard {shard} ({log.path.parent.name}) is {status}, {asked}")
    return found


def _write(logs: Sequence[RunLog], output: Path) -> Path:
    """Write the merged log: everything that was answered, in the order of the run."""
    header = {key: value for key, value in logs[0].header.items() if key not in _OWN}
    started = min(str(log.header["started"]) for log in logs)
    run_id = new_run_id(str(header["spec"]["probe_set"]).split(" ")[0], utc_now())
    merged = [log.header["run_id"] for log in logs]
    notes = dict.fromkeys(note for log in logs for note in (log.footer or {}).get("notes", ()))
    rows = sorted(
        (
            (place, variant, log.predictions[variant.id])
            for log in logs
            for place, variant in zip(log.places, log.variants, strict=True)
        ),
        key=lambda row: row[0],
    )
    total = header["n_requests"]
    if len({variant.id for _, variant, _ in rows}) != len(rows):
        raise RunLogError("two shards hold the same sentence", where=merged[0])
    folder = new_run_folder(output, run_id)
    with RunLogWriter.create(
        folder / FILE_NAME, {"run_id": run_id, "started": started, "merged": merged, **header}
    ) as writer:
        for start in range(0, len(rows), _BATCH):
            places, variants, answers = zip(*rows[start : start + _BATCH], strict=True)
            writer.predictions(variants, answers, places)
        for order in [str(prompt["id"]) for prompt in header.get("shot_orders", ())]:
            _write_prompt(writer, order, rows, logs)
        ended = [str(log.footer["finished"]) for log in logs if log.footer is not None]
        writer.footer(
            status="complete" if writer.count == total else "partial",
            finished=max(ended, default=started),
            n_requests=total,
            notes=list(notes),
        )
    return folder


def _write_prompt(
    writer: RunLogWriter,
    order: str,
    rows: Sequence[tuple[int, Variant, Prediction]],
    logs: Sequence[RunLog],
) -> None:
    """Write what the shards answered in another prompt, and to texts without content."""
    if (leaning := next((log.content_free.get(order) for log in logs), None)) is not None:
        writer.content_free(order, leaning)
    answers = {k: v for log in logs for k, v in log.other_orders.get(order, {}).items()}
    known = [row for row in rows if row[1].id in answers]
    for start in range(0, len(known), _BATCH):
        places, variants, _ = zip(*known[start : start + _BATCH], strict=True)
        writer.predictions(variants, [answers[v.id] for v in variants], places, order)
