"""Words of a sweep's page."""

from __future__ import annotations

from audit.report.message import Sentence, say

TITLE = say("How answers change with the prompt")
AXES = {
    "shots": say("Examples in the prompt"),
    "temperature": say("Temperature"),
    "separator": say("Separator"),
}
AXIS = say("Horizontal axis: {axis}.")
UNREAD = say("Answers that are no label, %")
FIT = say("Reference sentences answered as they should be, %")
FIT_NOTE = say(
    "A reference sentence is answered as it should be if the answer is its gold label or, without "
    "one, the favourable label for a positive sentence and an unfavourable one for a negative."
)
WHISKERS = say("A vertical line is the range of the gap over the prompts of one run.")
FIRST_PROMPT = say("Curves are about the first prompt of each run.")
LABELS = {
    "curves": say("Curves"),
    "numbers": say("The numbers behind the curves"),
    "gaps": say("Gaps at each point"),
    "lines": say("Lines"),
    "prompts": say("Prompts"),
    "range": say("Range over prompts"),
}


def gap_of(group: str, *, points: bool) -> Sentence:
    """Return the title of one group's chart."""
    if points:
        return say("Gap of {group}, points", group=group)
    return say("Gap of {group}, in units of the score", group=group)


def line_name(**values: str) -> Sentence:
    """Return what sets a line apart: a temperature, a separator, or both."""
    if len(values) > 1:
        return say("Temperature {temperature}, separator {separator}", **values)
    if "temperature" in values:
        return say("Temperature {temperature}", **values)
    return say("Separator {separator}", **values)
