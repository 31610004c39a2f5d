"""``audit sweep``: the curves over number of examples, temperature and separator."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click

from audit.cli.options import MODEL_OPTIONS, SAMPLING_BUT_HEAT, option, stack
from audit.cli.progress import Progress
from audit.errors import ConfigError

Item = TypeVar("Item", int, float)


@click.command()
@click.argument("source", metavar="PROBES")
@stack(MODEL_OPTIONS)
@stack(SAMPLING_BUT_HEAT)
@option("--shots", metavar="K,K,...", help="Numbers of examples, e.g. 0,1,2,3 (default: all).")
@option("--temperature", metavar="T,T,...", help="Temperatures, e.g. 0.1,1 (default: the set's).")
@option(
    "--separator",
    "separators",
    multiple=True,
    metavar="TEXT",
    help="Separator between examples (repeatable; default: the task's).",
)
@option(
    "--shot-orders",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    metavar="N",
    help="Prompts at every point, or all there are where they are fewer.",
)
@option(
    "--shot-sets",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False),
    help="YAML file with sets of examples to take them from.",
)
@option("--limit", type=click.IntRange(min=1), metavar="N", help="Use at most N templates.")
@option("--quick", is_flag=True, help="A small balanced subset at every point.")
@option(
    "--output",
    "-o",
    metavar="DIR",
    default="reports",
    show_default=True,
    type=click.Path(file_okay=False),
    help="Folder that gets the folder of the sweep.",
)
@option("--quiet", "-q", is_flag=True, help="No progress on standard error.")
def sweep(source: str, **given: Any) -> None:
    """Audit with PROBES at every number of examples, temperature and separator.

    Writes sweep.json, sweep.csv, a page with the curves, and every run.
    """
    from audit.cli.run import classifier_options
    from audit.pipeline import RunOptions
    from audit.pipeline.shots import ShotOptions
    from audit.pipeline.sweep import Grid
    from audit.pipeline.sweep import sweep as draw

    grid = Grid(
        shots=_numbers(given["shots"], int, "--shots") or (None,),
        temperatures=_numbers(given["temperature"], float, "--temperature") or (None,),
        separators=tuple(dict.fromkeys(given["separators"])) or (None,),
    )
    names = ("repeats", "top_k", "top_p", "max_new_tokens", "seed")
    options = RunOptions(
        classifier=classifier_options(given),
        sampling={name: given[name] for name in names},
        limit=given["limit"],
        quick=given["quick"],
        shots=ShotOptions(orders=given["shot_orders"], sets=given["shot_sets"]),
    )
    with Progress(f"Sweeping {source}", quiet=given["quiet"]) as progress:
        folder = draw(
            source, given["model"], grid=grid, output=given["output"], options=options,
            watch=lambda number, of: lambda done, total: progress(
                (number - 1) * total + done, of * total
            ),
        )  # fmt: skip
    click.echo(f"Curves: {folder / 'index.html'}")


def _numbers(text: str | None, kind: Callable[[str], Item], flag: str) -> Sequence[Item]:
    """Read numbers with commas between them, in order and each once.

    Raises
    ------
    ConfigError
        If one is no number, or below 0.
    """
    if text is None:
        return ()
    found: dict[Item, None] = {}
    for part in text.split(","):
        try:
            number = kind(part)
        except ValueError:
            number = kind("-1")
        if not 0 <= number < float("inf"):
            raise ConfigError(
                f"{part.strip()!r} is no number of at least 0", where=flag, hint="write 0,1,2"
            )
        found[number] = None
    return tuple(sorted(found))
