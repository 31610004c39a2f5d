"""Logs without texts: a hash stands for each, with its length and where its term stands.

Equal texts have equal hashes, so that runs can still be paired. A hash hides a text from readers;
it does not hide a text that somebody can guess.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from audit.errors import AuditError, ClassifierError, MissingExtraError, ProbeError
from audit.probes import Expansion
from audit.protocols import Classifier
from audit.records import REDACTED, NotTested, Prediction, ProbeSet, RunWarning, Variant

PERSONAL = "contains_personal_data"
_DIGITS = 16


def must_redact(
    probe_set: ProbeSet, asked: bool | None, classifier: Classifier | None = None
) -> bool:
    """Decide whether a run's log may hold texts.

    Parameters
    ----------
    probe_set, classifier
        Either may declare that it contains personal data; the classifier once it is loaded.
    asked : bool or None
        ``--redact-text`` (true) or ``--keep-text`` (false); ``None`` follows the declarations.
    """
    if asked is not None:
        return asked
    return bool(probe_set.meta.get(PERSONAL) or getattr(classifier, PERSONAL, False))


@contextmanager
def unquoting(active: bool) -> Iterator[None]:
    """Keep texts that an error quotes out of messages and tracebacks.

    Raises
    ------
    AuditError
        While ``active``, in place of an error that may quote a text: what is known without it.
    """
    try:
        yield
    except Exception as error:
        shown = _unquoted(error) if active else error
        if shown is error:
            raise
        raise shown from None


def _unquoted(error: Exception) -> Exception:
    """Return an error without what it may quote; errors about options stay as they are."""
    if isinstance(error, ProbeError):
        return ProbeError(
            [
                dataclasses.replace(problem, message=_UNSHOWN, hint=_HOW_TO_SEE)
                for problem in error.problems
            ]
        )
    if isinstance(error, AuditError) and not isinstance(error, ClassifierError):
        return error
    what = getattr(error, "unquoted", None) or f"{type(error).__name__}: {_UNSHOWN}"
    if isinstance(error, MissingExtraError):
        return error
    return ClassifierError(what, where=getattr(error, "where", None), hint=_HOW_TO_SEE)


_UNSHOWN = "the message is not shown, because it may quote a text"
_HOW_TO_SEE = "--keep-text shows texts, also in the log"


class Redactor:
    """Turns what is asked and answered into what is logged.

    Parameters
    ----------
    probe_set : ProbeSet
        In a tabular set names of contexts come from the data, so they are hashed too.
    expansion : Expansion
        Its texts.
    """

    def __init__(self, probe_set: ProbeSet, expansion: Expansion) -> None:
        self._tabular = probe_set.cases is not None
        self._terms = {
            (group.id, term.id): term.text for group in expansion.groups for term in group.terms
        }
        self._shown = {variant.id: self._variant(variant) for variant in expansion.variants}

    def shown(self, variant: Variant) -> Variant:
        """Return a variant as it is logged."""
        return self._shown[variant.id]

    def answers(
        self, variants: Sequence[Variant], answers: Sequence[Prediction]
    ) -> list[Prediction]:
        """Return answers as they are logged: by the logged id, without any output that may echo."""
        return [
            dataclasses.replace(answer, id=self._shown[variant.id].id, raw=())
            for variant, answer in zip(variants, answers, strict=True)
        ]

    def expansion(self, expansion: Expansion) -> Expansion:
        """Return an expansion as its header is written from, with a warning that says so."""
        warning = RunWarning(
            code="redacted_text",
            message="Texts are not kept: the log and this report hold their hashes, lengths and "
            "the places of the terms.",
        )
        return dataclasses.replace(
            expansion,
            variants=tuple(self._shown[variant.id] for variant in expansion.variants),
            not_tested=tuple(
                NotTested(what=self._without_names(item.what), why=item.why)
                for item in expansion.not_tested
            ),
            warnings=(
                warning,
                *(
                    dataclasses.replace(item, message=self._without_names(item.message))
                    for item in expansion.warnings
                ),
            ),
        )

    def _variant(self, variant: Variant) -> Variant:
        text = redacted(variant.text, self._terms.get((variant.group or "", variant.term), ""))
        if not self._tabular:
            return dataclasses.replace(variant, text=text)
        return dataclasses.replace(
            variant,
            id=self._name(variant.id),
            text=text,
            context=self._name(variant.context),
            unit=self._name(variant.unit),
        )

    def _name(self, name: str) -> str:
        return f"h-{_hash(name)}"

    def _without_names(self, message: str) -> str:
        """Replace names that a message quotes; contexts that nobody compares are named nowhere."""
        if not self._tabular or ", first " not in message:
            return message
        return message.split(", first ", 1)[0]


def redacted(text: str, term: str = "") -> str:
    """Return what stands for a text.

    Examples
    --------
    >>> redacted("My blind neighbour", "blind")
    '[sha256:0e4c76b1ab2bbd1a, 18 characters, term at 3-8]'
    """
    start = text.casefold().find(term.casefold()) if term else -1
    span = f", term at {start}-{start + len(term)}" if start >= 0 else ""
    return f"{REDACTED}{_hash(text)}, {len(text)} characters{span}]"


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGITS]


def names_of(redactor: Redactor | None, variants: Sequence[Variant]) -> Mapping[str, str]:
    """Return the logged id of every variant by its own."""
    return {v.id: (redactor.shown(v).id if redactor is not None else v.id) for v in variants}
