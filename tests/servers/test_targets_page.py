"""Every scheme for a language model behind a server runs; docs/targets.md says what was seen."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from audit.probes import load_probe_set
from audit.records import ClassifierOptions, RemoteOptions, Sampling
from tests.targets_page import Trial, check_table, row_of

OPTIONS = ClassifierOptions(sampling=Sampling(temperature=0.7, repeats=2))


def test_every_way_to_a_server_runs_and_the_page_says_so(
    bundled: Path, transformers_server: str, llama_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("OPENAI_API_KEY", "HF_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    task = load_probe_set("disability").task

    def trial(scheme: str, model: str, server: str, url: str, endpoint: str) -> Trial:
        remote = RemoteOptions(base_url=url, endpoint=endpoint, concurrency=1)
        system = f"{endpoint}, {server}"
        return Trial(f"{scheme}:{model}", system, task, replace(OPTIONS, remote=remote))

    served = ("transformers serve", transformers_server)
    llama = ("llama.cpp", llama_server)
    trials = [
        trial("openai", str(bundled), *served, "completions"),
        trial("openai", str(bundled), *served, "chat"),
        trial("openai", "twin", *llama, "completions"),
        trial("openai", "twin", *llama, "chat"),
        trial("hf-inference", str(bundled), *served, "chat"),
        trial("hf-inference", "twin", *llama, "chat"),
    ]
    check_table("servers", [row_of(each) for each in trials])
