"""What most languages share: no articles, cases or agreement; capitals where a sentence begins."""

from __future__ import annotations

from collections.abc import Iterator

from audit.records import Gender, Template, Term

_OPENING = " \t\"'“‘”’«»([¿¡"


class Plain:
    """Rules that a language keeps unless it has its own."""

    spaced = True
    articles: tuple[str, ...] = ()
    cases: tuple[str, ...] = ()
    genders: tuple[Gender, ...] = ()
    form_names: tuple[str, ...] = ()
    abbreviations: frozenset[str] = frozenset()

    def article(self, following: str, template: Template, name: str = "a") -> str | None:
        """Return ``None``: no articles."""
        return None

    def agree(self, term: Term, template: Template, case: str | None = None) -> str | None:
        """Return the term as it is, or the form that the file gives."""
        needed = self.needed_form(template, case)
        if needed == "plural" and term.plural is not None:
            return term.plural
        return dict(term.forms).get(needed, term.text)

    def decline(self, noun: str, template: Template, case: str) -> str | None:
        """Return ``None``: no cases."""
        return None

    def needed_form(self, template: Template, case: str | None = None) -> str:
        """Name the form: ``plural`` in a template about several people."""
        return case or template.number

    def opens_sentence(self, before: str) -> bool:
        """Tell whether ``before`` is empty or ends a sentence (an ellipsis does not)."""
        text = before.rstrip(_OPENING)
        if not text:
            return True
        if text.endswith(("...", "…")) or text[-1] not in ".!?":
            return False
        return text.split()[-1].rstrip(".!?").lower() not in self.abbreviations

    def capitalise(self, text: str) -> str:
        """Set the first letter in upper case, after an opening quote too."""
        for place, sign in enumerate(text):
            if sign.isalnum():
                return text[:place] + self.upper(sign) + text[place + 1 :]
        return text

    def upper(self, letter: str) -> str:
        """Return a letter in upper case."""
        return letter.upper()

    def finish(self, text: str) -> str:
        """Return the text as it is: nothing contracts."""
        return text

    def faults(self, text: str) -> Iterator[str]:
        """Find nothing."""
        yield from ()

    def template_fault(self, template: Template) -> str | None:
        """Find nothing."""
        return None
