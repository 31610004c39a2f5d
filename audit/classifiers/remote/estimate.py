"""What asking a service would take, before anything is sent: requests, tokens, time and money."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from audit.classifiers.kinds import labels_task
from audit.classifiers.remote.openai_ways import cannot_be_exact, needs_chat
from audit.classifiers.remote.tokens import BYTES_PER_TOKEN, tokens_of
from audit.classifiers.remote.wording import Wording
from audit.errors import ConfigError
from audit.records import ClassifierOptions, RemoteOptions, Task

REMOTE_SCHEMES = frozenset({"openai", "moderation", "hf-inference", "http"})
_SHOWN_EXAMPLES = frozenset({"openai", "hf-inference"})
MODERATED_AT_ONCE = 16
_TRIED = 4  # requests that find out what a server offers, at most
_HEADER = 4  # tokens by which a chat marks who speaks


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """What an audit would take of a service; retries come on top.

    Parameters
    ----------
    requests : tuple of (int, int)
        Fewest and most.
    tokens_read, tokens_written : tuple of (int, int)
        Fewest and most, by the rule of `tokens_of`.
    seconds : tuple of (float, float)
        At the rate limits, and with so many seconds for an answer.
    cost : tuple of (float, float) or None
        In the unit of the prices; ``None`` without prices.
    limit : str or None
        Which limit of the options it could reach.
    basis : tuple of str
        What was assumed, for people.
    """

    requests: tuple[int, int]
    tokens_read: tuple[int, int]
    tokens_written: tuple[int, int]
    seconds: tuple[float, float]
    cost: tuple[float, float] | None
    limit: str | None
    basis: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Load:
    """One way to ask about all texts."""

    requests: int
    read: int
    written: int

    def __add__(self, other: _Load) -> _Load:
        return _Load(
            self.requests + other.requests, self.read + other.read, self.written + other.written
        )

    def __sub__(self, other: _Load) -> _Load:
        return _Load(
            self.requests - other.requests, self.read - other.read, self.written - other.written
        )


def estimate(
    spec: str,
    task: Task | None,
    texts: Sequence[str],
    options: ClassifierOptions,
    *,
    others: Sequence[Task | None] = (),
    seconds_per_answer: float = 1.0,
) -> Estimate | None:
    """Count what asking about ``texts`` would take.

    Parameters
    ----------
    spec : str
        ``SCHEME:LOCATOR``.
    task : Task or None
        What is asked.
    texts : sequence of str
        The sentences.
    options : ClassifierOptions
        Sampling, scoring and everything about the service.
    others : sequence of Task or None
        The same task with other examples: every text is asked in each of their prompts too.
    seconds_per_answer : float
        How long one answer is expected to take.

    Returns
    -------
    Estimate or None
        ``None`` for a target that asks no service.

    Raises
    ------
    ConfigError
        If the task does not fit the target, it shows no examples that others could differ in, or
        the file of an ``http:`` target is wrong.
    """
    scheme, _, locator = spec.strip().partition(":")
    if scheme not in REMOTE_SCHEMES:
        return None
    least, most, basis = _loads(scheme, locator, task, texts, options)
    if others and scheme not in _SHOWN_EXAMPLES:
        raise ConfigError(
            f"{scheme}: is shown no examples, so other prompts would change nothing",
            where="--shot-orders",
            hint="leave --shots, --shot-orders and --shot-sets out",
        )
    for other in others:  # what finds out what the server offers is asked once
        again, tried = (_loads(scheme, locator, other, asked, options) for asked in (texts, ()))
        least, most = least + again[0] - tried[0], most + again[1] - tried[1]
    if others:
        basis = (*basis, f"{1 + len(others)} prompts for each sentence")
    remote = options.remote

    def seconds(load: _Load) -> float:
        needed = [load.requests * seconds_per_answer / remote.concurrency]
        if remote.requests_per_minute:
            needed.append(60 * load.requests / remote.requests_per_minute)
        if remote.tokens_per_minute:
            needed.append(60 * (load.read + load.written) / remote.tokens_per_minute)
        return max(needed)

    cost = None
    if remote.prices is not None:
        into, out = remote.prices
        cost = (
            (least.read * into + least.written * out) / 1e6,
            (most.read * into + most.written * out) / 1e6,
        )
    return Estimate(
        requests=(least.requests, most.requests),
        tokens_read=(least.read, most.read),
        tokens_written=(least.written, most.written),
        seconds=(seconds(least), seconds(most)),
        cost=cost,
        limit=_limit(most.requests, cost, remote),
        basis=(
            f"one token for {BYTES_PER_TOKEN:g} bytes of text",
            f"{seconds_per_answer:g} s for an answer, {remote.concurrency} at once",
            *basis,
            "without retries",
        ),
    )


def _loads(
    scheme: str, locator: str, task: Task | None, texts: Sequence[str], options: ClassifierOptions
) -> tuple[_Load, _Load, tuple[str, ...]]:
    """Return the least and the most that can come, and why they differ."""
    if scheme == "http":
        load = _http(locator, texts, options)
        return load, load, ()
    if scheme == "moderation":
        read = sum(map(tokens_of, texts))
        load = _Load(math.ceil(len(texts) / MODERATED_AT_ONCE), read, 0)
        return load, load, ()
    wording = Wording(labels_task(task, f"{scheme}:{locator}"), options)
    if scheme == "hf-inference":
        return _inference(wording, texts, options)
    return _openai(wording, texts, options)


def _openai(
    wording: Wording, texts: Sequence[str], options: ClassifierOptions
) -> tuple[_Load, _Load, tuple[str, ...]]:
    """Count log probabilities, where they can be had, and draws."""
    if cannot_be_exact(options):
        least = _drawn(wording, texts, options, chat=_talks(options), tried=1)
        most = _drawn(wording, texts, options, chat=_talks(options), tried=2)
        return least, most, (f"{options.sampling.repeats} draws for each sentence",)
    prompts = _tokens(wording, texts, chat=False)
    exact = _Load(len(texts) + 1, prompts, len(texts) + 1)
    followed = 1 + len(wording.answers)
    whole = _Load(followed * len(texts) + _TRIED, followed * prompts, followed * len(texts))
    if options.scoring != "exact":
        drawn = _drawn(wording, texts, options, chat=False, tried=_TRIED)
        whole = _Load(
            max(whole.requests, drawn.requests),
            max(whole.read, drawn.read),
            max(whole.written, drawn.written),
        )
    return exact, whole, (
        "the least if one log probability a sentence settles its label, the most if every label "
        "has to be followed or is drawn",
    )  # fmt: skip


def _inference(
    wording: Wording, texts: Sequence[str], options: ClassifierOptions
) -> tuple[_Load, _Load, tuple[str, ...]]:
    """Count draws, or one request for each sentence where the model is a classifier."""
    single = _Load(len(texts) + 1, sum(map(tokens_of, texts)), 0)
    drawn = _drawn(wording, texts, options, chat=_talks(options), tried=0)
    if options.remote.endpoint == "classification":
        return single, single, ()
    if options.remote.endpoint == "auto" and options.remote.base_url is None:
        return single, drawn, ("the least if the model is a text classifier",)
    return drawn, drawn, (f"{options.sampling.repeats} draws for each sentence",)


def _http(locator: str, texts: Sequence[str], options: ClassifierOptions) -> _Load:
    """Count what the file says: texts at once, and whether answers vary."""
    from audit.classifiers.remote.service_file import read_service_file

    file = read_service_file(Path(locator))
    times = options.sampling.repeats if file.random and file.response.label else 1
    requests = math.ceil(len(texts) / file.batch) * times
    return _Load(requests, times * sum(map(tokens_of, texts)), 0)


def _drawn(
    wording: Wording, texts: Sequence[str], options: ClassifierOptions, *, chat: bool, tried: int
) -> _Load:
    """Count one request for every repeat, each with the longest answer, and those that try."""
    repeats = options.sampling.repeats
    requests = repeats * len(texts) + tried
    read = repeats * _tokens(wording, texts, chat=chat)
    return _Load(requests, read, requests * options.sampling.max_new_tokens)


def _tokens(wording: Wording, texts: Sequence[str], *, chat: bool) -> int:
    """Return the tokens of every prompt together."""
    if not chat:
        return sum(tokens_of(wording.few_shot.render(text)) for text in texts)
    return sum(
        tokens_of(said["content"]) + _HEADER for text in texts for said in wording.messages(text)
    )


def _talks(options: ClassifierOptions) -> bool:
    return options.remote.endpoint == "chat" or needs_chat(options.remote)


def _limit(requests: int, cost: tuple[float, float] | None, remote: RemoteOptions) -> str | None:
    """Say which limit a run could reach, or ``None``."""
    if remote.max_requests is not None and requests > remote.max_requests:
        return f"--max-requests {remote.max_requests} may end it early; --resume goes on"
    if remote.max_cost is not None and cost is not None and cost[1] > remote.max_cost:
        return f"--max-cost {remote.max_cost:g} may end it early; --resume goes on"
    return None
