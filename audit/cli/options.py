"""Options shared by commands: how a classifier is named, loaded and sampled."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib.util import find_spec
from typing import Any

import click

from audit.errors import ConfigError, MissingExtraError

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


def option(*names: str, **settings: Any) -> Decorator:
    """Declare a click option that ``AUDIT_<NAME>`` can set too."""
    long = next(name for name in names if name.startswith("--"))
    variable = "AUDIT_" + long.split("/")[0].removeprefix("--").replace("-", "_").upper()
    return click.option(*names, envvar=variable, show_envvar=True, **settings)


def stack(decorators: Sequence[Decorator]) -> Decorator:
    """Apply several option decorators in the order they are listed in ``--help``."""

    def apply(command: Callable[..., Any]) -> Callable[..., Any]:
        for decorator in reversed(decorators):
            command = decorator(command)
        return command

    return apply


REMOTE_OPTIONS: list[Decorator] = [
    option("--base-url", metavar="URL", help="Where the service is."),
    option(
        "--concurrency", type=click.IntRange(min=1, max=256), default=4, show_default=True,
        help="Most requests to a service at once.",
    ),
    option(
        "--requests-per-minute", type=click.FloatRange(min=0, min_open=True),
        help="Most requests a minute.",
    ),
    option(
        "--tokens-per-minute", type=click.FloatRange(min=0, min_open=True),
        help="Most tokens a minute.",
    ),
    option(
        "--max-requests", type=click.IntRange(min=1),
        help="Stop, resumably, before more requests than this.",
    ),
    option(
        "--max-cost", type=click.FloatRange(min=0, min_open=True),
        help="Stop, resumably, once this much money is spent; needs --prices.",
    ),
    option(
        "--prices", type=click.FloatRange(min=0), nargs=2, metavar="IN OUT",
        help="Price of a million tokens read and of a million written.",
    ),
    option(
        "--timeout", type=click.FloatRange(min=0, min_open=True), default=60.0, show_default=True,
        help="Seconds to wait for one answer of a service.",
    ),
    option("--cache", metavar="FILE", help="Keep answers of a service here, and ask none twice."),
    option(
        "--allow-insecure", is_flag=True,
        help="Allow unencrypted http:// to another machine.",
    ),
    option(
        "--endpoint", type=click.Choice(["auto", "completions", "chat", "classification"]),
        default="auto", show_default=True, help="Interface by which a service is asked.",
    ),
    option(
        "--top-logprobs", type=click.IntRange(min=1),
        help="Log probabilities to ask a service for (default: 20, else 5).",
    ),
    option("--system", metavar="TEXT", help="System prompt of a chat."),
    option(
        "--system-role", metavar="ROLE", default="system", show_default=True,
        help="Role that speaks the system prompt.",
    ),
    option(
        "--chat-layout", type=click.Choice(["prompt", "turns"]), default="prompt",
        show_default=True, help="Few-shot examples in one message, or as turns of the chat.",
    ),
    option(
        "--provider", metavar="NAME", default="auto", show_default=True,
        help="Provider that Hugging Face Inference asks.",
    ),
    option("--category", metavar="NAME", help="Category of a moderation score (default: highest)."),
]  # fmt: skip

SHOT_OPTIONS: list[Decorator] = [
    option("--shots", type=click.IntRange(min=0), metavar="K",
           help="Show the model K examples of the task (default: all)."),
    option("--shot-orders", type=click.IntRange(min=1), default=1, show_default=True, metavar="N",
           help="Ask every sentence in N prompts with other orders or draws of the examples; "
                "verdicts are about the first."),
    option("--shot-sets", metavar="FILE", type=click.Path(exists=True, dir_okay=False),
           help="YAML file with sets of examples: one prompt, or N, for each."),
    option("--separator", metavar="TEXT", help="What stands between the examples of the prompt."),
]  # fmt: skip

MODEL_OPTIONS: list[Decorator] = [
    option(
        "--model",
        "-m",
        metavar="SPEC",
        default="reference",
        show_default=True,
        help="What to audit: SCHEME:LOCATOR; `audit models` lists the schemes.",
    ),
    option("--revision", help="Revision of a model from a hub."),
    option("--adapter", metavar="PATH", help="PEFT adapter (LoRA) to put on the model."),
    option(
        "--device",
        type=click.Choice(["auto", "cpu", "cuda", "mps"]),
        default="auto",
        show_default=True,
        help="Where the model runs.",
    ),
    option(
        "--device-map",
        type=click.Choice(["auto", "balanced", "sequential"]),
        help="Spread a model over the devices there are, with accelerate.",
    ),
    option(
        "--quantize",
        type=click.Choice(["8bit"]),
        help="Load the weights in 8 bits, with bitsandbytes.",
    ),
    option(
        "--dtype",
        type=click.Choice(["float32", "bfloat16", "float16", "fp32", "bf16", "fp16"]),
        help="Number format of the weights (default: float32).",
    ),
    option("--batch-size", type=click.IntRange(min=1), help="Texts per forward pass."),
    option("--threads", type=click.IntRange(min=1), help="Processor threads the model may use."),
    option(
        "--allow-pickle",
        is_flag=True,
        help="Load weights from pickle files, which can run code. Only for files you trust.",
    ),
    option(
        "--trust-remote-code",
        is_flag=True,
        help="Run code that a model repository brings. It is recorded in the report.",
    ),
    option(
        "--label-map",
        multiple=True,
        metavar="THEIRS=OURS",
        help="Rename a label of the target, e.g. LABEL_0=Negative (repeatable).",
    ),
    option(
        "--column",
        multiple=True,
        metavar="ROLE=NAME",
        help="Column of a recorded file; roles: id, text, label, score, repeat, prob.LABEL. "
        "A role given several times names several systems: one run for each.",
    ),
    option(
        "--score-range",
        type=float,
        nargs=2,
        metavar="LOW HIGH",
        help="Range of a score that does not declare one.",
    ),
    option(
        "--scoring",
        type=click.Choice(["auto", "exact", "sampled"]),
        default="auto",
        show_default=True,
        help="Exact label probabilities, or labels sampled by generation.",
    ),
    *REMOTE_OPTIONS,
]

SAMPLING_BUT_HEAT: list[Decorator] = [
    option("--repeats", type=click.IntRange(min=1), help="Samples per sentence."),
    option(
        "--top-k", type=click.IntRange(min=0), help="Sample from the k likeliest tokens (0: all)."
    ),
    option(
        "--top-p",
        type=click.FloatRange(min=0.0, max=1.0, min_open=True),
        help="Sample from the likeliest tokens of this total mass (1: all).",
    ),
    option("--max-new-tokens", type=click.IntRange(min=1), help="Longest answer, in tokens."),
    option("--seed", type=click.IntRange(min=0), help="Seed of every random draw."),
]
SAMPLING_OPTIONS: list[Decorator] = [
    option("--temperature", type=click.FloatRange(min=0.0), help="Sampling temperature."),
    *SAMPLING_BUT_HEAT,
]


def pairs_of(values: Sequence[str], option_name: str) -> dict[str, str]:
    """Split repeated ``KEY=VALUE`` options.

    Raises
    ------
    ConfigError
        If a value has no ``=`` or a key comes twice.
    """
    out: dict[str, str] = {}
    for value in values:
        key, sign, item = value.partition("=")
        if not sign or not key or not item:
            raise ConfigError(f"{value!r} is not KEY=VALUE", where=option_name)
        if key in out:
            raise ConfigError(f"{key!r} is given twice", where=option_name)
        out[key] = item
    return out


def shares_of(values: Sequence[str], option_name: str) -> dict[str, float]:
    """Split repeated ``KEY=NUMBER`` options.

    Raises
    ------
    ConfigError
        If a value has no ``=``, a key comes twice, or what follows is no number.
    """
    shares: dict[str, float] = {}
    for key, item in pairs_of(values, option_name).items():
        try:
            shares[key] = float(item)
        except ValueError:
            raise ConfigError(f"{item!r} is no number", where=option_name) from None
    return shares


TRAFFIC_OPTION = click.option(
    "--traffic", multiple=True, metavar="GROUP=SHARE",
    help="Share of all texts that mention GROUP (0 to 1, repeatable), for the total review load.",
)  # fmt: skip


def require(extra: str, *packages: str) -> None:
    """Say which extra a command needs before it fails on an import.

    Raises
    ------
    MissingExtraError
        If one of the packages is not installed.
    """
    for package in packages:
        if find_spec(package) is None:
            raise MissingExtraError("this command", package, extra)
