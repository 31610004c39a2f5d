"""Published formats as settings of one importer: which columns mean what, and what is derived."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from ruamel.yaml import YAML

ROLES = ("text", "reference_text", "group", "term", "context", "template", "label")
Shape = Literal["table", "pairs", "versions", "descriptors", "slots"]


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


Names = Annotated[list[str], BeforeValidator(_listed)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Derived(_Part):
    """One column made from others.

    ``find`` takes the first group of a pattern, ``replace`` rewrites, ``map`` translates values
    (``otherwise`` the rest), ``join`` puts columns side by side, ``pick`` chooses the column that
    a value names, and ``among`` says yes where a value is in a list that another column holds.
    """

    column: str
    source: str | None = Field(default=None, alias="from")
    find: str | None = None
    replace: list[tuple[str, str]] = []
    map: dict[str, str] = {}
    otherwise: str | None = None
    join: list[str] = []
    pick: dict[str, str] = {}
    among: str | None = None


class Terms(_Part):
    """Terms that no column names: learnt from sentences of a plain shape, found in the others."""

    source: str = Field(alias="from")
    learn: str
    words: str | None = None


class LeaveOut(_Part):
    """Rows that cannot be a case, and why."""

    column: str
    values: list[str]
    why: str


class Preset(_Part):
    """How one published format is read."""

    title: str
    summary: str
    url: str | None = None
    licence: str | None = None
    language: str = "en"
    attribute: str = "identity"
    shape: Shape = "table"
    files: str | None = None
    beside: str | None = None
    lines: str | None = None
    derive: list[Derived] = []
    terms: Terms | None = None
    leave_out: list[LeaveOut] = []
    columns: dict[str, Names] = {}
    reference: dict[str, Names] = {}
    note: str | None = None


@lru_cache(maxsize=1)
def presets() -> dict[str, Preset]:
    """Return every format by name."""
    text = files("audit.probes.importers").joinpath("presets.yaml").read_text(encoding="utf-8")
    data = YAML(typ="safe", pure=True).load(text)
    return {name: Preset.model_validate(entry) for name, entry in data.items()}
