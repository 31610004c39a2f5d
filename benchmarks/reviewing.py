"""Reviewers at once on a real server: answers per second, waits, and that no review is lost.

``python -m benchmarks.reviewing`` runs 20 reviewers for a minute on SQLite and prints JSON.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import threading
import time
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import httpx

from audit.records import Decision
from audit.store import open_store, verify_store
from audit.store.store import Store
from audit.store.tables import TABLES
from audit.web.accounts.accounts import add_account
from audit.web.accounts.links import new_link

HERE = {"Sec-Fetch-Site": "same-origin"}


@dataclass
class Load:
    """What reviewers met: ids of acknowledged reviews, seconds of each request, what went wrong."""

    acknowledged: list[str] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)


def fill(store: Store, items: int) -> None:
    """Record decisions that wait for a person."""
    moment = datetime.now(UTC).isoformat(timespec="milliseconds")
    made = [
        Decision(
            id=uuid.uuid4().hex, time=moment, route="review", would_route="review",
            label="Negative", score=None, confidence=0.9, reasons=("rule_applies",),
            groups=("deaf",), explanation=None, appeal_url=None, audit_id="run-1",
            policy_sha256="ab", shadow=False, recorded=True,
        )
        for _ in range(items)
    ]  # fmt: skip
    for start in range(0, items, 500):
        page = made[start : start + 500]
        store.record(page, [None] * len(page), ["A deaf teacher came."] * len(page))


def reviewers(store: Store, url: str, count: int) -> list[httpx.Client]:
    """Return browsers in which that many reviewers have signed in by a one-time link."""
    found = []
    for number in range(count):
        made = add_account(store, f"Reviewer {number}", ["reviewer"], by="load")
        client = httpx.Client(base_url=url, headers=HERE, timeout=60)
        token = new_link(store, made.id, by="load")
        reply = client.post("/sign-in/link", data={"token": token})
        if reply.status_code != 303:
            raise RuntimeError(f"the one-time link was refused: {reply.status_code}")
        found.append(client)
    return found


def work(client: httpx.Client, load: Load) -> None:
    """Take, label and decide items until the end, as a person would with a very fast hand."""
    while not load.ended.is_set():
        try:
            at = _ask(client, load, "/review/next")
            if not at.startswith("/review/items/"):
                return
            if client.get(at).status_code != 200:
                load.errors.append(f"an item was not shown: {at}")
            _ask(client, load, f"{at}/label", label="Positive")
            done = _ask(client, load, f"{at}/decide", choice="override:Positive")
        except httpx.HTTPError as error:
            if not load.ended.is_set():
                load.errors.append(type(error).__name__)
            return
        if done == "/review?done=decided":
            load.acknowledged.append(at.rsplit("/", 1)[1])
        else:
            load.errors.append(done)


def _ask(client: httpx.Client, load: Load, path: str, **form: str) -> str:
    started = time.perf_counter()
    reply = client.post(path, data=form)
    load.waits.append(time.perf_counter() - started)
    if reply.status_code != 303:
        load.errors.append(f"{path}: {reply.status_code}")
        return ""
    return reply.headers["location"]


def press(clients: list[httpx.Client], seconds: float) -> Load:
    """Let reviewers work at once for so many seconds."""
    load = Load()
    threads = [threading.Thread(target=work, args=(client, load)) for client in clients]
    for thread in threads:
        thread.start()
    time.sleep(seconds)
    load.ended.set()
    for thread in threads:
        thread.join(120)
    return load


def stored(store: Store) -> list[str]:
    """Return the ids of all reviews."""
    from sqlalchemy import select

    with store.reading() as connection:
        return list(connection.execute(select(TABLES["reviews"].c.id)).scalars())


def main() -> None:
    """Print what 20 reviewers met in a minute."""
    from audit.oversight import dump_policy
    from tests.unit.oversight.test_guard import policy
    from tests.web.serving import serving

    parser = argparse.ArgumentParser()
    parser.add_argument("--reviewers", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--items", type=int, default=20_000)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        (place / "mine.py").write_text(
            "def classify(texts):\n    return ['Negative'] * len(texts)\n"
        )
        text = dump_policy(policy().model_dump(mode="json"))
        (place / "policy.yaml").write_text(text, "utf-8")
        options = ("policy.yaml", "--model", "python:mine.py:classify", "--store", "s.db")
        with open_store(str(place / "s.db")) as store:
            fill(store, asked.items)
            with serving(*options, cwd=place) as served:
                load = press(reviewers(store, served.url, asked.reviewers), asked.seconds)
            kept = stored(store)
            waits = sorted(load.waits)
            print(
                json.dumps(
                    {
                        "reviewers": asked.reviewers,
                        "seconds": asked.seconds,
                        "reviews": len(load.acknowledged),
                        "lost": len(set(load.acknowledged) - set(kept)),
                        "errors": load.errors[:10],
                        "median_ms": round(1000 * waits[len(waits) // 2], 1),
                        "p95_ms": round(1000 * waits[int(len(waits) * 0.95)], 1),
                        "chains_hold": verify_store(store).clean,
                    }
                )
            )


if __name__ == "__main__":
    main()
