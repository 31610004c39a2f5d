"""Spanish, Turkish and Japanese: forms against golden lists, and what is ungrammatical is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from audit.errors import ProbeError
from audit.probes import load_probe_set
from audit.probes.grammar import grammar_for, japanese, spanish, turkish

SPANISH = """\
schema: 1
name: small
version: 1.0.0
language: es
attribute: disability
reference:
  - {id: plain, text: ""}
groups:
  - id: blind
    terms:
      - {id: ciego, text: ciego, form: post}
templates:
  - {id: t01, gender: feminine, text: "Vi a {a} persona {post}."}
  - {id: t02, gender: masculine, noun: hombre, text: "Hoy vino {the} {noun} {post}."}
"""
TURKISH = """\
schema: 1
name: small
version: 1.0.0
language: tr
attribute: disability
reference:
  - {id: plain, text: ""}
groups:
  - id: blind
    terms:
      - {id: kor, text: kör, form: pre}
      - {id: birey, text: engelli birey, form: noun}
templates:
  - {id: t01, noun: kadın, text: "Formu {pre} bir {noun:dative} verdim."}
"""
JAPANESE = """\
schema: 1
name: small
version: 1.0.0
language: ja
attribute: disability
reference:
  - {id: plain, text: ""}
groups:
  - id: blind
    terms:
      - {id: zenmou, text: 全盲, form: pre}
templates:
  - {id: t01, noun: 女性, text: "{pre}{noun}が来た。"}
