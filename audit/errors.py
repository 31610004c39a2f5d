"""The error tree. Every error says what happened, where, and what to do about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


class AuditError(Exception):
    """Base of every error a user can meet.

    Parameters
    ----------
    what : str
        What went wrong, one sentence.
    where : str, optional
        File, line, option or service it went wrong in.
    hint : str, optional
        What the reader can do about it.

    Attributes
    ----------
    exit_code : int
        Exit status of the command line for this error (see the table in the user guide).
    """

    exit_code: int = 3

    def __init__(self, what: str, *, where: str | None = None, hint: str | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.hint = hint

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle any error of the tree, whatever its parameters, on its way from a worker."""
        return _again, (type(self), self.args), self.__dict__

    def __str__(self) -> str:
        head = f"{self.where}: {self.what}" if self.where else self.what
        return f"{head}\n  What to do: {self.hint}" if self.hint else head


def _again(kind: type[AuditError], arguments: tuple[Any, ...]) -> AuditError:
    """Make an error again without its parameters; its attributes follow."""
    error = kind.__new__(kind, *arguments)
    error.args = arguments
    return error


class ConfigError(AuditError):
    """The command, an option or a configuration file cannot be used (exit 2)."""

    exit_code = 2


class NothingToAuditError(AuditError):
    """The probe set and the options leave no pair to compare (exit 5)."""

    exit_code = 5


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem of a file: message, position (1-based line and column) and a remedy."""

    message: str
    file: str
    line: int | None = None
    column: int | None = None
    hint: str | None = None

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.file, self.line, self.column) if part)
        return f"{place}: {self.message}" + (f" ({self.hint})" if self.hint else "")


class ProbeError(AuditError):
    """A probe file cannot be used; carries *all* its problems, not only the first (exit 2)."""

    exit_code = 2

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        count = len(self.problems)
        noun = "problem" if count == 1 else "problems"
        super().__init__(f"{count} {noun} in the probe set")

    def __str__(self) -> str:
        return "\n".join([f"{self.what}:", *(f"  {problem}" for problem in self.problems)])


class ClassifierError(AuditError):
    """The audited classifier cannot be loaded or gave something that is no prediction.

    ``unquoted`` is the message without any text of the run, where there is one; runs that keep no
    texts show that instead of ``what``.
    """

    def __init__(
        self,
        what: str,
        *,
        where: str | None = None,
        hint: str | None = None,
        unquoted: str | None = None,
    ) -> None:
        super().__init__(what, where=where, hint=hint)
        self.unquoted = unquoted


class MissingExtraError(ClassifierError):
    """A target needs an optional dependency; the message prints the ``pip install`` line."""

    exit_code = 2

    def __init__(self, target: str, package: str, extra: str) -> None:
        super().__init__(
            f"{target} needs the package {package}, which is not installed",
            where=target,
            hint=f"pip install 'audit[{extra}]'",
        )


class ProviderError(ClassifierError):
    """A remote service failed; ``retryable`` says whether asking again can help."""

    def __init__(
        self,
        what: str,
        *,
        retryable: bool,
        where: str | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(what, where=where, hint=hint)
        self.retryable = retryable


class RunLogError(AuditError):
    """A run log is missing, torn, edited, or of a newer schema."""


class RunInterruptedError(AuditError):
    """The user stopped a run; what was answered is kept and the run can be resumed (exit 130)."""

    exit_code = 130


class LimitReachedError(AuditError):
    """A limit on time or memory stopped a run; what was answered is kept and it can be resumed."""


class ResultsError(AuditError):
    """A results file or run folder cannot be read or written."""


class StoreError(AuditError):
    """The store of decisions and reviews failed."""


class RefusedError(AuditError):
    """What a person asked for cannot be done as things stand; the message says why."""
