"""Whether a target can answer the task it is given."""

from __future__ import annotations

from audit.errors import ConfigError
from audit.records import ClassifierOptions, Sampling, Task


def labels_task(task: Task | None, target: str) -> Task:
    """Return ``task`` if it asks for labels, which is what ``target`` gives.

    Raises
    ------
    ConfigError
        If there is no task, or it asks for a score.
    """
    if task is None:
        raise ConfigError(
            f"{target} gives labels, and the probe set declares no task that names them",
            where="task",
            hint="add task: {kind: labels, labels: [...], favourable: ...} to the probe set",
        )
    if task.kind == "score":
        raise ConfigError(
            f"{target} gives labels, and the task asks for a score",
            where="task.kind",
            hint="write kind: labels with the labels, or audit a target that gives a score",
        )
    return task


def refuse_score(task: Task, target: str) -> None:
    """Say that a target with nothing but a score cannot answer a task about labels.

    Raises
    ------
    ConfigError
        If the task asks for labels.
    """
    if task.kind == "labels":
        raise ConfigError(
            f"{target} gives a score, and the task asks for labels",
            where="task.kind",
            hint="write task: {kind: score, range: [LOW, HIGH], favourable: high} instead",
        )


def refuse_sampling(options: ClassifierOptions, target: str) -> None:
    """Say that a target without chance in it cannot be sampled.

    Raises
    ------
    ConfigError
        If ``--scoring sampled`` was asked for.
    """
    if options.scoring == "sampled":
        raise ConfigError(
            f"{target} always gives the same answer, so there is nothing to sample",
            where="--scoring sampled",
            hint="leave --scoring out",
        )


def declared_range(
    task: Task | None, options: ClassifierOptions, target: str
) -> tuple[float, float]:
    """Return the range a score may lie in, from ``--score-range`` or the task.

    Raises
    ------
    ConfigError
        If nobody declared one, or it is no range.
    """
    found = options.score_range or (task.range if task is not None else None)
    if found is None:
        raise ConfigError(
            f"nobody says which range the scores of {target} lie in",
            where="--score-range",
            hint="give --score-range LOW HIGH, or task: {kind: score, range: [LOW, HIGH]}",
        )
    if not found[0] < found[1]:
        raise ConfigError(
            f"{found[0]:g} to {found[1]:g} is no range",
            where="--score-range",
            hint="the first number is the lower one",
        )
    return found


def check_sampling(sampling: Sampling) -> None:
    """Refuse sampling that no model could do.

    Raises
    ------
    ConfigError
        If a number is out of its range.
    """
    problems = {
        "repeats": sampling.repeats < 1,
        "temperature": not 0 <= sampling.temperature < float("inf"),
        "top_k": sampling.top_k < 0,
        "top_p": not 0 < sampling.top_p <= 1,
        "max_new_tokens": sampling.max_new_tokens < 1,
    }
    for name, wrong in problems.items():
        if wrong:
            raise ConfigError(
                f"{name} is {getattr(sampling, name)}",
                where=f"sampling.{name}",
                hint="repeats and max_new_tokens are at least 1, temperature and top_k at least "
                "0, and top_p is above 0 and at most 1",
            )