"""
BAD = [
    # Spanish: gender, number, contraction, marks
    (SPANISH, ("t01, gender: feminine", "t01, gender: feminine, number: plural"),
     ":13:55: ungrammatical with 'plain': 'unas persona' do not agree"),
    (SPANISH, ("t01, gender: feminine", "t01, gender: masculine"), "'un persona' do not agree"),
    (SPANISH, ("t02, gender: masculine", "t02, gender: feminine"),
     "the noun 'hombre' is masculine"),
    (SPANISH, ("t01, gender: feminine, ", "t01, "), "names no `gender`"),
    (SPANISH, ("{a} persona {post}", "una persona ciego {post}"), "'persona ciego' do not agree"),
    (SPANISH, ("Vi a {a} persona {post}.", "¿Vi a {a} persona {post}?!"), "'!' without '¡'"),
    (SPANISH, ("text: ciego", "text: que corre y salta"), "add `forms: {feminine:"),
    (SPANISH, ("form: post", "form: post, forms: {femenine: ciega}"),
     ":11:54: unknown form 'femenine' (did you mean feminine?)"),
    (SPANISH, ("{a} persona", "{a|b|c} persona"), "needs 2 texts"),
    # Turkish: cases, number, harmony
    (TURKISH, ("{noun:dative}", "{noun:datve}"),
     ":14:34: the language has no case 'datve' (did you mean dative?)"),
    (TURKISH, ("t01, noun: kadın", "t01, noun: kadınlar"), "the noun 'kadınlar' is plural"),
    (TURKISH, ("t01, noun: kadın", "t01, noun: kadınlar, number: plural"),
     "'bir kadınlara': bir stands before a singular"),
    (TURKISH, ("text: engelli birey", "text: sandalye kullanıcısı"),
     ":12:9: no rule gives the dative of the term 'sandalye kullanıcısı'"),
    (TURKISH, ("bir {noun:dative} verdim", "bir {noun:dative} de verdim"),
     "'kadına de' should be 'kadına da'"),
    (TURKISH, ("text: kör", "text: görme da engelli"), "'görme da' should be 'görme de'"),
    # Japanese: joints, marks, spaces, number
    (JAPANESE, ("が来た。", "のの人が来た。"), "is not joined as it should be"),
    (JAPANESE, ("が来た。", "が来た."), ":13:31: ungrammatical with 'plain': the half-width mark"),
    (JAPANESE, ("が来た。", "が 来た。"), "a space between words"),
    (JAPANESE, ("t01, noun", "t01, number: plural, noun"), "nouns have no plural in Japanese"),
    (JAPANESE, ("text: 全盲", "text: 目が見えないの"), "is not joined as it should be"),
    (JAPANESE, ("{pre}{noun}", "{a}{pre}{noun}"), "unknown slot {a}"),
]  # fmt: skip


@pytest.mark.parametrize("content", [SPANISH, TURKISH, JAPANESE])
def test_the_good_file_loads(tmp_path: Path, content: str) -> None:
    path = tmp_path / "set.yaml"
    path.write_text(content, encoding="utf-8")
    assert load_probe_set(path).templates


@pytest.mark.parametrize(("content", "edit", "said"), BAD)
def test_what_is_ungrammatical_is_an_error_with_its_place(
    tmp_path: Path, content: str, edit: tuple[str, str], said: str
) -> None:
    assert edit[0] in content
    path = tmp_path / "set.yaml"
    path.write_text(content.replace(*edit, 1), encoding="utf-8")
    with pytest.raises(ProbeError) as caught:
        load_probe_set(path)
    found = [str(problem).replace(f"{tmp_path}/", "") for problem in caught.value.problems]
    assert any(said in problem for problem in found), found
    assert all(problem.startswith("set.yaml:") for problem in found)


@pytest.mark.parametrize(
    ("text", "forms"),
    [
        ("ciego", "ciega ciegos ciegas"),
        ("autista", "autista autistas autistas"),
        ("trabajador", "trabajadora trabajadores trabajadoras"),
        ("joven", "joven jóvenes jóvenes"),
        ("capaz", "capaz capaces capaces"),
        ("inglés", "inglesa ingleses inglesas"),
        ("sordo y ciego", "sorda y ciega|sordos y ciegos|sordas y ciegas"),
        ("usuario de silla de ruedas",
         "usuaria de silla de ruedas|usuarios de silla de ruedas|usuarias de silla de ruedas"),
        ("con discapacidad", "con discapacidad|con discapacidad|con discapacidad"),
        ("que es ciego", "que es ciega|que son ciegos|que son ciegas"),
        ("que tiene autismo", "que tiene autismo|que tienen autismo|que tienen autismo"),
        ("que no oye", "que no oye|que no oyen|que no oyen"),
        ("que está cansado", "que está cansada|que están cansados|que están cansadas"),
    ],
)  # fmt: skip
def test_spanish_words_agree(text: str, forms: str) -> None:
    wanted = forms.split("|") if "|" in forms else forms.split()
    kinds = ((True, False), (False, True), (True, True))
    assert [spanish.agreeing(text, feminine=f, plural=p) for f, p in kinds] == wanted


@pytest.mark.parametrize(
    "text", ["que corre y salta", "que es un usuario", "que se identifica como"]
)
def test_where_no_spanish_rule_is_sure_the_form_must_be_written(text: str) -> None:
    assert spanish.agreeing(text, feminine=True, plural=True) is None


@pytest.mark.parametrize(
    ("text", "finished"),
    [
        ("de el hombre y a el vecino", "del hombre y al vecino"),
        ("padre y hijo", "padre e hijo"),
        ("agua y hielo", "agua y hielo"),
        ("siete o ocho", "siete u ocho"),
        ("de él", "de él"),
    ],
)
def test_spanish_contracts(text: str, finished: str) -> None:
    assert spanish.GRAMMAR.finish(text) == finished


@pytest.mark.parametrize(
    ("noun", "forms"),
    [
        ("kadın", "kadını kadına kadında kadından kadının kadınla kadınlar"),
        ("müdür", "müdürü müdüre müdürde müdürden müdürün müdürle müdürler"),
        ("öğrenci", "öğrenciyi öğrenciye öğrencide öğrenciden öğrencinin öğrenciyle öğrenciler"),
        ("futbolcu",
         "futbolcuyu futbolcuya futbolcuda futbolcudan futbolcunun futbolcuyla futbolcular"),
        ("ressam", "ressamı ressama ressamda ressamdan ressamın ressamla ressamlar"),
        ("çocuk", "çocuğu çocuğa çocukta çocuktan çocuğun çocukla çocuklar"),
        ("arkadaş", "arkadaşı arkadaşa arkadaşta arkadaştan arkadaşın arkadaşla arkadaşlar"),
        ("genç", "genci gence gençte gençten gencin gençle gençler"),
        ("avukat", "avukatı avukata avukatta avukattan avukatın avukatla avukatlar"),
    ],
)  # fmt: skip
def test_turkish_nouns_take_their_suffixes(noun: str, forms: str) -> None:
    cases = ("accusative", "dative", "locative", "ablative", "genitive", "instrumental")
    found = [turkish.declined(noun, case) for case in cases]
    assert [*found, turkish.plural(noun)] == forms.split()


def test_turkish_capitals_keep_or_lack_their_dot() -> None:
    assert turkish.GRAMMAR.capitalise("işitme engelli") == "İşitme engelli"
    assert turkish.GRAMMAR.capitalise("ışık") == "Işık"


@pytest.mark.parametrize(
    ("text", "before_a_noun"),
    [
        ("全盲", "全盲の"),
        ("ダウン症", "ダウン症の"),
        ("車いすユーザー", "車いすユーザーの"),
        ("ろう", "ろうの"),
        ("目の見えない", "目の見えない"),
        ("手話を使う", "手話を使う"),
        ("赤い服を着た", "赤い服を着た"),
        ("体が不自由", "体が不自由な"),
        ("元気", "元気な"),
    ],
)
def test_japanese_descriptions_before_a_noun(text: str, before_a_noun: str) -> None:
    assert japanese.attributive(text) == before_a_noun


def test_a_language_is_found_by_its_tag() -> None:
    assert grammar_for("es-MX") is spanish.GRAMMAR
    assert grammar_for("TR") is turkish.GRAMMAR
    assert grammar_for("tlh") is None
