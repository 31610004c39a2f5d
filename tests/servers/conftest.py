"""Real servers on this machine, started once for all tests."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from .twin import SOURCE, build_twin

_SECONDS = 120


def _need(*packages: str) -> None:
    """Skip, and say what is missing; where the servers are required, fail instead."""
    missing = [package for package in packages if find_spec(package) is None]
    if not missing:
        return
    said = f"missing: {', '.join(missing)} (pip install 'audit[servers]', or make test-servers)"
    if os.environ.get("AUDIT_REQUIRE_SERVERS"):
        pytest.fail(said)
    pytest.skip(said)


@contextmanager
def _running(command: list[str], log: Path) -> Iterator[str]:
    """Start a server, wait for the address that it prints, and end it."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}
    with log.open("wb") as out:
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=out, stderr=subprocess.STDOUT, env=environment
        )
    try:
        deadline = time.monotonic() + _SECONDS
        while not (found := re.search(r"http://127\.0\.0\.1:\d+", log.read_text(errors="replace"))):
            if process.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"{command[0]} did not start:\n{log.read_text(errors='replace')}")
            time.sleep(0.1)
        yield found.group()
    finally:
        process.kill()  # nothing is kept that an orderly end would save
        process.communicate(timeout=20)


@pytest.fixture(scope="session")
def bundled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundled model, told to sample: transformers serve is greedy where a model does not say.

    Its tokenizer has a chat template that joins the messages.
    """
    folder = tmp_path_factory.mktemp("bundled") / "bundled"
    shutil.copytree(SOURCE, folder)
    settings = {"bos_token_id": 0, "eos_token_id": 0, "pad_token_id": 0}
    drawn = {"do_sample": True, "top_k": 0, "temperature": 1.0}
    (folder / "generation_config.json").write_text(json.dumps(settings | drawn))
    return folder


@pytest.fixture(scope="session")
def transformers_server(bundled: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Base URL of ``transformers serve`` with the bundled model."""
    _need("fastapi", "uvicorn", "openai", "accelerate")
    command = Path(sys.executable).parent / "transformers"
    arguments = ["serve", str(bundled), "--host", "127.0.0.1", "--port", "0", "--device", "cpu"]
    log = tmp_path_factory.mktemp("logs") / "transformers.txt"
    with _running([str(command), *arguments], log) as address:
        yield f"{address}/v1"


@pytest.fixture(scope="session")
def twin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of the twin."""
    _need("gguf", "xllamacpp")
    return build_twin(tmp_path_factory.mktemp("twin"))


@pytest.fixture(scope="session")
def llama_server(twin: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Base URL of llama.cpp's server with the twin."""
    script = Path(__file__).with_name("llama_server.py")
    log = tmp_path_factory.mktemp("logs") / "llama.txt"
    with _running([sys.executable, str(script), str(twin / "twin.gguf")], log) as address:
        yield f"{address}/v1"


@pytest.fixture(scope="session")
def probe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A part of the shipped disability set: two groups in eight templates."""
    yaml = YAML(typ="safe", pure=True)
    whole = yaml.load(Path("probes/disability.yaml"))
    groups = [
        {**group, "terms": [term for term in group["terms"] if term["form"] != "noun"][:2]}
        for group in whole["groups"][:2]
    ]
    part = {
        **whole,
        "reference": whole["reference"][:3],
        "placebos": whole["placebos"][:1],
        "groups": groups,
        "templates": [t for t in whole["templates"] if "{noun}" not in t["text"]][:8],
    }
    path = tmp_path_factory.mktemp("probe") / "disability-part.yaml"
    with path.open("w", encoding="utf-8") as out:
        yaml.dump(part, out)
    return path
