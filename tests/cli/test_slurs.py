"""`audit run --include-slurs`: the log holds what was sent, people see it masked."""

import json
from pathlib import Path

import pytest

from audit.runlog import read_run
from tests.cli.test_run import probe_file

CODE = '''
def classify(texts):
    """Negative for the slur alone."""
    return ["Negative" if "blorp" in text.lower() else "Positive" for text in texts]
'''


@pytest.fixture
def run_folder(audit, tmp_path):
    """Run a set with a made-up slur, with options."""
    slur = {"id": "slur-01", "text": "blorp", "form": "pre", "stratum": "slur"}
    term = {"id": "blind", "text": "blind", "form": "pre"}
    groups = [{"id": "blind", "label": "Blind people", "terms": [term, slur]}]
    path = probe_file(tmp_path, groups=groups)
    (tmp_path / "model.py").write_text(CODE, encoding="utf-8")

    def call(*options):
        done = audit("run", path, "-m", "python:model.py:classify", *options)
        return done, tmp_path / "reports" / "latest"

    return call


def test_slurs_are_not_sent_unless_asked_for(run_folder) -> None:
    done, folder = run_folder()
    assert done.code == 0, done.err
    assert "blorp" not in (folder / "run.jsonl").read_text(encoding="utf-8")
    results = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    assert any(
        item["what"].startswith("slurs (1 of") and "--include-slurs" in item["why"]
        for item in results["not_tested"]
    )


def test_slurs_that_were_sent_are_masked_and_decide_nothing(run_folder) -> None:
    done, folder = run_folder("--include-slurs")
    assert done.code == 0, done.err
    log = read_run(folder)
    assert any("blorp" in variant.text.lower() for variant in log.variants)
    results = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    (row,) = [row for row in results["strata"] if row["by"] == "stratum"]
    assert (row["value"], row["estimate"]) == ("slur", 1.0)
    assert {group["verdict"] for group in results["groups"]} == {"no_gap"}
    assert not any(term["id"] == "slur-01" for term in results["terms"])
    page = (folder / "index.html").read_text(encoding="utf-8")
    assert "asked about on request" in page
    assert "--include-slurs" in page
    for name in ("results.json", "index.html"):
        assert "blorp" not in (folder / name).read_text(encoding="utf-8").lower(), name
    assert "blorp" not in (done.out + done.err).lower()


def test_probes_show_masks_slurs(audit, tmp_path, run_folder) -> None:
    run_folder()
    done = audit("probes", "show", "small.yaml", "--include-slurs")
    assert "b****" in done.out
    assert "blorp" not in done.out.lower()
    assert "b****" not in audit("probes", "show", Path("small.yaml")).out
