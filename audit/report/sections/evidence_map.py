"""Section 14: the dated evidence map, read from a data file that ships with the package."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from functools import lru_cache
from importlib.resources import files

from pydantic import BaseModel, ConfigDict
from ruamel.yaml import YAML

from audit.report.model import EvidenceMapSection
from audit.report.parts import Head, RuleReference
from audit.report.wording import people as words

OUT_OF_DATE_AFTER = timedelta(days=180)


class MapEntry(BaseModel):
    """One rule as the data file has it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    rule: str
    where: str
    may_help_show: str
    sections: tuple[str, ...]
    source: str
    url: str
    as_of: date
    remark: str | None = None


@lru_cache(maxsize=1)
def map_entries() -> tuple[MapEntry, ...]:
    """Return the entries of the shipped evidence map."""
    text = files("audit.report").joinpath("evidence_map.yaml").read_text(encoding="utf-8")
    data = YAML(typ="safe").load(text)
    return tuple(MapEntry.model_validate(entry) for entry in data["entries"])


def evidence_map(
    entries: Sequence[MapEntry], *, day: str, heads: Mapping[str, Head]
) -> EvidenceMapSection:
    """Return section 14.

    Parameters
    ----------
    entries : sequence of MapEntry
        The map, dated entry by entry.
    day : str
        The run's date (ISO): an entry older than 180 days on that day is out of date. Taking the
        run's date keeps the report of a run the same whenever it is rendered.
    heads : mapping of str to Head
        Sections by anchor; an entry links to them by name.
    """
    today = _date(day)
    found = tuple(
        RuleReference(
            rule=entry.rule,
            where=entry.where,
            may_help_show=entry.may_help_show,
            anchors=tuple((anchor, heads[anchor].name) for anchor in entry.sections),
            source=entry.source,
            url=entry.url,
            as_of=entry.as_of.isoformat(),
            out_of_date=today is not None and today - entry.as_of > OUT_OF_DATE_AFTER,
            remark=entry.remark,
        )
        for entry in entries
    )
    newest = max((entry.as_of for entry in found), default="")
    return EvidenceMapSection(
        head=Head(
            anchor="map",
            name=words.MAP,
            heading=words.map_heading(newest) if newest else words.MAP,
            stand=words.MAP_STAND if found else (words.MAP_NONE,),
        ),
        entries=found,
    )


def _date(text: str) -> date | None:
    """Return the day a run started; ``None`` where the file does not say."""
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None
