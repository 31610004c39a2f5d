"""A run in MLflow: parameters, a metric for each group, and the run's files as artifacts."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from audit.errors import MissingExtraError, ResultsError
from audit.exports.pack import run_files

_METRICS = ("estimate", "p_adjusted", "smallest_detectable_gap", "flip_rate", "n_templates")


def log_to_mlflow(
    results: Mapping[str, Any],
    folder: Path,
    *,
    tracking_uri: str | None = None,
    experiment: str = "audit",
) -> str:
    """Log a run to an MLflow tracking server or folder.

    Parameters
    ----------
    results : mapping
        The object of ``results.json``.
    folder : Path
        The run folder; its files become artifacts.
    tracking_uri : str, optional
        Default: MLflow's own, ``MLFLOW_TRACKING_URI``.
    experiment : str
        Name of the experiment, made where there is none.

    Returns
    -------
    str
        Id of the MLflow run.

    Raises
    ------
    MissingExtraError
        If mlflow is not installed.
    ResultsError
        If MLflow refuses.
    """
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")  # nothing leaves by itself
    if tracking_uri is not None and (tracking_uri.startswith("file:") or "://" not in tracking_uri):
        os.environ.setdefault("MLFLOW_ALLOW_FILE_STORE", "true")  # a folder was asked for
    try:
        from mlflow import MlflowClient
        from mlflow.exceptions import MlflowException
    except ImportError as error:
        raise MissingExtraError("audit export --to mlflow", "mlflow-skinny", "mlflow") from error
    try:
        client = MlflowClient(tracking_uri=tracking_uri)
        found = client.get_experiment_by_name(experiment)
        place = found.experiment_id if found else client.create_experiment(experiment)
        run = client.create_run(place, run_name=results["run_id"], tags=_tags(results))
        identity: str = run.info.run_id
        for name, value in _params(results).items():
            client.log_param(identity, name, value)
        for name, number in mlflow_metrics(results).items():
            client.log_metric(identity, name, number)
        for name in run_files(folder):
            client.log_artifact(identity, str(folder / name))
        client.set_terminated(identity)
    except MlflowException as error:
        raise ResultsError(
            f"MLflow refused: {error}",
            where="audit export --to mlflow",
            hint="name a server or a folder with --tracking-uri",
        ) from error
    return identity


def mlflow_metrics(results: Mapping[str, Any]) -> dict[str, float]:
    """Return ``GROUP/NAME`` metrics; a value that does not exist has no metric."""
    found: dict[str, float] = {}
    for group in results["groups"]:
        name = re.sub(r"[^\w.\- ]", "_", group["id"])
        values = {key: group[key] for key in _METRICS}
        interval = group["interval"] or {}
        values |= {"interval_low": interval.get("low"), "interval_high": interval.get("high")}
        found |= {f"{name}/{key}": float(v) for key, v in values.items() if v is not None}
    return found


def _params(results: Mapping[str, Any]) -> dict[str, Any]:
    spec, limits = results["spec"], results["limits"]
    return {
        **{name: spec[name] for name in ("model", "revision", "probe_set", "probe_sha256",
                                         "scoring", "repeats", "temperature", "seed")},
        "tolerance": limits["tolerance"],
        "correction": limits["correction"],
    }  # fmt: skip


def _tags(results: Mapping[str, Any]) -> dict[str, str]:
    verdicts = {f"verdict.{group['id']}": group["verdict"] for group in results["groups"]}
    return {"audit.run_id": results["run_id"], "audit.verdict": str(results["verdict"]),
            "audit.status": results["status"], **verdicts}  # fmt: skip
