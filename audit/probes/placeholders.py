"""Placeholders that nobody filled: such a text asks about a blank, so it is never scored."""

from __future__ import annotations

import re

# Tags of HTML are text that people write; anything else in angle brackets is a blank.
_TAGS = (
    "a|b|i|u|s|p|q|br|hr|em|tt|ul|ol|li|td|th|tr|h[1-6]|sub|sup|del|ins|img|div|pre|code|span|body|"
    "html|head|font|table|strong|center|blockquote|url|http"
)
_PLACEHOLDER = re.compile(
    rf"\{{\{{?\s*[A-Za-z][\w .:|-]{{0,60}}\s*\}}?\}}|<(?!(?:{_TAGS})\b)[A-Za-z][A-Za-z_ -]{{1,40}}>"
    r"|\[(?:BLANK|MASK|NAME|TERM|GROUP|IDENTITY|PERSON|NOUN|ADJECTIVE|SUBJECT|OBJECT)\]|_{3,}"
)
_SIGNS = ("{", "<", "[", "___")


def unfilled(text: str) -> str | None:
    """Return the first placeholder that stands in a text, or ``None``.

    Examples
    --------
    >>> unfilled("They were <emotion state> because of the neighbour.")
    '<emotion state>'
    >>> unfilled("I <b>really</b> mean it") is None
    True
    """
    if not any(sign in text for sign in _SIGNS):
        return None
    found = _PLACEHOLDER.search(text)
    return found.group() if found else None
