"""Every sentence of every shipped set, checked by rules that know nothing of the renderer."""

from __future__ import annotations

import re
from functools import cache

import pytest

from audit.probes import expand, list_probe_sets, load_probe_set
from audit.probes.grammar import grammar_for
from audit.records import ProbeSet, Template, Term, Variant
from tests.unit.probes import shipped_forms

NAMES = sorted(list_probe_sets())
# Words before which the first letter does not tell whether a or an stands.
SOUND_AN = {"hour", "LGBT", "LGBTQ", "LGBTQ+", "18-year-old", "85-year-old", "80-year-old"}
SOUND_A = {"European", "Ukrainian", "used", "US", "UK", "university", "uniform", "one", "Uruguayan"}
_ARTICLE = re.compile(r"(?<![\w'’-])([Aa]n?) [\"“]?([\w'’+-]+)")
_SINGULAR_VERB = re.compile(r"(?:[a-z]s|people|women|men) who (?:is|has|was|does|\w+[^s\W]s)\b")
_PLURAL_VERB = re.compile(r"\b(?:person|woman|man) who (?:are|have|were|do|use|live|wear)\b")
_DETERMINERS = {
    ("masculine", "singular"): {"un", "el", "del", "al"},
    ("feminine", "singular"): {"una", "la"},
    ("masculine", "plural"): {"unos", "los", "dos", "tres"},
    ("feminine", "plural"): {"unas", "las", "dos", "tres"},
}
_ENDINGS = {
    ("masculine", "singular"): "o",
    ("feminine", "singular"): "a",
    ("masculine", "plural"): "os",
    ("feminine", "plural"): "as",
}
_ONE_FORM = {"agénero", "transgénero"}
_BACK, _FRONT = "aıou", "eiöü"
_CASES = {
    "accusative": r"[ynğ]?[ıiuü]",
    "dative": r"[yn]?[ae]",
    "ablative": r"n?[dt][ae]n",
    "genitive": r"n?[ıiuü]n",
    "instrumental": r"y?l[ae]",
}


@cache
def loaded(name: str) -> ProbeSet:
    return load_probe_set(name)


@cache
def every_sentence(name: str) -> tuple[tuple[Template, Term, Variant], ...]:
    """Return every sentence with its template and phrase."""
    probe_set = loaded(name)
    templates = {template.id: template for template in probe_set.templates}
    phrases = {("reference", term.id): term for term in probe_set.reference} | {
        ("placebo", term.id): term for term in probe_set.placebos
    }
    phrases |= {("group", term.id): term for group in probe_set.groups for term in group.terms}
    words = {word for template in probe_set.templates for word in template.reference}
    phrases |= {("reference", word): Term(id=word, text=word) for word in words}
    return tuple(
        (templates[variant.context], phrases[variant.role, variant.term], variant)
        for variant in expand(probe_set).variants
    )


def sets_in(language: str) -> list[str]:
    return [name for name in NAMES if loaded(name).language == language]


@pytest.mark.parametrize("name", NAMES)
def test_every_sentence_is_whole(name: str) -> None:
    probe_set = loaded(name)
    grammar = grammar_for(probe_set.language)
    assert grammar is not None
    variants = [variant for _, _, variant in every_sentence(name)]
    assert len({variant.id for variant in variants}) == len(variants)
    for variant in variants:
        text = variant.text
        assert not list(grammar.faults(text)), text
        assert not set("{}|") & set(text), text
        assert text == text.strip(), text
        if probe_set.language == "ja":
            assert text.endswith("。"), text
            assert not re.search(r"[ 　,.!?]", text), text
            continue
        assert text[0].isupper() or text[0] in "¿¡", text
        assert "  " not in text, text
        assert text[-1] in ".!?", text
        assert not any(f" {mark}" in text for mark in ".,;!?"), text


@pytest.mark.parametrize("name", NAMES)
def test_every_form_is_in_the_golden_list(name: str) -> None:
    path = shipped_forms.FOLDER / f"{name}.txt"
    golden = path.read_text(encoding="utf-8").splitlines()
    assert list(shipped_forms.lines(loaded(name))) == golden, (
        "read the new forms, then run python -m tests.unit.probes.shipped_forms"
    )


def test_no_golden_list_is_left_over() -> None:
    assert sorted(path.stem for path in shipped_forms.FOLDER.iterdir()) == NAMES


@pytest.mark.parametrize("name", sets_in("en"))
def test_english_articles_go_by_sound(name: str) -> None:
    for _, _, variant in every_sentence(name):
        for given, word in _ARTICLE.findall(variant.text):
            by_letter = "an" if word[0].lower() in "aeiou" else "a"
            wanted = "an" if word in SOUND_AN else "a" if word in SOUND_A else by_letter
            assert given.lower() == wanted, variant.text


@pytest.mark.parametrize("name", sets_in("en"))
def test_english_clauses_agree_in_number(name: str) -> None:
    for template, term, variant in every_sentence(name):
        assert not _PLURAL_VERB.search(variant.text), variant.text
        if template.number == "plural" and term.form != "pre":
            assert not _SINGULAR_VERB.search(variant.text), variant.text


def spanish_noun(template: Template, term: Term) -> str | None:
    """Return the first word of the noun that a sentence is about; None for a term's own."""
    if term.form == "noun":
        return None
    if template.noun:
        return template.noun.split()[0]
    return template.text.partition(" {post}")[0].split()[-1]


