"""Finding out what a server with OpenAI's interface offers, before an audit counts on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from audit.classifiers.remote.failures import RefusedError
from audit.errors import ConfigError
from audit.records import ClassifierOptions, RemoteOptions

TOPS = (20, 5)
"""How many log probabilities services allow: 20 is common, 5 was the limit of OpenAI's own."""
_NOT_OFFERED = {400, 404, 405, 422}

Interface = Literal["completions", "chat"]
Probe = Callable[[Interface, int], bool]
"""``probe(interface, top_logprobs)``: whether log probabilities came back."""


@dataclass(frozen=True, slots=True)
class Way:
    """How a server is asked.

    Parameters
    ----------
    endpoint : {'completions', 'chat'}
        The interface.
    top : int
        Log probabilities asked for; 0 samples labels.
    notes : tuple of str
        Why it is not asked in a better way, for the report.
    """

    endpoint: Interface
    top: int = 0
    notes: tuple[str, ...] = ()


def choose_way(probe: Probe, options: ClassifierOptions, name: str) -> Way:
    """Try the interfaces, the one that says most first.

    Parameters
    ----------
    probe : callable
        Tries one, and raises `RefusedError` where the server does not have it.
    options : ClassifierOptions
        ``scoring``, ``sampling``, ``remote``.
    name : str
        Name of the target, for messages.

    Returns
    -------
    Way
        Completions with log probabilities if the server has them and they can be used, else
        sampled completions, else a chat.

    Raises
    ------
    ConfigError
        If exact scoring was asked for and cannot be had, or options contradict one another.
    ProviderError
        If the server fails, or refuses what was asked for by name.
    """
    remote = options.remote
    if remote.endpoint == "classification":
        raise ConfigError(
            "this interface has no classification", where="--endpoint", hint="leave it out"
        )
    if needs_chat(remote) and remote.endpoint == "completions":
        raise ConfigError(
            "completions have no system prompt and no turns",
            where="--endpoint completions",
            hint="leave --system and --chat-layout out, or write --endpoint chat",
        )
    if needs_chat(remote) or remote.endpoint == "chat":
        if options.scoring == "exact":
            raise _not_exact("a chat is sampled", name)
        probe("chat", 0)
        return Way("chat")
    why = "" if options.scoring == "sampled" else _unusable(options)
    if not why and options.scoring != "sampled":
        top, why = _logprobs(probe, options)
        if top:
            return Way("completions", top)
    if options.scoring == "exact":
        raise _not_exact(why, name)
    notes = (f"Labels were sampled, because {why}.",) if why else ()
    try:
        probe("completions", 0)
    except RefusedError as error:
        if remote.endpoint == "completions" or error.status not in _NOT_OFFERED:
            raise
        probe("chat", 0)
        return Way("chat", 0, notes)
    return Way("completions", 0, notes)


def cannot_be_exact(options: ClassifierOptions) -> bool:
    """Whether the options alone leave nothing but sampling."""
    talks = needs_chat(options.remote) or options.remote.endpoint == "chat"
    return talks or options.scoring == "sampled" or bool(_unusable(options))


def needs_chat(remote: RemoteOptions) -> bool:
    """Whether something was asked for that only a chat has."""
    return remote.system is not None or remote.chat_layout == "turns"


def _unusable(options: ClassifierOptions) -> str:
    """Say why log probabilities of the likeliest tokens would not do."""
    sampling = options.sampling
    if sampling.temperature > 1:
        return (
            f"at temperature {sampling.temperature:g}, above 1, nothing bounds what the tokens "
            "weigh that a service does not return"
        )
    if sampling.top_p < 1:
        return f"with top-p {sampling.top_p:g} the returned tokens do not say which ones are kept"
    return ""


def _logprobs(probe: Probe, options: ClassifierOptions) -> tuple[int, str]:
    """Return how many log probabilities the server gives, or 0 and why there are none."""
    asked = options.remote.top_logprobs
    for top in (asked,) if asked else TOPS:
        try:
            if probe("completions", top):
                return top, ""
        except RefusedError as error:
            if error.status not in _NOT_OFFERED:
                raise
            refused = error
            continue
        return 0, f"the service returned no log probabilities, though {top} were asked for"
    return 0, f"the service refuses log probabilities (HTTP {refused.status})"


def _not_exact(why: str, name: str) -> ConfigError:
    return ConfigError(
        f"exact scoring cannot be had here: {why}",
        where=name,
        hint="leave --scoring out, or write --scoring sampled",
    )
