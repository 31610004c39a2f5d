"""From a run's policy to a guard around a classifier, with a store behind it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from audit.classifiers import create_classifier
from audit.errors import AuditError, ConfigError
from audit.oversight import Guard, PolicyDocument, load_policy
from audit.pipeline.attachments import LOG, POLICY, RESULTS
from audit.pipeline.header import Header
from audit.pipeline.seal import sha256_of
from audit.protocols import DecisionSink
from audit.records import ClassifierOptions, Task
from audit.runlog import read_run


def policy_path(source: str | Path) -> Path:
    """Return the policy file that a run folder or a file means.

    Raises
    ------
    ConfigError
        If there is none.
    """
    path = Path(source)
    found = path / POLICY if path.is_dir() else path
    if not found.is_file():
        raise ConfigError("there is no policy here", where=str(source), hint=f"name a run folder "
                          f"or its {POLICY}")  # fmt: skip
    return found


def open_guard(
    source: str | Path,
    model: str,
    *,
    classifier: ClassifierOptions | None = None,
    sink: DecisionSink | None = None,
    **options: Any,
) -> Guard:
    """Load a policy and the classifier it was made for, and put the one before the other.

    Parameters
    ----------
    source : path
        A run folder, or a policy file. The task is read from the run's log where it lies beside
        the policy; else only targets that need no prompt can be loaded.
    model : str
        ``SCHEME:LOCATOR``, as for `audit run`.
    classifier : ClassifierOptions, optional
        As for `run_audit`.
    sink : DecisionSink, optional
        Where decisions are written.
    **options
        As for `Guard`.

    Raises
    ------
    ConfigError, ClassifierError
        If the policy or the classifier cannot be used.
    """
    path = policy_path(source)
    policy = PolicyDocument.model_validate(load_policy(path))
    target = create_classifier(model, _task(path, policy), classifier or ClassifierOptions())
    return Guard(policy, target, sink=sink, **options)


def run_findings(path: Path, policy: PolicyDocument) -> list[str]:
    """Return what speaks against the run that a policy names, where it lies beside it."""
    results = path.parent / RESULTS
    if not results.is_file():
        return []
    if sha256_of(results.read_bytes()) != policy.run.results_sha256:
        return [f"{RESULTS} beside the policy is not the one it was computed from"]
    return []


def _task(path: Path, policy: PolicyDocument) -> Task | None:
    """Return the run's whole task, or what the policy says of it."""
    if (path.parent / LOG).is_file():
        try:
            log = read_run(path.parent)
        except AuditError as error:
            raise ConfigError(
                f"the run beside the policy cannot be read: {error.what}", where=path.parent.name
            ) from error
        if log.header["run_id"] == policy.run.id:
            return Header.of(log.header).task
    if policy.task is None:
        return None
    labels = tuple(policy.task.labels)
    good = [label for label in labels if label not in policy.task.unfavourable]
    return Task(
        kind=policy.task.kind,
        labels=labels,
        unfavourable=tuple(policy.task.unfavourable),
        favourable=good[0] if good else None,
    )
