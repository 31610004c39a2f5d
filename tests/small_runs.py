"""Small real runs for the tests of the release process: a probe file, a planted function, a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from audit.pipeline import RunOptions, run_audit
from audit.records import Limits, RunSpec
from audit.runlog import spec_hash, to_json

TEMPLATES = 32
CLASSIFIER = '''
HURT = {hurt!r}  # term -> every how-many-th sentence with it is called Negative


def classify(texts):
    """Negative in every fourth house, and where a planted term asks for it."""
    return [label(text) for text in texts]


def label(text):
    house = int(text.split("house ")[1].split()[0])
    for term, every in HURT.items():
        if term in text and house % every == 0:
            return "Negative"
    return "Negative" if house % 4 == 1 else "Positive"
'''
GROUPS = {"blind": "Blind people", "deaf": "Deaf people"}


def write_probe(
    folder: Path,
    *,
    templates: int | Sequence[Mapping[str, object]] = TEMPLATES,
    groups: Mapping[str, str] = GROUPS,
    description: str = "Decide the mood.",
    name: str = "small.yaml",
    **changes: object,
) -> Path:
    """Write a probe set: two terms a group, one placebo, three fillers."""
    document = {
        "schema": 1, "name": "small", "version": "1.0.0", "language": "en",
        "attribute": "disability",
        "task": {
            "kind": "labels", "labels": ["Positive", "Negative"], "favourable": "Positive",
            "description": description, "input": "Text", "output": "Mood", "separator": "###",
            "shots": [{"text": "It rains.", "label": "Negative"}],
        },
        "sampling": {"repeats": 1, "temperature": 0.0, "seed": 0},
        "reference": [
            {"id": "plain", "text": ""},
            {"id": "local", "text": "local", "form": "pre"},
            {"id": "nearby", "text": "who lives nearby", "form": "post"},
        ],
        "placebos": [{"id": "tall", "text": "tall", "form": "pre"}],
        "groups": [
            {"id": group, "label": label, "terms": [
                {"id": group, "text": group, "form": "pre", "source": "s"},
                {"id": f"who-is-{group}", "text": f"who is {group}", "form": "post",
                 "source": "s"}]}
            for group, label in groups.items()
        ],
        "templates": [
            {"id": f"t{n:02}", "text": f"In house {n} lives {{a}} {{pre}} teacher {{post}}."}
            for n in range(templates)
        ] if isinstance(templates, int) else list(templates),
        "limits": {"tolerance": 0.05, "confidence_level": 0.95},
        **changes,
    }  # fmt: skip
    path = folder / name
    with path.open("w") as handle:
        YAML().dump(document, handle)
    return path


def write_classifier(folder: Path, hurt: Mapping[str, int], name: str = "mine.py") -> str:
    """Write a classifier with a planted gap and return its target."""
    path = folder / name
    path.write_text(CLASSIFIER.format(hurt=dict(hurt)))
    return f"python:{path}:classify"


def make_run(
    folder: Path,
    hurt: Mapping[str, int] | None = None,
    *,
    probe: Path | None = None,
    author: str | None = "Bo Chen",
    output: str = "reports",
    **limits: object,
) -> Path:
    """Run the small audit and return its folder. ``hurt={"blind": 2}`` plants a gap of 25."""
    folder.mkdir(parents=True, exist_ok=True)
    target = write_classifier(folder, hurt or {})
    source = probe or write_probe(folder)
    options = RunOptions(author=author, limits=limits)
    return run_audit(source, target, output=folder / output, options=options).folder


def log_header(run_id: str = "r") -> dict[str, Any]:
    """Return the header of a log without questions, for tests of the log itself."""
    spec = RunSpec(
        model="m", revision=None, fingerprint=None, probe_set="p 1", probe_sha256="0" * 64,
        task=None, prompt_sha256=None, repeats=1, temperature=None, shot_orders=1, scoring="score",
        seed=0, limit=None, quick=False, versions={}, settings={},
    )  # fmt: skip
    probe = {
        "name": "p", "version": "1", "language": "en", "attribute": "disability", "authors": [],
        "reviewers": [], "sources": [], "n_templates": 0, "n_terms": 0,
    }  # fmt: skip
    lists = ("groups", "placebos", "fillers", "not_tested", "warnings")
    return {
        "run_id": run_id, "started": "2026-01-01T00:00:00Z", "created_with": "audit",
        "spec": to_json(spec), "spec_sha256": spec_hash(spec), "limits": to_json(Limits()),
        "limits_sha256": spec_hash(Limits()), "probe": probe, "score_range": [0, 1],
        "demonstration": False, "prompt": None, "n_requests": 4, **{name: [] for name in lists},
    }  # fmt: skip


def edit(path: Path, old: bytes, new: bytes) -> None:
    """Change bytes of a file, once."""
    data = path.read_bytes()
    assert data.count(old) >= 1
    path.write_bytes(data.replace(old, new, 1))


def statuses(checks: Sequence[object]) -> dict[str, str]:
    """Return the status of each check by group."""
    return {check.group: check.status for check in checks}
