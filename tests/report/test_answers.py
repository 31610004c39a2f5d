"""A person who has only the report: six questions, each answered by what the page says."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.small_runs import make_run, write_probe


class _Text(HTMLParser):
    """Collects what a reader reads, section by section; closed details are there to be opened."""

    def __init__(self) -> None:
        super().__init__()
        self.sections: dict[str, list[str]] = {"": []}
        self._section = ""
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in {"style", "script", "title"}
        if tag == "section":
            self._section = dict(attrs).get("id") or ""
            self.sections[self._section] = []

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in {"style", "script", "title"}

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.sections[self._section].append(data)


def sections(page: str) -> dict[str, str]:
    """Return the text of each section of a page."""
    parser = _Text()
    parser.feed(page)
    return {name: re.sub(r"\s+", " ", " ".join(parts)) for name, parts in parser.sections.items()}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Run a real audit in which one of two groups is treated worse."""
    here = tmp_path_factory.mktemp("answers")
    probe = write_probe(here, groups={"blind": "Blind people", "deaf": "Deaf people"})
    return make_run(here, {"blind": 2}, probe=probe)


@pytest.fixture(scope="module")
def said(folder: Path) -> dict[str, str]:
    """Return what the report of that run says."""
    return sections((folder / "index.html").read_text(encoding="utf-8"))


def test_which_group(said: dict[str, str]) -> None:
    assert "1 of 2 groups was treated worse" in said["finding"]
    assert "Blind people" in said["finding"]
    assert "Deaf people" not in said["finding"]


def test_which_way(said: dict[str, str]) -> None:
    assert "Worse: Negative more often" in said["finding"]
    assert "Negative more often is worse and Negative less often is better" in said["groups"]


def test_how_sure(said: dict[str, str]) -> None:
    row = re.search(r"Blind people Worse: .*?(Gap beyond the limit|limit unclear)", said["groups"])
    assert row is not None
    assert re.search(r"\+\d+\.\d \+\d+\.\d to \+\d+\.\d", row[0]), row[0]
    assert "95% interval" in said["groups"]
    assert "the smallest gap this run could reliably detect" in said["groups"]
    assert "adjusted over 2 groups" in said["verdict"]


def test_what_was_not_tested(folder: Path, said: dict[str, str]) -> None:
    results = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    for entry in results["not_tested"]:
        assert entry["what"] in said["gaps"]
    assert "What is missing here is no evidence that there is no gap." in said["gaps"]
    assert "a test in any language but English" in said[""]
    for row in (*results["groups"], *results["placebos"]):
        if row["verdict"] == "no_gap":
            assert (row.get("text") or row["label"]) in said["gaps"]


def test_what_a_person_must_decide(said: dict[str, str]) -> None:
    assert "May this ship, and with what conditions?" in said["verdict"]
    for choice in ("approve", "approve with conditions", "reject", "Expires on"):
        assert choice in said["verdict"]
    assert "a person decides when the answer is Negative" in said["decide"]
    for choice in ("use this rule", "use it, changed", "do not use it", "Review load"):
        assert choice in said["decide"]


def test_how_to_run_it_again(folder: Path, said: dict[str, str]) -> None:
    found = re.search(r"(audit run small .*?) Details", said["method"])
    assert found is not None
    name, *options = shlex.split(found[1])[2:]
    here = folder.parent.parent
    again = subprocess.run(
        [Path(sys.executable).with_name("audit"), "run", f"{name}.yaml", *options, "-o", "again"],
        cwd=here, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert again.returncode == 1, again.stderr
    first, second = (
        json.loads((each / "results.json").read_text(encoding="utf-8"))
        for each in (folder, (here / "again" / "latest").resolve())
    )
    own = {"run_id", "started", "finished", "author", "limits"}
    assert {key: value for key, value in first.items() if key not in own} == {
        key: value for key, value in second.items() if key not in own
    }
    assert first["limits"] == second["limits"]
