"""The report of a run in another language, beside the one that is signed."""

from __future__ import annotations

from pathlib import Path

from audit.pipeline.folders import write_atomically
from audit.pipeline.run import RunResult
from audit.report import render_pages


def write_translation(result: RunResult, lang: str) -> Path:
    """Write the report of a run in another language as ``index.LANG.html``.

    The English ``index.html`` stays what it is: it is the one that is signed and verified.

    Parameters
    ----------
    result : RunResult
        A run with its conclusions.
    lang : str
        A language with a message catalogue, such as ``ja``.

    Returns
    -------
    Path
        The first page.

    Raises
    ------
    ConfigError
        If there is no catalogue for the language.
    """
    pages = render_pages(result.conclusions.report, lang=lang)
    for name, text in pages.items():
        write_atomically(result.folder / name, text)
    return result.folder / next(iter(pages))
