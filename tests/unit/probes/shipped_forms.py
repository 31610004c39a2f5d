"""The golden list of a probe set: the form that every phrase takes, written out for people."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from audit.probes import list_probe_sets, load_probe_set
from audit.probes.grammar import Grammar, grammar_for
from audit.probes.slots import fill, parse
from audit.records import Form, ProbeSet, Template, Term

FOLDER = Path(__file__).parent / "golden"

_SHORT: dict[str, dict[Form, list[dict[str, str]]]] = {
    "en": {
        "pre": [{"text": "for {a} {pre} person"}],
        "post": [{"text": "person {post}"}, {"text": "people {post}", "number": "plural"}],
        "noun": [{"text": "for {a} {noun}"}, {"text": "for {noun}", "number": "plural"}],
    },
    "es": {
        "post": [
            {"text": "{a} hombre {post}", "gender": "masculine"},
            {"text": "{a} persona {post}", "gender": "feminine"},
            {"text": "{the} hombres {post}", "gender": "masculine", "number": "plural"},
            {"text": "{the} personas {post}", "gender": "feminine", "number": "plural"},
        ],
        "noun": [
            {"text": "{a} {noun}", "gender": "masculine"},
            {"text": "{a} {noun}", "gender": "feminine"},
            {"text": "{the} {noun}", "gender": "masculine", "number": "plural"},
            {"text": "{the} {noun}", "gender": "feminine", "number": "plural"},
        ],
    },
    "tr": {
        "pre": [{"text": "{pre} bir kadın"}],
        "noun": [
            {"text": "{noun}"},
            {"text": "{noun:accusative}"},
            {"text": "{noun:dative}"},
            {"text": "{noun:ablative}"},
            {"text": "{noun:genitive}"},
            {"text": "{noun:instrumental}"},
            {"text": "{noun}", "number": "plural"},
        ],
    },
    "ja": {"pre": [{"text": "{pre}人"}], "noun": [{"text": "{noun}"}]},
}


def lines(probe_set: ProbeSet) -> Iterator[str]:
    """Yield a line for every phrase, then one for every noun that a template declines."""
    grammar = grammar_for(probe_set.language)
    assert grammar is not None
    phrases = [
        *(("reference", term) for term in probe_set.reference if term.form is not None),
        *((group.id, term) for group in probe_set.groups for term in group.terms),
        *(("placebo", term) for term in probe_set.placebos),
    ]
    for kind, term in phrases:
        yield f"{kind} {term.id}: {' | '.join(_forms(term, probe_set, grammar))}"
    for template in probe_set.templates:
        case = parse(template, grammar).case("noun")
        if case and template.noun:
            yield f"template {template.id} {case}: {grammar.decline(template.noun, template, case)}"


def _forms(term: Term, probe_set: ProbeSet, grammar: Grammar) -> Iterator[str]:
    """Yield the short sentences that the set's templates ask of one phrase, without repeats."""
    assert term.form is not None
    slot = f"{{{term.form}"
    asked = {(t.number, term.gender or t.gender) for t in probe_set.templates if slot in t.text}
    seen: set[str] = set()
    for fields in _SHORT[probe_set.language][term.form]:
        template = Template(id="t", carrier="t", noun="x", **fields)  # type: ignore[arg-type]
        if (template.number, term.gender or template.gender) not in asked:
            continue
        text = fill(parse(template, grammar), term, grammar)
        assert text is not None, (term.id, fields)
        if text not in seen:
            yield text
            seen.add(text)


def main() -> None:
    """Write the golden lists anew: ``python tests/unit/probes/shipped_forms.py``."""
    FOLDER.mkdir(exist_ok=True)
    for name in list_probe_sets():
        path = FOLDER / f"{name}.txt"
        path.write_text("\n".join(lines(load_probe_set(name))) + "\n", encoding="utf-8")
        sys.stdout.write(f"{path.name}\n")


if __name__ == "__main__":
    main()
