"""A run in MLflow, read back by MLflow's own client."""

import os
import subprocess
import sys

CODE = """
import json, sys
from pathlib import Path
from audit.exports.mlflow import log_to_mlflow
folder, store = Path(sys.argv[1]), sys.argv[2]
results = json.loads((folder / "results.json").read_text())
identity = log_to_mlflow(results, folder, tracking_uri=store, experiment="mine")
from mlflow import MlflowClient
client = MlflowClient(tracking_uri=store)
run = client.get_run(identity)
assert client.get_experiment(run.info.experiment_id).name == "mine"
assert run.info.status == "FINISHED"
assert run.data.metrics["blind/estimate"] == results["groups"][0]["estimate"]
assert run.data.metrics["deaf/interval_high"] == results["groups"][1]["interval"]["high"]
assert run.data.params["model"] == results["spec"]["model"]
assert run.data.tags["audit.verdict"] == "gap"
names = {item.path for item in client.list_artifacts(identity)}
assert {"run.jsonl", "results.json", "index.html", "override-policy.yaml"} <= names, names
copied = Path(client.download_artifacts(identity, "run.jsonl"))
assert copied.read_bytes() == (folder / "run.jsonl").read_bytes()
"""


def test_parameters_metrics_and_files_come_back(tmp_path, run):
    environment = {k: v for k, v in os.environ.items() if not k.startswith("MLFLOW_")}
    done = subprocess.run(
        [sys.executable, "-c", CODE, str(run), f"file:{tmp_path / 'store'}"],
        capture_output=True, text=True, check=False, cwd=tmp_path, env=environment,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
