"""Sections 10 to 13: since last time, not tested, who was consulted, method and re-run."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from audit.report.inert import inert
from audit.report.message import Day, Listing, Moment, Sentence, Tone, Value, code, fill
from audit.report.model import ConsultedSection, MethodSection, NotTestedSection, SinceSection
from audit.report.parts import Change, Fact, Head, Item
from audit.report.results import ChangeData, DifferenceData, GapData
from audit.report.sections.command import command
from audit.report.sections.figures import literature
from audit.report.sections.material import LABEL_LIMIT, Material
from audit.report.wording import people as words
from audit.report.wording.verdicts import SMALL_BUT_REAL, VERDICT, reason_words, smallest_gap

_TEXT_LIMIT = 600
_TOGETHER = 3  # so many things left out for one reason are one entry
_NAMED = 40
_DETAILS = ("settings.", "versions.")  # in results.json
_VALUE_LIMIT = 120


def since(material: Material) -> SinceSection:
    """Return section 10: the differences from an earlier run, where one was given."""
    given = material.results.comparison
    head = Head(
        anchor="since",
        name=words.SINCE,
        heading=words.SINCE,
        stand=(words.since_stand(inert(given.baseline_run_id, limit=80)),)
        if given
        else (words.SINCE_NONE,),
    )
    if given is None:
        return SinceSection(head=head, changes=())
    moved = sorted(
        (item for item in given.terms if item.change in {"worse", "better"}),
        key=lambda item: -abs(item.difference or 0.0),
    )
    terms = tuple(
        Item(
            name=inert(item.label, limit=LABEL_LIMIT),
            text=(words.answers_changed(item.answers_changed),),
        )
        for item in (given.changed_terms or ())[:_NAMED]
    )
    differs = [item for item in given.differs if not item.what.startswith(_DETAILS)]
    notes = tuple(
        inert(note, limit=_TEXT_LIMIT) for note in (*map(_difference, differs), *given.notes)
    )
    return SinceSection(
        head=head,
        changes=tuple(_change(material, item) for item in given.groups),
        term_changes=tuple(_change(material, item, term=True) for item in moved[:_NAMED]),
        more_term_changes=words.and_more(len(moved) - _NAMED) if len(moved) > _NAMED else None,
        terms=terms,
        notes=notes,
    )


def _change(material: Material, item: ChangeData, *, term: bool = False) -> Change:
    """Return the row of a group, or of a term with the name of its group."""
    tone: Tone = ""
    if item.change in {"worse", "better"}:
        tone = "worse" if item.change == "worse" else "better"
    group = material.group_label(item.group)
    return Change(
        label=inert(item.label, limit=LABEL_LIMIT) if item.label else group,
        group=group if term else None,
        words=words.CHANGES[item.change],
        difference=item.difference,
        low=item.interval.low if item.interval else None,
        high=item.interval.high if item.interval else None,
        tone=tone,
        why=inert(item.why, limit=_TEXT_LIMIT) if item.why else None,
        before=item.baseline_estimate,
        after=item.estimate,
    )


def _difference(item: DifferenceData) -> str:
    """Say what the two runs do not share, as in the log."""
    before, now = (
        value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        for value in (item.baseline, item.current)
    )
    return f"{item.what}: {before[:_VALUE_LIMIT]} -> {now[:_VALUE_LIMIT]}"


def not_tested(material: Material) -> NotTestedSection:
    """Return section 11: what was left out, what stays open, and every null result."""
    results = material.results
    rows = (*results.groups, *results.placebos)
    return NotTestedSection(
        head=Head(
            anchor="gaps",
            name=words.NOT_TESTED,
            heading=words.NOT_TESTED_HEADING,
            stand=(words.NOT_TESTED_STAND,),
        ),
        undecided=tuple(
            _null(material, row) for row in rows if row.verdict == "not_enough_evidence"
        ),
        not_tested=_left_out(material),
        nulls=tuple(_null(material, row) for row in rows if row.verdict == "no_gap"),
    )


def _null(material: Material, gap: GapData) -> Item:
    """Return a null result with what the run could have detected."""
    placebo = gap.text is not None
    label = inert(gap.text or gap.label, limit=LABEL_LIMIT)
    said: list[Value] = [VERDICT[gap.verdict]]
    why = reason_words(gap.reason, gap.n_templates, gap.templates_needed)
    if why is not None:
        said.append(why)
    if gap.small_but_real:
        said.append(SMALL_BUT_REAL)
    said.append(smallest_gap(material.amount(gap.smallest_detectable_gap, signed=False)))
    name: Value = fill(words.PLACEBO_ITEM, term=label) if placebo else label
    return Item(name=name, text=tuple(said))


def _left_out(material: Material) -> tuple[Item, ...]:
    """Return what was not tested; many things with one reason stand together."""
    by_reason: dict[str, list[str]] = {}
    for entry in material.results.not_tested:
        why = inert(entry.why, limit=_TEXT_LIMIT)
        by_reason.setdefault(why, []).append(inert(entry.what, limit=LABEL_LIMIT))
    items = []
    for why, names in by_reason.items():
        if len(names) <= _TOGETHER:
            items += [Item(name=name, text=(why,)) for name in names]
            continue
        shown: list[Value] = list(names[:_NAMED])
        if len(names) > _NAMED:
            shown.append(words.and_more(len(names) - _NAMED))
        items.append(
            Item(
                name=words.many_not_tested(len(names)),
                text=(fill(words.WHY_AND_WHAT, what=Listing(tuple(shown)), why=why),),
            )
        )
    return tuple(items)


def consulted(material: Material) -> ConsultedSection:
    """Return section 12, in the probe set's own words."""
    probe = material.results.probe
    told: Value = words.CONSULTED_UNKNOWN
    if probe.consultation:
        told = inert(_plain(probe.consultation), limit=_TEXT_LIMIT)
    facts = {
        "consultation": told,
        "authors": _people(probe.authors) or words.NOT_STATED,
        "reviewers": _people(probe.reviewers) or words.NO_REVIEWERS,
        "review_date": Day(probe.review_date) if probe.review_date else None,
        "licence": inert(probe.licence, limit=LABEL_LIMIT) if probe.licence else None,
        **_justification(probe.justification),
    }
    return ConsultedSection(
        head=Head(
            anchor="who",
            name=words.CONSULTED,
            heading=words.CONSULTED_HEADING,
            stand=(words.CONSULTED_STAND,),
        ),
        facts=tuple(
            Fact(name=words.CONSULTED_NAMES[key], value=value or words.NOT_STATED)
            for key, value in facts.items()
        ),
        sources=tuple(inert(_plain(source), limit=_TEXT_LIMIT) for source in probe.sources),
    )