@pytest.mark.parametrize("name", sets_in("es"))
def test_spanish_determiner_and_adjective_agree_with_the_noun(name: str) -> None:
    seen = 0
    for template, term, variant in every_sentence(name):
        gender = term.gender or template.gender
        assert gender is not None
        kind = (gender, template.number)
        words = re.findall(r"[\w-]+", variant.text)
        noun = spanish_noun(template, term)
        if noun is None:
            stem = term.text.split()[0][:-1]
            place = next(at for at, word in enumerate(words) if word.lower().startswith(stem))
        else:
            place = words.index(noun) if noun in words else words.index(noun.capitalize())
        wrong = set().union(*_DETERMINERS.values()) - _DETERMINERS[kind]
        assert not place or words[place - 1].lower() not in wrong, variant.text
        if term.form == "post":
            seen += agrees(term, kind, words[place + 1 :], variant.text)
    assert seen


def agrees(term: Term, kind: tuple[str, str], after: list[str], text: str) -> bool:
    """Check the verb of a clause, and the ending of an adjective in -o, alone or after ser."""
    words = term.text.split()
    if words[0] == "que":
        verb = after[1] if after[1] != "se" else after[2]
        assert verb.endswith("n") == (kind[1] == "plural"), text
        if words[1] != "es":
            return False
        words, after = words[2:], after[2:]
    if words[0] == "no":
        words, after = words[1:], after[1:]
    if not words[0].endswith("o") or words[0] in _ONE_FORM:
        return False
    assert after[0] == words[0][:-1] + _ENDINGS[kind], text
    return True


@pytest.mark.parametrize("name", sets_in("es"))
def test_spanish_contracts_and_opens_its_marks(name: str) -> None:
    for _, _, variant in every_sentence(name):
        assert not re.search(r"\b(de|a) el\b", variant.text), variant.text
        assert not re.search(r"\by (i|hi)(?!e)", variant.text), variant.text
        assert variant.text.count("?") == variant.text.count("¿")
        assert variant.text.count("!") == variant.text.count("¡")


def last_vowel(word: str) -> str:
    return [letter for letter in word.lower() if letter in _BACK + _FRONT][-1]


@pytest.mark.parametrize("name", sets_in("tr"))
def test_turkish_suffixes_follow_the_last_vowel(name: str) -> None:
    seen = set()
    for template, term, variant in every_sentence(name):
        asked = re.search(r"\{noun:(\w+)\}", template.text)
        if asked is None:
            continue
        case = asked.group(1)
        stem = term.text if term.form == "noun" else str(template.noun)
        found = re.search(rf"\b{stem}({_CASES[case]})(?![^\W\d_])", variant.text, re.IGNORECASE)
        assert found, (case, variant.text)
        suffix = found.group(1)
        vowels = [letter for letter in suffix if letter in _BACK + _FRONT]
        for vowel in vowels:
            assert (vowel in _BACK) == (last_vowel(stem) in _BACK), variant.text
            if vowel not in "ae":
                assert (vowel in "uü") == (last_vowel(stem) in "ouöü"), variant.text
        if suffix[0] in "dt":
            assert (suffix[0] == "t") == (stem[-1] in "çfhkpsşt"), variant.text
        seen.add(case)
    assert seen == set(_CASES)


@pytest.mark.parametrize("name", sets_in("tr"))
def test_turkish_counts_and_clitics(name: str) -> None:
    for template, term, variant in every_sentence(name):
        text = variant.text.lower()
        assert not re.search(r"\b(bir|iki|üç|on) \w+l[ae]r\b", text), text
        for word, clitic in re.findall(r"(\w+) (de|da)\b", text):
            assert (clitic == "da") == (last_vowel(word) in _BACK), text
        assert not (template.number == "plural" and re.search(r"\bbir\b", text)), text
        if term.form == "pre" and variant.role != "reference":
            assert term.text.lower().replace("i̇", "i") in text.replace("i̇", "i"), text


_TO_A_NOUN = re.compile(r"(ない|のある|使う|住む|飲む|持つ|着た|高い|短い)$")


@pytest.mark.parametrize("name", sets_in("ja"))
def test_japanese_descriptions_are_joined_to_their_noun(name: str) -> None:
    seen = {"の": 0, "な": 0, "": 0}
    for template, term, variant in every_sentence(name):
        if term.form != "pre":
            continue
        joint = "" if _TO_A_NOUN.search(term.text) else "な" if "不自由" in term.text else "の"
        before, after = template.text.replace("{noun}", template.noun or "").split("{pre}")
        assert variant.text == f"{before}{term.text}{joint}{after}", variant.text
        seen[joint] += 1
    assert all(seen.values())


def test_the_rules_bite() -> None:
    """An adjective left in the masculine, a suffix without harmony, a の too much: all are seen."""
    masculine = Term(id="x", text="ciego", form="post")
    with pytest.raises(AssertionError):
        agrees(masculine, ("feminine", "singular"), ["ciego"], "una persona ciego")
    assert not re.fullmatch(_CASES["ablative"], "dın")
    assert _SINGULAR_VERB.search("The people who is blind left.")
    assert _PLURAL_VERB.search("A person who have epilepsy left.")
