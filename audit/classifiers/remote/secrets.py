"""Keys: taken from the environment, sent in headers, and kept out of everything that is written."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from audit.errors import ConfigError

_SHORTEST = 6
MASK = "[secret]"
_LOOKS_LIKE_KEY = re.compile(
    r"(?:\b(?:sk|pk|hf|gh[pousr]|xox[abp]|AKIA|AIza)[-_A-Za-z0-9]{12,}|\bBearer\s+\S{8,})"
)


@dataclass(frozen=True)
class Secrets:
    """Values that must never be shown.

    Parameters
    ----------
    values : tuple of str
        The keys in use.
    """

    values: tuple[str, ...] = field(default=(), repr=False)

    def scrub(self, text: str) -> str:
        """Return ``text`` with every key in it masked, also one the service echoed or quoted."""
        for value in self.values:
            if len(value) >= _SHORTEST:
                text = text.replace(value, MASK)
        return _LOOKS_LIKE_KEY.sub(MASK, text)


def from_environment(name: str, *, where: str) -> str:
    """Return a key from the environment.

    Raises
    ------
    ConfigError
        If the variable is unset or empty, or no header can hold its value.
    """
    value = os.environ.get(name, "").strip()
    if not value:
        raise ConfigError(
            f"the environment variable {name} is not set, and it holds the key",
            where=where,
            hint=f"export {name}=... in your shell; keys are never read from files",
        )
    if not value.isascii() or not value.isprintable():
        raise ConfigError(f"the value of {name} cannot stand in a header", where=where)
    return value


def looks_like_key(text: str) -> bool:
    """Whether a text in a file looks like a credential."""
    return bool(_LOOKS_LIKE_KEY.search(text))


def secrets_of(values: Iterable[str]) -> Secrets:
    """Collect keys, with the bare token of a ``Bearer TOKEN`` too."""
    found = [part for value in values for part in (value, value.split()[-1] if value else "")]
    return Secrets(tuple(sorted({value for value in found if value}, key=len, reverse=True)))
