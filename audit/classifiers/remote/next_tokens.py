"""What a completion service says about the next token, and what it leaves open."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from audit.errors import ProviderError

_SLACK = 1e-3
_ESCAPED = "bytes:"


@dataclass(frozen=True, slots=True)
class NextTokens:
    """The likeliest next tokens.

    Parameters
    ----------
    tokens : tuple of (bytes or None)
        What each writes; ``None`` where the service does not say it in full.
    logprobs : tuple of float
        Natural logarithms of their probabilities at temperature 1, none increasing.
    asked : int
        How many were asked for. Fewer than that can come back.
    """

    tokens: tuple[bytes | None, ...]
    logprobs: tuple[float, ...]
    asked: int

    @property
    def missing(self) -> float:
        """Probability, at temperature 1, of all tokens that were not returned, in [0, 1]."""
        return max(0.0, 1.0 - math.fsum(map(math.exp, self.logprobs)))


@dataclass(frozen=True, slots=True)
class Tempered:
    """Certain lower bounds at the run's temperature.

    Parameters
    ----------
    masses : tuple of float
        At least this much is on each returned token, in [0, 1].
    open : float
        At most this much is on tokens that were not returned, in [0, 1]. With ``masses`` it sums
        to 1.
    """

    masses: tuple[float, ...]
    open: float


def temper(found: NextTokens, temperature: float) -> Tempered:
    r"""Bring probabilities to a temperature of at most 1.

    With :math:`a = 1/T \ge 1`, a missing mass :math:`m` of which no token has more than
    :math:`c` weighs at most :math:`m c^{a-1}` after raising to the power :math:`a`, as
    :math:`\sum q_i^a \le c^{a-1} \sum q_i`. No missing token is likelier than the least likely
    returned one, unless fewer came back than were asked for: then :math:`c = m`.

    Parameters
    ----------
    found : NextTokens
        What the service returned.
    temperature : float
        From 0 to 1. At 0 all mass is on the first token, if no missing one can be likelier.

    Returns
    -------
    Tempered
        Lower bounds and what stays open.

    Raises
    ------
    ValueError
        If the temperature is above 1: the bound would need the size of the vocabulary.

    Examples
    --------
    >>> half = NextTokens((b"a", b"b"), (math.log(0.5), math.log(0.25)), 2)
    >>> temper(half, 1.0)
    Tempered(masses=(0.5, 0.25), open=0.25)
    >>> round(temper(half, 0.5).open, 3)
    0.167
    """
    if temperature > 1:
        raise ValueError("above temperature 1 nothing bounds what the missing tokens weigh")
    missing, highest = found.missing, math.exp(found.logprobs[0])
    if temperature == 0:
        sure = len(found.tokens) >= found.asked or highest > missing * (1 + _SLACK)
        return Tempered((float(sure), *[0.0] * (len(found.tokens) - 1)), float(not sure))
    power = 1 / temperature
    weights = [math.exp(power * (value - found.logprobs[0])) for value in found.logprobs]
    whole = len(found.tokens) >= found.asked
    cap = min(missing, math.exp(found.logprobs[-1])) if whole else missing
    rest = 0.0
    if missing > 0:
        rest = (missing / highest) * (cap / highest) ** (power - 1)
    total = math.fsum(weights) + rest
    return Tempered(tuple(weight / total for weight in weights), rest / total)


def read_next_tokens(choice: Mapping[str, Any], asked: int, where: str) -> NextTokens | None:
    """Read the first position of a completion's ``logprobs``.

    Parameters
    ----------
    choice : mapping
        One of ``choices``. Both forms in use are read: a mapping from token to logarithm, and a
        list of objects with ``token``, ``bytes`` and ``logprob``.
    asked : int
        How many tokens were asked for; more than that are left out.
    where : str
        Name of the target, for messages.

    Returns
    -------
    NextTokens or None
        ``None`` where the service returned no such thing.

    Raises
    ------
    ProviderError
        If what it returned is no distribution.
    """
    given = choice.get("logprobs")
    pairs = _pairs(given) if isinstance(given, Mapping) else []
    if not pairs:
        return None
    for _, value in pairs:
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not number or math.isnan(value) or value > _SLACK:
            raise _no_distribution(f"a log probability is {value!r}", where)
    kept = sorted(pairs, key=lambda pair: -pair[1])[:asked]
    found = NextTokens(
        tuple(token for token, _ in kept), tuple(min(0.0, value) for _, value in kept), asked
    )
    total = math.fsum(map(math.exp, found.logprobs))
    if total > 1 + _SLACK or math.exp(found.logprobs[0]) == 0:
        raise _no_distribution(f"the probabilities sum to {total:.4g}", where)
    return found


def _pairs(given: Mapping[str, Any]) -> list[tuple[bytes | None, Any]]:
    """Return what stands at the first position, in either form."""
    legacy, content = given.get("top_logprobs"), given.get("content")
    if isinstance(legacy, list) and legacy and isinstance(legacy[0], Mapping):
        return [(_written(token), value) for token, value in legacy[0].items()]
    if isinstance(content, list) and content and isinstance(content[0], Mapping):
        tops = content[0].get("top_logprobs")
        if isinstance(tops, list) and all(isinstance(top, Mapping) for top in tops):
            return [(_bytes_of(top), top.get("logprob")) for top in tops]
    return []


def _bytes_of(top: Mapping[str, Any]) -> bytes | None:
    """Return what a token writes, from its bytes or else its text."""
    given = top.get("bytes")
    if isinstance(given, list) and all(isinstance(b, int) and 0 <= b < 256 for b in given):
        return bytes(given) or None
    return _written(top.get("token"))


def _written(token: Any) -> bytes | None:
    """Return what a token's text writes; a part of a character can be escaped or lost."""
    if not isinstance(token, str) or not token or "\ufffd" in token:
        return None
    if token.startswith(_ESCAPED + "\\x"):
        try:
            return bytes.fromhex(token.removeprefix(_ESCAPED).replace("\\x", ""))
        except ValueError:
            return None
    return token.encode("utf-8", errors="replace")


def _no_distribution(what: str, where: str) -> ProviderError:
    return ProviderError(
        f"the service's log probabilities are none: {what}",
        retryable=False,
        where=where,
        hint="use --scoring sampled, which does not look at them",
    )


def first_choice(body: Any) -> Mapping[str, Any] | None:
    """Return the first of an answer's ``choices``, or ``None`` where there is none."""
    choices = body.get("choices") if isinstance(body, Mapping) else None
    if isinstance(choices, Sequence) and choices and isinstance(choices[0], Mapping):
        return choices[0]
    return None
