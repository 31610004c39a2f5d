"""Sections 0 to 3: identity, finding, decision, what was tested."""

from __future__ import annotations

from collections.abc import Sequence

from audit.records import Direction
from audit.report.inert import inert
from audit.report.message import Amount, Listing, Number, Share, Value, code, fill
from audit.report.message import Sentence as Words
from audit.report.model import SLOT, DecisionSection, FindingSection, Identity, TestedSection
from audit.report.parts import Fact, Head, Named, Row, Tally
from audit.report.results import GapData
from audit.report.sections.drivers import explanation, ignorance, reference_words
from audit.report.sections.material import LABEL_LIMIT, Material, any_descriptor, called
from audit.report.sections.rows import VERDICT_ORDER, group_row, sorted_rows
from audit.report.sections.signoff import signed_decision
from audit.report.wording import finding as words
from audit.report.wording import opening as names
from audit.report.wording.people import NOT_STATED
from audit.report.wording.verdicts import NO_VERDICT, VERDICT, smallest_gap

_PROMPT_LIMIT = 6000
_MOST_SENTENCES = 3


def identity(material: Material, language: Value) -> Identity:
    """Return section 0. ``language`` is the probe set's language by name."""
    results = material.results
    spec, probe = results.spec, results.probe
    model = inert(spec.model, limit=LABEL_LIMIT)
    probe_set = inert(f"{probe.name} {probe.version}".strip(), limit=LABEL_LIMIT)
    system: Value = model
    if spec.revision:
        system = fill(names.SYSTEM_REVISION, model=model, revision=code(_hash(spec.revision)))
    elif spec.fingerprint:
        fingerprint = code(_hash(spec.fingerprint))
        system = fill(names.SYSTEM_FINGERPRINT, model=model, fingerprint=fingerprint)
    made = inert(results.created_with, limit=LABEL_LIMIT) if results.created_with else None
    return Identity(
        kicker=words.kicker(inert(results.started, limit=40)),
        title=fill(names.TITLE, model=model, probe_set=probe_set),
        heading=words.heading(model, inert(probe.attribute, limit=LABEL_LIMIT)),
        facts=(
            Fact(name=names.SYSTEM, value=system),
            Fact(
                name=names.PROBE_SET,
                value=fill(
                    names.NAME_AND_HASH, name=probe_set, hash=code(_hash(spec.probe_sha256))
                ),
            ),
            Fact(
                name=names.RUN,
                value=fill(
                    names.RUN_FACT,
                    run=code(inert(results.run_id, limit=80)),
                    status=names.STATUS[results.status],
                    seed=str(spec.seed),
                ),
            ),
            Fact(name=names.MADE_WITH, value=made or NOT_STATED),
        ),
        is_not=words.is_not(language),
    )


def finding(material: Material) -> FindingSection:
    """Return section 1: verdict and at most three sentences of prose, then names and counts."""
    results = material.results
    notice = words.DEMONSTRATION if material.evidence.demonstration else None
    lead = VERDICT[results.verdict] if results.verdict else NO_VERDICT
    room = _MOST_SENTENCES - 1 - (1 if notice else 0)
    sentences = _with_driver(material, _sentences(material), room) if results.verdict else []
    total = len(results.groups)
    return FindingSection(
        head=Head(anchor="finding", name=words.FINDING, heading=words.FINDING),
        notice=notice,
        lead=lead,
        sentences=tuple(sentences),
        named=_named(material),
        tally=tuple(
            Tally(
                verdict=verdict,
                n=sum(group.verdict == verdict for group in results.groups),
                total=total,
            )
            for verdict in VERDICT_ORDER
        ),
    )


def _with_driver(material: Material, sentences: list[Words], room: int) -> list[Words]:
    """Keep room for the one term or word that explains a whole gap, or for unknown words."""
    if material.results.verdict in {"gap", "concern"}:
        found = explanation(material) or reference_words(material)
    else:
        found = ignorance(material)
    if found is None:
        return sentences[:room]
    return [*sentences[: room - 1], found]


