"""Known items: planted among the others to see whether wrong answers are waved through.

Each has a right label and shows a wrong one as the classifier's. What is kept is per queue and day,
never who: a rate tells whether a queue goes too fast, not whom to blame.
"""

from __future__ import annotations

import csv
import json
import uuid
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from scipy.stats import binomtest
from sqlalchemy import func, insert, select

from audit.errors import ConfigError
from audit.review.queue import QUEUES
from audit.store import Store
from audit.store.state_tables import KNOWN_ITEMS, KNOWN_RESULTS, KNOWN_SEEN

KNOWN = "known:"
ENOUGH = 30
_COLUMNS = ("text", "label", "shown")
Result = Literal["waved_through", "corrected", "other", "escalated"]


@dataclass(frozen=True, slots=True)
class KnownItem:
    """An item with a right label, and the wrong one that is shown as the classifier's."""

    id: str
    queue: str
    text: str
    label: str
    shown: str


@dataclass(frozen=True, slots=True)
class Waved:
    """How often a queue kept a wrong answer that was planted.

    Parameters
    ----------
    queue : str
        Which.
    n, waved_through : int
        Known items that were answered, and those whose wrong answer was kept.
    share, low, high : float or None
        The share with its 95% interval (Wilson); ``None`` below 30 items: not enough to say.
    """

    queue: str
    n: int
    waved_through: int
    share: float | None
    low: float | None
    high: float | None


def read_known(path: Path, queue: str, labels: Collection[str]) -> list[KnownItem]:
    """Read known items from CSV or JSONL with the columns text, label and shown.

    Raises
    ------
    ConfigError
        If the file, the queue or a row cannot be used; the message names the row.
    """
    if queue not in QUEUES:
        raise ConfigError(f"there is no queue {queue!r}", where="--queue",
                          hint=f"one of {', '.join(QUEUES)}")  # fmt: skip
    return [
        _item(row, queue, labels, f"{path.name}, row {number}")
        for number, row in enumerate(_rows(path), start=1)
    ]


def add_known(store: Store, items: Iterable[KnownItem], *, by: str) -> int:
    """Store known items; return how many."""
    rows = [{"id": each.id, "queue": each.queue, "text": each.text, "label": each.label,
             "shown": each.shown} for each in items]  # fmt: skip
    if rows:
        with store.writing("state") as connection:
            connection.execute(insert(KNOWN_ITEMS), rows)
        store.note("known_items_added", {"items": len(rows), "by": by})
    return len(rows)


def known_item(store: Store, identity: str) -> KnownItem | None:
    """Return a known item by id."""
    with store.reading() as connection:
        row = connection.execute(select(KNOWN_ITEMS).where(KNOWN_ITEMS.c.id == identity)).first()
    return None if row is None else KnownItem(row.id, row.queue, row.text, row.label, row.shown)


def known_for(store: Store, account: str, queue: str) -> str | None:
    """Return a known item of a queue that somebody has not met yet, and note that they have."""
    seen = select(KNOWN_SEEN.c.item).where(KNOWN_SEEN.c.account == account)
    query = select(KNOWN_ITEMS.c.id).where(
        KNOWN_ITEMS.c.queue == queue, KNOWN_ITEMS.c.id.not_in(seen)
    )
    with store.writing("state") as connection:
        found = connection.execute(query.order_by(KNOWN_ITEMS.c.id).limit(1)).scalar()
        if found is not None:
            connection.execute(insert(KNOWN_SEEN), {"item": found, "account": account})
    return found


def add_result(store: Store, item: KnownItem, action: str, label: str | None) -> None:
    """Count what became of a known item; nobody's name is kept with it."""
    result: Result = "other"
    if action == "escalate":
        result = "escalated"
    elif label == item.shown:
        result = "waved_through"
    elif label == item.label:
        result = "corrected"
    row = {"id": uuid.uuid4().hex, "queue": item.queue, "outcome": result,
           "day": datetime.now(UTC).date().isoformat()}  # fmt: skip
    with store.writing("state") as connection:
        connection.execute(insert(KNOWN_RESULTS), row)


def waved_through(store: Store) -> list[Waved]:
    """Return, per queue, how often planted wrong answers were kept."""
    table = KNOWN_RESULTS
    query = select(table.c.queue, table.c.outcome, func.count()).group_by(
        table.c.queue, table.c.outcome
    )
    found: dict[str, dict[str, int]] = {}
    with store.reading() as connection:
        for queue, result, count in connection.execute(query):
            found.setdefault(queue, {})[result] = count
    return [_waved(queue, found.get(queue, {})) for queue in QUEUES]


def _waved(queue: str, results: dict[str, int]) -> Waved:
    n, kept = sum(results.values()), results.get("waved_through", 0)
    if n < ENOUGH:
        return Waved(queue, n, kept, None, None, None)
    interval = binomtest(kept, n).proportion_ci(0.95, method="wilson")
    return Waved(queue, n, kept, kept / n, float(interval.low), float(interval.high))


def _rows(path: Path) -> list[dict[str, object]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError("this file cannot be read as UTF-8 text", where=str(path)) from error
    if path.suffix == ".csv":
        return [dict(row) for row in csv.DictReader(text.splitlines())]
    try:
        rows = [json.loads(line) for line in text.splitlines() if line.strip()]
    except ValueError as error:
        raise ConfigError(f"a line is no JSON: {error}", where=str(path)) from error
    return [row if isinstance(row, dict) else {} for row in rows]


def _item(row: dict[str, object], queue: str, labels: Collection[str], where: str) -> KnownItem:
    values = [row.get(name) for name in _COLUMNS]
    if not all(isinstance(value, str) and value.strip() for value in values):
        raise ConfigError(f"it needs {', '.join(_COLUMNS)}", where=where)
    text, label, shown = (str(value).strip() for value in values)
    if labels and {label, shown} - set(labels):
        raise ConfigError("a label is none of the task's", where=where,
                          hint=f"one of {', '.join(labels)}")  # fmt: skip
    if label == shown:
        raise ConfigError(
            "the answer shown is the right one, so that keeping it shows nothing", where=where,
            hint="show a wrong one",
        )  # fmt: skip
    return KnownItem(uuid.uuid4().hex, queue, text, label, shown)
