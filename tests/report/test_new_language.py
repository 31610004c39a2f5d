"""A language that nobody has written code for: a catalogue put beside the others is enough."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import write_po

import audit
from tests.report.test_languages import ROOM

PACKAGE = Path(audit.__file__).parent
# Esperanto writes a decimal comma and its own months; Hebrew is written from right to left.
LANGUAGES = {
    "eo": ("ltr", "2026-Novembro-21", "+21,4"),
    "he": ("rtl", "21 בנובמבר 2026", "+21.4"),
}
RENDER = """
import json, sys
from audit.report import available_languages, build_report, render_html, render_text
from tests.report.fixtures import evidence, results_gap

tag = sys.argv[1]
report = build_report(results_gap(), evidence())
print(json.dumps({
    "known": available_languages(),
    "page": render_html(report, lang=tag),
    "text": render_text(report, lang=tag),
}))
"""


def catalogue(tag: str) -> bytes:
    """Return a made-up catalogue: every message, with the tag before it."""
    made = Catalog(locale=tag)
    keywords: dict[str, Any] = {"say": None, "say_n": (1, 2)}
    for _, _, message, *_ in extract_from_dir(
        ROOM, method_map=[("**.py", "python")], keywords=keywords
    ):
        if isinstance(message, str):
            made.add(message, f"[{tag}] {message}")
        else:
            made.add(message[:2], tuple(f"[{tag}] {message[1]}" for _ in range(made.num_plurals)))
    out = BytesIO()
    write_po(out, made)
    return out.getvalue()


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a copy of the package to which catalogues were added, and no code."""
    folder = tmp_path_factory.mktemp("languages")
    shutil.copytree(PACKAGE, folder / "audit", ignore=shutil.ignore_patterns("__pycache__"))
    for tag in LANGUAGES:
        target = folder / "audit" / "report" / "locale" / tag / "LC_MESSAGES" / "report.po"
        target.parent.mkdir(parents=True)
        target.write_bytes(catalogue(tag))
    return folder


@pytest.mark.parametrize("tag", LANGUAGES)
def test_a_catalogue_is_all_a_language_needs(package: Path, tag: str) -> None:
    tests = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", RENDER, tag], cwd=package, text=True, capture_output=True,
        check=False, env={**os.environ, "PYTHONPATH": f"{package}{os.pathsep}{tests}"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    shown = json.loads(done.stdout)
    direction, day, gap = LANGUAGES[tag]
    assert tag in shown["known"]
    assert f'<html lang="{tag}" dir="{direction}">' in shown["page"]
    for form in ("page", "text"):
        assert f"[{tag}] A gap beyond the agreed limit was found." in shown[form]
        assert gap in shown[form]
    assert day in shown["page"]
