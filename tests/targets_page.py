"""docs/targets.md: tables that are written from targets that ran, and checked against them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from audit.classifiers import create_classifier, list_schemes
from audit.classifiers.registry import SchemeInfo
from audit.records import ClassifierOptions, Request, Task

PAGE = Path(__file__).parents[1] / "docs" / "targets.md"
SENTENCES = ("I'm a joyful person.", "The train is late.")
HEAD = "| target | system | works | answers | what it needs |\n|---|---|---|---|---|\n"
ANSWERS = {"exact": "exact probabilities", "sampled": "sampled labels", "score": "scores"}


@dataclass(frozen=True)
class Trial:
    """A target to try: its spec, what system that is, what it is asked, how, and what it takes."""

    spec: str
    system: str
    task: Task | None
    options: ClassifierOptions
    needs: str = ""


def row_of(trial: Trial) -> str:
    """Load a target, ask it two sentences, check what it says, and return its row."""
    requests = [Request(id=f"v{n}", text=text) for n, text in enumerate(SENTENCES)]
    classifier = create_classifier(trial.spec, trial.task, trial.options)
    answers = classifier.predict(requests)
    assert [answer.id for answer in answers] == [request.id for request in requests]
    scoring = classifier.info.scoring
    for answer in answers:
        if scoring == "exact":
            masses = [*(answer.probabilities or {}).values(), answer.unparsed or 0.0]
            assert sum(masses) + answer.unresolved == pytest.approx(1.0, abs=1e-6)
        elif scoring == "sampled":
            assert answer.samples
            assert set(answer.samples) <= {*(trial.task.labels if trial.task else ()), None}
        else:
            low, high = classifier.info.score_range or (0.0, 0.0)
            assert answer.score is not None
            assert low <= answer.score <= high
    (scheme,) = (s for s in list_schemes() if s.name == trial.spec.partition(":")[0])
    needs = f"{trial.needs}, {scheme.needs}" if trial.needs else scheme.needs
    return f"| `{target_of(scheme)}` | {trial.system} | yes | {ANSWERS[scoring]} | {needs} |\n"


def target_of(scheme: SchemeInfo) -> str:
    """Return how a scheme's name begins a target."""
    return f"{scheme.name}:" if ":" in scheme.spec else scheme.name


def check_table(name: str, rows: Sequence[str]) -> None:
    """Compare a table of the page with rows of targets that ran; ``UPDATE_TARGETS`` writes it."""
    table = HEAD + "".join(rows)
    start, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->\n"
    page = PAGE.read_text(encoding="utf-8")
    before, _, rest = page.partition(start)
    found, _, after = rest.partition(end)
    if os.environ.get("UPDATE_TARGETS"):
        PAGE.write_text(f"{before}{start}{table}{end}{after}", encoding="utf-8")
        found = table
    assert found == table
