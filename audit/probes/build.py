"""From the checked parts of a file to the records that every room shares."""

from __future__ import annotations

from typing import Any, Literal

from audit.probes.schema import CasesPart, FillerPart, TaskPart, TemplatePart, TermPart
from audit.probes.structure import Parts
from audit.records import (
    CaseSource,
    Group,
    Limits,
    ProbeSet,
    Sampling,
    Shot,
    Task,
    Template,
    Term,
)

_META = ("authors", "reviewers", "review_date", "licence", "consultation", "justification")


def build_probe_set(parts: Parts, *, sha256: str, directory: str) -> ProbeSet:
    """Return the record of a file whose checks all passed."""
    head = parts.head
    if head is None:
        raise ValueError("the head of a probe file is needed to build its record")
    return ProbeSet(
        name=head.name,
        version=head.version,
        language=head.language,
        attribute=head.attribute,
        sha256=sha256,
        task=None if parts.task is None else task_of(parts.task),
        sampling=Sampling(**parts.sampling.model_dump()),
        limits=Limits(**parts.limits.model_dump()),
        reference=tuple(term_of(placed.part) for placed in parts.reference),
        placebos=tuple(term_of(placed.part) for placed in parts.placebos),
        groups=tuple(
            Group(
                id=group.part.id,
                label=group.part.label or group.part.id,
                terms=tuple(term_of(placed.part) for placed in parts.terms[group.at]),
                parts=tuple(group.part.parts),
            )
            for group in parts.groups
        ),
        templates=tuple(template_of(placed.part) for placed in parts.templates),
        cases=None if parts.cases is None else cases_of(parts.cases),
        meta=_meta(parts),
        directory=directory,
    )


def _meta(parts: Parts) -> dict[str, Any]:
    """Return what only people read, leaving out what the file does not say."""
    head = parts.head.model_dump() if parts.head is not None else {}
    meta = {name: head[name] for name in _META if head.get(name) is not None}
    if head.get("contains_personal_data"):
        meta["contains_personal_data"] = True
    meta["sources"] = [placed.part.model_dump(exclude_none=True) for placed in parts.sources]
    return meta


def task_of(part: TaskPart) -> Task:
    """Return a task; of two labels, the other one is unfavourable by default."""
    shared = {
        "description": part.description,
        "input": part.input,
        "output": part.output,
        "separator": part.separator,
        "review_below": part.review_below,
        "review_above": part.review_above,
    }
    if part.kind == "score":
        low, high = part.range or (0.0, 1.0)
        end: Literal["high", "low"] = "low" if part.favourable == "low" else "high"
        return Task(
            kind="score",
            range=(low, high),
            favourable_end=end,
            unfavourable=tuple(part.unfavourable),  # gold labels that mean the bad end
            **shared,  # type: ignore[arg-type]
        )
    unfavourable = part.unfavourable
    if not unfavourable and len(part.labels) == 2:
        unfavourable = [label for label in part.labels if label != part.favourable]
    return Task(
        kind="labels",
        labels=tuple(part.labels),
        favourable=part.favourable,
        unfavourable=tuple(unfavourable),
        shots=tuple(Shot(text=shot.text, label=shot.label) for shot in part.shots),
        label_rule=part.label_rule,
        **shared,  # type: ignore[arg-type]
    )


def term_of(part: TermPart | FillerPart) -> Term:
    """Return a term, placebo or filler."""
    return Term(
        id=part.id,
        text=part.text,
        form=part.form,
        plural=part.plural,
        wording=part.wording,
        preference=part.preference,
        source=tuple(part.source),
        mentions=tuple(part.mentions),
        forms=tuple(part.forms.items()),
        gender=part.gender,
        use=part.use,
        stratum=part.stratum,
        justification=part.justification,
    )


def template_of(part: TemplatePart) -> Template:
    """Return a template; its carrier is itself unless the file names one."""
    return Template(
        id=part.id,
        text=part.text,
        carrier=part.carrier or part.id,
        valence=part.valence,
        use=part.use,
        noun=part.noun,
        number=part.number,
        gold=part.gold,
        gender=part.gender,
        words=tuple(part.words.items()),
        reference=tuple(part.reference),
    )


def cases_of(part: CasesPart) -> CaseSource:
    """Return the tabular source."""
    return CaseSource(
        file=part.file,
        text=part.text,
        group=part.group,
        term=part.term,
        context=tuple(part.context),
        template=part.template,
        reference={name: tuple(values) for name, values in part.reference.items()},
        label=part.label,
        encoding=part.encoding,
        escaped=part.escaped,
    )
