"""Size and time of a report of 40 groups and 1,000 findings: python benchmarks/report.py.

Prints bytes, the median time of a process that has rendered once and the time of a fresh one, and
whether two renders are equal. Limits: 400 KB, 0.2 s. Processor time is what counts: it does not
change with what else the machine does.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
sys.path.insert(0, str(Path(__file__).parent))

GROUPS, FINDINGS = 40, 1_000
LARGEST, SLOWEST = 400_000, 0.2
MANY = 6_000


def large_results(groups: int, findings: int) -> dict[str, object]:
    """Return results with ``groups`` groups and ``findings`` rows of groups, terms, placebos."""
    from tests.report.fixtures import GAP_GROUPS, STYLES, gap_object, placebo_objects, results_gap

    results = results_gap()
    rows = [
        (f"g{index}", f"{base[1]} {index}", *base[2:])
        for index in range(groups)
        for base in [GAP_GROUPS[index % len(GAP_GROUPS)]]
    ]
    results["groups"] = [gap_object(row) for row in rows]
    results["placebos"] = placebo_objects() * 5
    n_terms = findings - groups - len(results["placebos"])
    terms = []
    for index in range(n_terms):
        row = rows[index % groups]
        shift = 0.01 * (index % 7 - 3)
        moved = (
            f"{row[0]}-{index}",
            row[1],
            row[2] + shift,
            row[3] + shift,
            row[4] + shift,
            *row[5:],
        )
        terms.append(
            {**gap_object(moved, n_terms=1), "group": row[0],
             "text": f"who has condition number {index}", "wording": STYLES[index % 3],
             "form": "post", "preference": "recommended"}
        )  # fmt: skip
    results["terms"] = terms
    results["strata"] = [
        {**stratum, "group": row[0]}
        for row in rows
        for stratum in results_gap()["strata"]
        if stratum["group"] == "psychosis" and stratum["by"] == "wording"
    ]
    results["reference_sensitivity"] = [
        {"group": row[0], "filler": filler, "estimate": row[2]}
        for row in rows
        for filler in ("plain", "local", "nearby")
    ]
    return results


def main() -> int:
    """Measure and print; return 1 where a limit is passed."""
    if sys.argv[1:] == ["--once"]:
        return _once()
    from audit.report import build_report, render_html
    from tests.report.fixtures import evidence

    results, given = large_results(GROUPS, FINDINGS), evidence()
    page = render_html(build_report(results, given))
    times = []
    for _ in range(7):
        start, wall = time.process_time(), time.perf_counter()
        again = render_html(build_report(results, given))
        times.append((time.process_time() - start, time.perf_counter() - wall))
    size = len(page.encode())
    used, waited = (sorted(column)[len(times) // 2] for column in zip(*times, strict=True))
    fresh = subprocess.run(
        [sys.executable, __file__, "--once"], check=True, capture_output=True, text=True
    ).stdout.strip()
    print(f"{GROUPS} groups, {FINDINGS} findings: {size:,} bytes (limit {LARGEST:,})")
    print(
        f"model and page: {used:.3f} s of processor time (limit {SLOWEST} s), {waited:.3f} s wall"
    )
    print(f"first report of a fresh process, after imports: {fresh} s of processor time")
    print(f"byte-identical twice: {page == again}")
    return int(size > LARGEST or used > SLOWEST or page != again or not _shards())


def _shards() -> bool:
    """Measure a report that is too large for one page; return whether every page is small."""
    from audit.report import build_report, render_pages
    from audit.report.html import LARGEST_PAGE
    from tests.report.fixtures import evidence

    report = build_report(large_results(GROUPS, MANY), evidence())
    start = time.process_time()
    pages = render_pages(report)
    used = time.process_time() - start
    largest = max(len(page.encode()) for page in pages.values())
    print(
        f"{GROUPS} groups, {MANY} findings: {len(pages)} pages, the largest {largest:,} bytes "
        f"(limit {LARGEST_PAGE:,}), {used:.3f} s of processor time"
    )
    return len(pages) > 1 and largest <= LARGEST_PAGE


def _once() -> int:
    from audit.report import build_report, render_html
    from tests.report.fixtures import evidence

    results, given = large_results(GROUPS, FINDINGS), evidence()
    start = time.process_time()
    render_html(build_report(results, given))
    print(f"{time.process_time() - start:.3f}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