def _sentences(material: Material) -> list[Words]:
    """Return what follows the verdict, most important first."""
    groups = material.results.groups
    if not groups:
        return [words.NO_GROUPS]
    verdict = material.results.verdict
    if verdict in {"gap", "concern"}:
        return _gap_sentences(material, [group for group in groups if group.verdict == verdict])
    detectable = [
        group.smallest_detectable_gap
        for group in groups
        if group.smallest_detectable_gap is not None
    ]
    last = smallest_gap(material.amount(max(detectable, default=None), signed=False))
    if verdict == "no_gap":
        return [words.all_within(len(groups), material.limit()), last]
    count = sum(group.verdict == "not_enough_evidence" for group in groups)
    return [words.undecided(count, len(groups)), last]


def _gap_sentences(material: Material, groups: Sequence[GapData]) -> list[Words]:
    """Return the gaps by direction, then what placebo words did."""
    total = len(material.results.groups)
    found = []
    directions: tuple[Direction, Direction] = ("worse", "better")
    for direction in directions:
        sizes = [
            abs(group.estimate)
            for group in groups
            if group.direction == direction and group.estimate is not None
        ]
        if sizes:
            size = _sizes(material, sizes)
            found.append(words.treated(direction, len(sizes), total, size, material.outcome))
    example, largest = largest_placebo(material)
    if example is not None and any(any_descriptor(group) for group in groups):
        found.insert(1, words.any_descriptor(example))
    elif example is not None:
        found.append(words.placebos_at_most(example, material.amount(largest, signed=False)))
    return found


def _sizes(material: Material, sizes: Sequence[float]) -> Value:
    """Return one size, or the smallest and the largest."""
    low, high = min(sizes), max(sizes)
    if len(sizes) == 1 or round(low, 3) == round(high, 3):
        return material.amount(high, signed=False)
    return fill(
        names.FROM_TO_SIZE,
        low=material.amount(low, signed=False, bare=True),
        high=material.amount(high, signed=False),
    )


def largest_placebo(material: Material) -> tuple[str | None, float | None]:
    """Return the placebo that moved the answer most, and by how much."""
    known = [row for row in material.results.placebos if row.estimate is not None]
    if not known:
        return None, None
    row = max(known, key=lambda item: abs(item.estimate or 0.0))
    return inert(row.text or row.label, limit=30), abs(row.estimate or 0.0)


def _named(material: Material) -> tuple[Named, ...]:
    """Return the groups a gap was found for, by direction."""
    found = []
    directions: tuple[Direction, Direction] = ("worse", "better")
    for direction in directions:
        rows: tuple[Row, ...] = tuple(
            group_row(material, group, ())
            for verdict in ("gap", "concern")
            for group in sorted_rows(material.results.groups)
            if group.verdict == verdict and group.direction == direction and called(group)
        )
        if rows:
            found.append(
                Named(
                    direction=direction,
                    words=material.outcome.direction(direction, tone=True),
                    rows=rows,
                )
            )
    return tuple(found)


def decision(material: Material) -> DecisionSection:
    """Return section 2."""
    signed = signed_decision(material.evidence.signoff)
    results = material.results
    groups = results.groups
    level = Share(results.limits.confidence_level, 0)
    unsettled = {
        verdict: sum(group.verdict == verdict for group in groups)
        for verdict in ("concern", "not_enough_evidence")
    }
    _, largest = largest_placebo(material)
    return DecisionSection(
        head=Head(
            anchor="verdict",
            name=words.DECISION,
            heading=words.DECISION_HEADING,
            stand=(words.SIGNED_STAND if signed else words.DECISION_STAND,),
        ),
        lead=VERDICT[results.verdict] if results.verdict else NO_VERDICT,
        facts=(
            Fact(name=names.VERDICT_FACT, value=_verdict_code(material)),
            Fact(name=names.LIMIT, value=_limit(material)),
            Fact(
                name=names.INTERVAL,
                value=fill(names.INTERVAL_FACT, level=level, total=len(groups)),
            ),
            Fact(
                name=names.PLACEBOS,
                value=fill(names.AT_MOST, gap=material.amount(largest, signed=False))
                if largest is not None
                else names.NO_PLACEBOS,
            ),
            Fact(
                name=names.UNSETTLED,
                value=fill(
                    names.UNSETTLED_FACT,
                    concern=unsettled["concern"],
                    little=unsettled["not_enough_evidence"],
                )
                if any(unsettled.values())
                else names.ALL_SETTLED,
            ),
        ),
        signed=signed,
    )