def _justification(given: str | None) -> dict[str, Value]:
    """Return why a set tests what people advise against, where it says so."""
    return {"justification": inert(_plain(given), limit=_TEXT_LIMIT)} if given else {}


def _people(people: Sequence[Any]) -> Value | None:
    shown = tuple(inert(_plain(person), limit=LABEL_LIMIT) for person in people[:_NAMED])
    return Listing(shown) if shown else None


def _plain(value: Any) -> str:
    """Return what a probe file says about itself as one line, whatever its shape."""
    if isinstance(value, Mapping):
        return ", ".join(_plain(item) for key, item in value.items() if key != "id" and item)
    if isinstance(value, list | tuple):
        return "; ".join(_plain(item) for item in value)
    return str(value)


def method(material: Material) -> MethodSection:
    """Return section 13."""
    return MethodSection(
        head=Head(
            anchor="method",
            name=words.METHOD,
            heading=words.METHOD_HEADING,
            stand=(words.METHOD_STAND,),
        ),
        command=command(material),
        facts=_method_facts(material),
        literature=literature(material),
        notes=tuple(inert(note, limit=_TEXT_LIMIT) for note in material.evidence.notes),
        warnings=tuple(
            Item(
                name=code(inert(warning.code, limit=60)),
                text=(
                    inert(warning.message, limit=_TEXT_LIMIT),
                    *((code(inert(warning.where, limit=LABEL_LIMIT)),) if warning.where else ()),
                ),
            )
            for warning in material.results.warnings
        ),
    )


def _method_facts(material: Material) -> tuple[Fact, ...]:
    results = material.results
    spec = results.spec
    methods = dict.fromkeys(g.interval.method for g in results.groups if g.interval)
    estimands = dict.fromkeys(group.estimand for group in results.groups)
    values: dict[str, Value | None] = {
        "estimand": Listing(tuple(_named(words.ESTIMANDS, name) for name in estimands)),
        "interval": Listing(tuple(code(inert(name, limit=LABEL_LIMIT)) for name in methods)),
        "correction": _named(words.CORRECTIONS, _correction(results.limits.correction, estimands)),
        "verdict": words.VERDICT_RULE,
        "scoring": _named(words.SCORINGS, spec.scoring),
        "probe_sha256": code(inert(spec.probe_sha256, limit=80)) if spec.probe_sha256 else None,
        "prompt_sha256": code(inert(spec.prompt_sha256, limit=80)) if spec.prompt_sha256 else None,
        "fingerprint": code(inert(spec.fingerprint, limit=80)) if spec.fingerprint else None,
        "settings": _pairs(spec.settings),
        "versions": _pairs(spec.versions),
        "times": fill(
            words.FROM_TO,
            start=Moment(results.started),
            end=Moment(results.finished) if results.finished else words.NOT_STATED,
        ),
        "file": words.RESULTS_FILE,
    }
    return tuple(
        Fact(name=words.METHOD_NAMES[key], value=value)
        for key, value in values.items()
        if value is not None and value != Listing(())
    )


def _correction(chosen: str, estimands: Collection[str]) -> str:
    """Return the adjustment that was made: sign flips of templates hold for ``listed`` only."""
    return "holm" if chosen == "max_t" and "listed" not in estimands else chosen


def _named(table: Mapping[str, Sentence], name: str) -> Value:
    return table.get(name) or inert(name, limit=LABEL_LIMIT)


def _pairs(settings: Mapping[str, Any]) -> Value | None:
    """Return settings as ``name value`` pairs, in the order of the file."""
    if not settings:
        return None
    shown = (f"{inert(key, limit=60)} {inert(value, limit=80)}" for key, value in settings.items())
    return ", ".join(shown)
