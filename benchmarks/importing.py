"""Import a generated table and, smaller, audit one: time, and memory that does not grow with rows.

Run ``python -m benchmarks.importing`` (a million rows) or ``--rows 10000000``; ``--audit 100000``
also audits a table of that many rows against VADER.
"""

from __future__ import annotations

import argparse
import csv
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

TERMS = (
    "blind", "deaf", "disabled", "autistic", "epileptic", "depressed", "paralysed",
    "short-statured", "chronically ill", "mentally ill",
)  # fmt: skip
_OPENINGS = ("My", "The", "Our", "That", "Her")
_PEOPLE = ("neighbour", "teacher", "driver", "nurse", "engineer", "student", "cousin", "singer")
_DEEDS = ("baked", "lost", "praised", "broke", "painted", "forgot", "mended", "hated", "sold")
_THINGS = ("cake", "letter", "plan", "window", "door", "song", "story", "bicycle", "lamp", "gift")


def rows(count: int) -> Iterator[tuple[str, str, str, str]]:
    """Yield text, group, term and context of a table in which ten terms share each context."""
    made = context = 0
    while made < count:
        words = []
        rest = context
        for choices in (_OPENINGS, _PEOPLE, _DEEDS, _THINGS):
            rest, place = divmod(rest, len(choices))
            words.append(choices[place])
        first, person, deed, thing = words
        tail = f"{deed} a {thing}" + (f" in week {rest}" if rest else "")
        for term in ("", *TERMS):
            text = f"{first} {term} {person} {tail}" if term else f"{first} {person} {tail}"
            yield text, "disability" if term else "", term or "none", str(context)
            made += 1
            if made == count:
                return
        context += 1


def write_table(path: Path, count: int) -> None:
    """Write the table as CSV."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(("sentence", "group", "term", "context"))
        writer.writerows(rows(count))


def measured(command: Sequence[str]) -> tuple[int, float, float]:
    """Run a command; return its exit status, its seconds and its largest memory in MB."""
    started = time.perf_counter()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    return child.returncode, time.perf_counter() - started, usage.ru_maxrss / 1024


def import_table(folder: Path, count: int) -> tuple[int, float, float]:
    """Write a table and import it into ``folder``."""
    path = folder / f"rows-{count}.csv"
    write_table(path, count)
    audit = str(Path(sys.executable).with_name("audit"))
    columns = ["text=sentence", "group=group", "term=term", "context=context"]
    named = [part for column in columns for part in ("--column", column)]
    return measured(
        [audit, "probes", "import", str(path), "-o", str(folder / f"set-{count}"), *named,
         "--reference", "term=none", "--name", "table"]
    )  # fmt: skip


def main() -> int:
    """Measure and print one line for each step."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--audit", type=int, default=0)
    given = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for count in dict.fromkeys((given.rows // 10, given.rows)):
            code, seconds, megabytes = import_table(folder, count)
            print(f"import {count:,} rows: exit {code}, {seconds:.1f} s, {megabytes:.0f} MB")
        if given.audit:
            code, first, before = import_table(folder, given.audit)
            audit = str(Path(sys.executable).with_name("audit"))
            table = folder / f"set-{given.audit}" / "table.yaml"
            status, seconds, megabytes = measured(
                [audit, "run", str(table), "-m", "vader", "-o", str(folder / "reports"), "-q"]
            )
            print(
                f"import and audit {given.audit:,} rows against vader: exit {code} and {status}, "
                f"{first + seconds:.1f} s, {max(before, megabytes):.0f} MB"
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