def _limit(material: Material) -> Value:
    """Return the limit and when it was fixed."""
    before = material.results.limits.before
    if not material.results.limits.changed_after_run or before is None:
        return names.limit_fact(material.limit(), None)
    fixed = Amount(before.tolerance, material.unit, signed=False, brief=True)
    return names.limit_fact(material.limit(), fixed)


def _verdict_code(material: Material) -> Value:
    results = material.results
    verdict: Value = code(results.verdict) if results.verdict else names.NONE
    if results.exit_code is None:
        return verdict
    return fill(names.VERDICT_AND_EXIT, verdict=verdict, code=str(results.exit_code))


def tested(material: Material) -> TestedSection:
    """Return section 3."""
    spec = material.results.spec
    prompt = material.evidence.prompt
    return TestedSection(
        head=Head(
            anchor="tested",
            name=words.TESTED,
            heading=words.TESTED,
            stand=words.tested_stand(spec.repeats, material.outcome, spec.scoring),
        ),
        facts=_tested_facts(material),
        prompt=_around_slot(prompt) if prompt else None,
        no_prompt=None if prompt else words.WITHOUT_PROMPT,
    )


def _around_slot(prompt: str) -> tuple[str, str]:
    """Split a prompt at its slot, keeping the end where it is too long to print."""
    before, slot, after = prompt.rpartition(SLOT)
    if not slot:
        return inert(prompt, limit=_PROMPT_LIMIT, lines=True), ""
    tail = inert(after, limit=_PROMPT_LIMIT // 4, lines=True)
    return inert(before, limit=_PROMPT_LIMIT, lines=True), tail


def _tested_facts(material: Material) -> tuple[Fact, ...]:
    results = material.results
    spec, probe = results.spec, results.probe
    templates = probe.n_templates or max((g.n_templates for g in results.groups), default=0)
    terms = probe.n_terms if probe.n_terms is not None else len(results.terms)
    facts = [
        Fact(
            name=names.PAIRS,
            value=names.pairs_fact(results.overall.n_pairs, len(results.groups), terms, templates),
        ),
        Fact(
            name=names.REPEATS,
            value=names.repeats_fact(spec.repeats, spec.temperature, spec.scoring),
        ),
        Fact(name=names.COMPARED_WITH, value=_reference(material)),
        Fact(
            name=names.PLACEBOS,
            value=names.placebos_fact(len(results.placebos))
            if results.placebos
            else names.NO_PLACEBOS,
        ),
        Fact(name=names.UNREAD, value=_unread(material)),
        Fact(name=names.ANSWERS, value=_answers(material)),
        Fact(name=names.AUTHORS, value=_people(probe.authors)),
        Fact(name=names.LIMIT, value=_limit(material)),
    ]
    if not results.overall.counts_by_label:
        facts = [fact for fact in facts if fact.name is not names.ANSWERS]
    return tuple(facts)


def _reference(material: Material) -> Value:
    """Return the reference fillers by name, where the run tells them apart."""
    fillers = list(dict.fromkeys(row.filler for row in material.results.reference_sensitivity))
    if not fillers:
        return names.REFERENCE_PLAIN
    shown = tuple(code(inert(filler, limit=40)) for filler in fillers[:8])
    return names.reference_fact(Listing(shown))


def _unread(material: Material) -> Value:
    rate = material.results.overall.unparsed_rate
    if rate is None:
        return fill(names.NOT_AVAILABLE_BECAUSE, why=names.NO_LABELS)
    return fill(names.UNREAD_FACT, share=Share(rate, 2))


def _answers(material: Material) -> Value:
    counts = material.results.overall.counts_by_label
    shown = tuple(
        fill(
            names.LABEL_COUNT,
            label=inert(label, limit=40),
            n=int(n) if float(n).is_integer() else Number(n, 1),
        )
        for label, n in counts.items()
    )
    return Listing(shown)


def _people(people: Sequence[object]) -> Value:
    if not people:
        return NOT_STATED
    return Listing(tuple(inert(person, limit=LABEL_LIMIT) for person in people[:20]))


def _hash(text: str) -> str:
    """Return a hash shortened in its middle; anything else as it is."""
    clean = inert(text, limit=80)
    return f"{clean[:6]}…{clean[-4:]}" if len(clean) >= 32 else clean
