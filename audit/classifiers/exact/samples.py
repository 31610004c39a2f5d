"""Made-up texts of a task's own words, for the checks before a run."""

from __future__ import annotations

import random

from audit.records import Task

_LENGTHS = (5, 7, 9, 11, 14, 18)
_LONG = 48
_COUNT = 36


def sample_texts(task: Task) -> list[str]:
    """Return texts of different lengths, the first of them long, the same for the same task."""
    written = " ".join([task.description, *(shot.text for shot in task.shots), *task.labels])
    words = sorted(set(written.split())) or ["text"]
    chosen = random.Random(0)  # noqa: S311
    lengths = [_LONG, *(_LENGTHS[number % len(_LENGTHS)] for number in range(_COUNT))]
    return [" ".join(chosen.choices(words, k=length)) for length in lengths]
