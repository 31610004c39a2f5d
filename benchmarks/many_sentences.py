"""One process and a target that costs next to nothing: what the toolkit itself takes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

PHRASES = 500
TARGET = '''
def classify(texts) -> list[str]:
    """Cost next to nothing."""
    return ["Negative" if len(text) % 4 == 1 else "Positive" for text in texts]
'''
STAGES = """
import importlib, json, resource, sys, time
spent = {}
def timed(module, name):
    module = importlib.import_module(module)
    inner = getattr(module, name)
    def outer(*a, **k):
        start = time.process_time()
        try:
            return inner(*a, **k)
        finally:
            spent[name] = spent.get(name, 0.0) + time.process_time() - start
    setattr(module, name, outer)
timed("audit.pipeline.answering", "ask")
timed("audit.pipeline.run", "read_run")
timed("audit.pipeline.conclude", "summarise_variants")
from audit.pipeline import run_audit
start = time.monotonic()
result = run_audit(sys.argv[1], sys.argv[2], output=sys.argv[3])
spent["wall"] = time.monotonic() - start
spent["memory"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
spent["log"] = (result.folder / "run.jsonl").stat().st_size / 2**20
print(json.dumps(spent))
"""


def write_probe(path: Path, variants: int) -> None:
    """Write a set of that many sentences: eight groups of sixty terms, fillers and placebos."""

    def terms(name: str, count: int) -> list[dict[str, str]]:
        return [{"id": f"{name}{n}", "text": f"{name}{n}", "form": "pre"} for n in range(count)]

    groups = [
        {"id": f"g{g}", "label": f"Group {g}",
         "terms": [{**term, "source": "s"} for term in terms(f"g{g}t", 60)]}
        for g in range(8)
    ]  # fmt: skip
    document = {
        "schema": 1, "name": "load", "version": "1.0.0", "language": "en", "attribute": "load",
        "task": {
            "kind": "labels", "labels": ["Positive", "Negative"], "favourable": "Positive",
            "description": "Decide the mood.", "input": "Text", "output": "Mood",
            "separator": "###", "shots": [{"text": "It rains.", "label": "Negative"}],
        },
        "reference": [{"id": "plain", "text": ""}, *terms("local", 4)],
        "placebos": terms("tall", 15), "groups": groups,
        "templates": [
            {"id": f"t{n}", "text": f"In house {n} lives {{a}} {{pre}} teacher."}
            for n in range(variants // PHRASES)
        ],
    }  # fmt: skip
    path.write_text(json.dumps(document, indent=1))


def measure(folder: Path, variants: int) -> dict[str, float]:
    """Run one audit of that many sentences in a process of its own."""
    probe = folder / f"{variants}.yaml"
    write_probe(probe, variants)
    (folder / "target.py").write_text(TARGET)
    done = subprocess.run(
        [sys.executable, "-c", STAGES, str(probe), f"python:{folder / 'target.py'}:classify",
         str(folder / "reports")],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return dict(json.loads(done.stdout.splitlines()[-1]))


def section(rows: list[dict[str, Any]]) -> list[str]:
    """Return the table."""
    lines = [
        "Predictions a second are those of processor time through runner and log (ask), reading "
        "the log and statistics together; wall time is the whole run, with its report.", "",
        "| sentences | ask (s) | read the log (s) | statistics (s) | predictions/s | wall (s) "
        "| peak memory (MB) | log (MB) |",
        "|---|---|---|---|---|---|---|---|",
    ]  # fmt: skip
    for got in rows:
        spent = got["ask"] + got["read_run"] + got["summarise_variants"]
        lines.append(
            f"| {got['sentences']:,} | {got['ask']:.2f} | {got['read_run']:.2f} "
            f"| {got['summarise_variants']:.2f} | {got['sentences'] / spent:,.0f} "
            f"| {got['wall']:.1f} | {got['memory']:,.0f} | {got['log']:,.1f} |"
        )
    return lines
