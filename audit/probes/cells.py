"""Cells that a spreadsheet would run as a formula, and how they are written so that it does not.

A cell that begins with a sign of a formula gets one apostrophe before it. The rule can be undone
for every text, so that what is sent to a classifier is what stood in the source.
"""

from __future__ import annotations

import re

_FORMULA = re.compile(r"'* *[=+\-@|\t\r\n＝＋－＠]")


def escape_formula(cell: str) -> str:
    """Return a cell that no spreadsheet runs.

    Examples
    --------
    >>> escape_formula("=1+1"), escape_formula("'=1+1"), escape_formula("plain")
    ("'=1+1", "''=1+1", 'plain')
    """
    return f"'{cell}" if _FORMULA.match(cell) else cell


def unescape_formula(cell: str) -> str:
    """Undo `escape_formula`.

    Examples
    --------
    >>> unescape_formula("'=1+1"), unescape_formula("'quoted'")
    ('=1+1', "'quoted'")
    """
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell
