"""The examples of a few-shot prompt: how many, in which order, and other sets of them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from ruamel.yaml.comments import CommentedMap

from audit.errors import ConfigError
from audit.pipeline.yaml_file import YamlFile
from audit.protocols import Classifier
from audit.records import Shot, ShotOrder, Task
from audit.runlog import spec_hash

GIVEN = "given"
"""Id of the examples as the probe set has them."""
MOST_PROMPTS = 100
FEW_PROMPTS = 5
"""With fewer prompts nothing is said about others like them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShotOptions:
    """Which examples are put into the prompt.

    Parameters
    ----------
    shots : int, optional
        Examples in a prompt; default: all there are.
    orders : int
        Prompts made of each set of examples: the first as it stands, the others drawn.
    sets : str, optional
        File with sets of examples to use instead of the probe set's.
    separator : str, optional
        What stands between the examples; default: the task's.
    """

    shots: int | None = None
    orders: int = 1
    sets: str | None = None
    separator: str | None = None

    @property
    def asked(self) -> bool:
        """Whether anything differs from the probe set's own prompt."""
        return self.orders > 1 or any(
            option is not None for option in (self.shots, self.sets, self.separator)
        )


def shot_orders(task: Task | None, options: ShotOptions, *, seed: int) -> tuple[ShotOrder, ...]:
    """Return every prompt's examples; the first is the one that verdicts are about.

    Parameters
    ----------
    task : Task or None
        Its examples are used unless ``options`` names a file.
    options : ShotOptions
        What was asked for.
    seed : int
        Of the draws: without replacement, and never the same prompt twice.

    Raises
    ------
    ConfigError
        If there is no prompt to put examples in, there are too few examples, or the file is wrong.

    Examples
    --------
    >>> task = Task(labels=("A", "B"), shots=(Shot(text="x", label="A"), Shot(text="y", label="B")))
    >>> [order.id for order in shot_orders(task, ShotOptions(orders=2), seed=0)]
    ['given', 'given-2']
    """
    if not options.asked:
        return (ShotOrder(id=GIVEN, shots=task.shots if task is not None else ()),)
    if task is None or task.kind != "labels":
        raise ConfigError(
            "the task asks for no labels, so no example can show one",
            where="--shots",
            hint="leave --shots, --shot-orders and --shot-sets out",
        )
    pools = {GIVEN: task.shots} if options.sets is None else read_shot_sets(options.sets, task)
    orders = tuple(
        ShotOrder(id=name if place == 0 else f"{name}-{place + 1}", shots=shots)
        for number, (name, pool) in enumerate(pools.items())
        for place, shots in enumerate(_drawn(pool, options, name, [seed, number]))
    )
    if len(orders) > MOST_PROMPTS:
        raise ConfigError(
            f"{len(orders)} prompts are more than {MOST_PROMPTS}", where="--shot-orders"
        )
    return orders


def most_orders(task: Task | None, options: ShotOptions) -> int:
    """Return in how many ways the examples can be put into a prompt, at least 1."""
    shots = task.shots if task is not None else ()
    pools = (
        [shots]
        if options.sets is None or task is None
        else read_shot_sets(options.sets, task).values()
    )
    sizes = [len(pool) if options.shots is None else options.shots for pool in pools]
    return max(1, min(math.perm(len(p), n) for p, n in zip(pools, sizes, strict=True)))


def read_shot_sets(file: str, task: Task) -> dict[str, tuple[Shot, ...]]:
    """Read sets of examples: ``sets: [{id: ..., shots: [{text: ..., label: ...}]}]``.

    Raises
    ------
    ConfigError
        Naming every problem with its line.
    """
    source = YamlFile(Path(file), "the file of shot sets")
    source.known_keys(source.data, ["schema", "sets"])
    source.schema()
    found: dict[str, tuple[Shot, ...]] = {}
    given = source.data.get("sets")
    if not isinstance(given, list) or not given:
        source.problem("sets is missing: a list of sets of examples", source.data, "sets")
        given = []
    for entry in given:
        if not isinstance(entry, CommentedMap):
            source.problem(f"a set is a mapping with id and shots, not {entry!r}")
            continue
        source.known_keys(entry, ["id", "shots"])
        name = source.text(entry, "id", "every set needs a name")
        if name in found:
            source.problem(f"the id {name!r} is there twice", entry, "id")
        found[name] = _read_shots(source, entry, task)
    source.check()
    return found


def _read_shots(source: YamlFile, entry: CommentedMap, task: Task) -> tuple[Shot, ...]:
    """Read the examples of one set."""
    shots = []
    given = entry.get("shots")
    if not isinstance(given, list):
        source.problem("shots is missing: a list of {text, label}", entry, "shots")
        given = []
    for shot in given:
        if not isinstance(shot, CommentedMap):
            source.problem(f"an example is a mapping with text and label, not {shot!r}", entry)
            continue
        source.known_keys(shot, ["text", "label"])
        text = source.text(shot, "text", "every example shows a text")
        label = source.text(shot, "label", "every example shows a label")
        if label and label not in task.labels:
            known = ", ".join(task.labels)
            source.problem(f"the task has no label {label!r}", shot, "label", f"it has: {known}")
        shots.append(Shot(text=text, label=label))
    return tuple(shots)


def _drawn(
    pool: Sequence[Shot], options: ShotOptions, name: str, seed: Sequence[int]
) -> list[tuple[Shot, ...]]:
    """Draw different prompts from one set of examples; the first takes it as it stands."""
    size = len(pool) if options.shots is None else options.shots
    if size > len(pool):
        raise ConfigError(
            f"the set {name!r} has {len(pool)} examples, and {size} are asked for",
            where=f"--shots {size}",
            hint="name a file with more examples: --shot-sets FILE",
        )
    possible = math.perm(len(pool), size)
    if options.orders > possible:
        raise ConfigError(
            f"{size} of {len(pool)} examples can be put in {possible} orders, not {options.orders}",
            where=f"--shot-orders {options.orders}",
            hint="ask for fewer, or name a file with more examples: --shot-sets FILE",
        )
    rng = np.random.default_rng(seed)
    chosen: dict[tuple[int, ...], None] = {tuple(range(size)): None}
    while len(chosen) < options.orders:
        chosen[tuple(rng.permutation(len(pool))[:size].tolist())] = None
    return [tuple(pool[place] for place in places) for places in chosen]


def prompts_of(
    classifier: Classifier, orders: Sequence[ShotOrder], options: ShotOptions
) -> dict[str, Classifier]:
    """Return the loaded classifier with every prompt but the first, by the prompt's id.

    Raises
    ------
    ConfigError
        If the target shows no examples, so that others would change nothing.
    """
    with_shots = getattr(classifier, "with_shots", None)
    if options.asked and with_shots is None:
        raise ConfigError(
            f"{classifier.info.model} is shown no examples, so others would change nothing",
            where="--shots",
            hint="leave --shots, --shot-orders and --shot-sets out",
        )
    if not options.asked or with_shots is None:
        return {}
    prompts = {order.id: with_shots(order.shots) for order in orders}
    del prompts[orders[0].id]  # the classifier was loaded with these
    return prompts


def with_shots_of(task: Task | None, order: ShotOrder, separator: str | None = None) -> Task | None:
    """Return the task as a prompt shows it."""
    if task is None:
        return None
    return replace(task, shots=order.shots, separator=separator or task.separator)


def shots_object(
    orders: Sequence[ShotOrder], first: Classifier, others: Mapping[str, Classifier]
) -> list[dict[str, Any]]:
    """Describe every prompt for a log's header."""
    prompts = [first.info.prompt_sha256, *(o.info.prompt_sha256 for o in others.values())]
    return [
        {
            "id": order.id,
            "shots": [{"text": shot.text, "label": shot.label} for shot in order.shots],
            "prompt_sha256": prompt,
        }
        for order, prompt in zip(orders, prompts, strict=True)
    ]


def shot_design(orders: Sequence[ShotOrder], options: ShotOptions) -> dict[str, Any] | None:
    """Return what of the examples determines a run; ``None`` for the probe set's own prompt."""
    if not options.asked:
        return None
    return {
        "shots": options.shots,
        "orders": options.orders,
        "sets": Path(options.sets).name if options.sets else None,
        "separator": options.separator,
        "sha256": spec_hash(list(orders)),
    }
