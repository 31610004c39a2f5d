"""Japanese: no articles, no spaces, no capitals; a description is joined to its noun.

Verbs, i-adjectives and what already ends in の or な stand before the noun as they are
(目の見えない, 車いすを使う); nouns take の (自閉症の), na-adjectives な (不自由な).
Nouns in hiragana that look like verbs (ろう) are in a table; what no rule tells is
written in the file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from audit.probes.grammar.plain import Plain
from audit.records import Template, Term

_NA_ADJECTIVES = (
    "不自由", "健康", "元気", "有名", "静か", "親切", "身近", "大柄", "小柄", "きれい", "器用",
)  # fmt: skip
_NOUNS = frozenset({"ろう", "うつ", "てんかん", "こびと", "どもり", "ダウン"})
_AS_IT_IS = tuple("のないるうくぐすつぬぶむただ")
_WIDE = r"぀-ヿ㐀-鿿々ー"
_TERM_END = re.compile(r"[㐀-鿿ァ-ヶーA-Za-z0-9ん]$")
_PEOPLE = "人|方|女性|男性|教師|先生|学生|生徒|客|社員|友人|隣人|画家|作家|同僚|店員|患者|会員|市民"
_HALF_WIDTH = re.compile(rf"(?<=[{_WIDE}])[.,!?;:]|[.,!?;:](?=[{_WIDE}])")
_SPACE = re.compile(rf"(?<=[{_WIDE}、。]) (?=[{_WIDE}])|\u3000")
_TWICE = re.compile(r"のの|なな(?!め)|のな(?=" + _PEOPLE + ")|なの(?=" + _PEOPLE + ")")
_VERB_NO = re.compile(rf"(ない|たい|える|いる|ある|する|った|んだ|使う|暮らす)の({_PEOPLE})")
_NO_JOINT = re.compile(
    r"(障害|障がい|麻痺|症|ろう|うつ|難聴|弱視|全盲|盲目)(女性|男性|教師|学生|社員)"
)


class Japanese(Plain):
    """The Japanese rules; see `audit.probes.grammar.Grammar` for what each answers."""

    spaced = False
    form_names = ("attributive",)

    def agree(self, term: Term, template: Template, case: str | None = None) -> str | None:
        """Return a description as it stands before a noun; a noun as it is."""
        if term.form != "pre":
            return term.text
        return dict(term.forms).get("attributive") or attributive(term.text)

    def needed_form(self, template: Template, case: str | None = None) -> str:
        """Name the only form that words take here."""
        return "attributive"

    def opens_sentence(self, before: str) -> bool:
        """Return false: no capitals."""
        return False

    def faults(self, text: str) -> Iterator[str]:
        """Name half-width marks, spaces, and の or な that is doubled, wrong or missing."""
        for match in _HALF_WIDTH.finditer(text):
            yield f"the half-width mark {match.group()!r}"
        if _SPACE.search(text):
            yield "a space between words"
        for pattern in (_TWICE, _VERB_NO, _NO_JOINT):
            for match in pattern.finditer(text):
                yield f"{match.group()!r} is not joined as it should be"

    def template_fault(self, template: Template) -> str | None:
        """Say that nouns have no plural."""
        if template.number == "plural":
            return "nouns have no plural in Japanese; delete `number` and write 二人の or the like"
        return None


def attributive(text: str) -> str | None:
    """Return a description as it stands before a noun; ``None`` where no rule is sure.

    Examples
    --------
    >>> attributive("自閉症"), attributive("目の見えない"), attributive("目が不自由")
    ('自閉症の', '目の見えない', '目が不自由な')
    """
    if text in _NOUNS:
        return f"{text}の"
    if text.endswith(_NA_ADJECTIVES):
        return f"{text}な"
    if text.endswith(_AS_IT_IS):
        return text
    return f"{text}の" if _TERM_END.search(text) else None


GRAMMAR = Japanese()
