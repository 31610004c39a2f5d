"""The Grafana dashboard: what its types say, and every query on a real Prometheus."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest
import uvicorn
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import Dashboard as Model
from prometheus_client.core import Metric

from audit.monitor.ecosystem import recipe
from audit.monitor.ecosystem.grafana import _given, dashboard_json
from audit.monitor.metrics import MonitorCollector
from audit.store import open_store
from audit.web.monitor import Current
from tests.monitor.boards import board
from tests.monitor.programs import program
from tests.web.pages import application

SHIPPED = json.loads(recipe("grafana-dashboard.json"))


def queries():
    """Return every expression of the dashboard, its variables filled in."""
    found = [target["expr"] for panel in SHIPPED["panels"] for target in panel["targets"]]
    for variable in SHIPPED["templating"]["list"]:
        if variable["type"] == "query":
            found.append(re.fullmatch(r"label_values\((\w+), \w+\)", variable["query"])[1])
    return [q.replace("$group", ".*").replace("$measure", "unfavourable") for q in found]


def test_the_shipped_file_is_what_the_types_make():
    assert recipe("grafana-dashboard.json") == dashboard_json()


def test_grafana_s_types_know_every_part_of_it():
    again = json.loads(JSONEncoder().encode(Model.from_json(SHIPPED)))
    assert _given(again) == SHIPPED


def test_only_ok_is_green():
    timeline = next(panel for panel in SHIPPED["panels"] if panel["type"] == "state-timeline")
    (mapping,) = timeline["fieldConfig"]["defaults"]["mappings"]
    green = {v["text"] for v in mapping["options"].values() if v["color"] == "green"}
    assert green == {"OK"}


def recorded(now: float) -> str:
    """Return a day of series in OpenMetrics text: an hour apart, the last minutes close."""
    moments = [
        *range(int(now) - 86_000, int(now) - 900, 3600),
        *range(int(now) - 900, int(now), 60),
    ]
    families: dict[str, tuple[Metric, list[str]]] = {}
    for step, moment in enumerate(moments):
        shown = board()
        health = type(shown.health)(
            **{name: getattr(shown.health, name) for name in shown.health.__slots__}
            | {"decisions": 400_000 + 100 * step}
        )
        shown = board(health=health, generated=shown.generated + timedelta(minutes=step))
        sent = {"delivered": step, "failed": 0}
        for family in MonitorCollector(lambda b=shown: b, lambda s=sent: s).collect():
            kept = families.setdefault(family.name, (family, []))
            for sample in family.samples:
                labels = ",".join(f"{k}={json.dumps(v)}" for k, v in sample.labels.items())
                kept[1].append(f"{sample.name}{{{labels}}} {sample.value} {moment}")
    parts = [
        f"# TYPE {family.name} {family.type}\n" + "\n".join(sorted(lines))
        for family, lines in families.values()
        if lines
    ]
    return "\n".join([*parts, "# EOF\n"])


@pytest.fixture(scope="module")
def served(tmp_path_factory) -> Iterator[tuple[str, list[int]]]:
    """The application on a real socket, and how often its dashboard was built."""
    built: list[int] = []

    def build():
        built.append(1)
        return board()

    path = tmp_path_factory.mktemp("served") / "s.db"
    with open_store(str(path)) as store:
        app = application(store)
        app.state.current = Current(build, keep=60)
        server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", lifespan="off"))
        listener = socket.create_server(("127.0.0.1", 0))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        yield f"127.0.0.1:{listener.getsockname()[1]}", built
        server.should_exit = True
        thread.join(10)
        listener.close()


@pytest.fixture(scope="module")
def prometheus(served, tmp_path_factory) -> Iterator[httpx.Client]:
    """A real Prometheus with series on record, which scrapes the application every second."""
    folder = tmp_path_factory.mktemp("prometheus")
    series = folder / "series.txt"
    series.write_text(recorded(time.time()))
    subprocess.run(
        [program("promtool"), "tsdb", "create-blocks-from", "openmetrics", series, folder / "data"],
        check=True, capture_output=True,
    )  # fmt: skip
    (folder / "rules.yaml").write_text(recipe("prometheus-alerts.yaml"))
    config = recipe("prometheus.yaml").replace("127.0.0.1:8080", served[0]).replace("30s", "1s")
    config = config.replace("prometheus-alerts.yaml", "rules.yaml").partition("alerting:")[0]
    (folder / "prometheus.yaml").write_text(config)
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"127.0.0.1:{free.getsockname()[1]}"
    log = (folder / "log").open("w")
    process = subprocess.Popen(
        [program("prometheus"), "--config.file=prometheus.yaml", "--storage.tsdb.path=data",
         f"--web.listen-address={address}"],
        cwd=folder, stderr=log,
    )  # fmt: skip
    try:
        with httpx.Client(base_url=f"http://{address}/api/v1", timeout=30) as client:
            wait_for(lambda: client.get("/status/runtimeinfo").status_code == 200)
            yield client
    finally:
        process.terminate()
        process.wait(30)
        log.close()


def wait_for(ready, seconds=60):
    """Wait until something holds."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            if ready():
                return
        except httpx.TransportError:
            pass
        time.sleep(0.2)
    raise AssertionError("it did not come in time")


def ask(client, query, **more):
    reply = client.get("/query", params={"query": query, **more}).json()
    assert reply["status"] == "success", (query, reply)
    return reply["data"]["result"]


@pytest.mark.parametrize("query", queries())
def test_every_query_finds_recorded_series(prometheus, query):
    assert ask(prometheus, query, time=time.time() - 120), query


def test_the_state_s_code_is_that_of_the_group(prometheus):
    query = next(q for q in queries() if q.startswith("max by (group)"))
    codes = {row["metric"]["group"]: row["value"][1] for row in ask(prometheus, query)}
    assert codes == {"blind": "6", "dyslexia": "5", "deaf": "4", "wheelchair": "3",
                     "epilepsy": "2", "autism": "1"}  # fmt: skip


def test_a_scrape_every_second_counts_nothing_twice_and_costs_one_look(prometheus, served):
    scrapes = 'count_over_time(audit_monitor_up{job="audit"}[1m])'
    wait_for(lambda: any(float(row["value"][1]) >= 4 for row in ask(prometheus, scrapes)))
    events = ask(prometheus, 'audit_monitor_events_total{job="audit", event="decision"}[1m]')
    assert {value for _, value in events[0]["values"]} == {str(board().health.decisions)}
    assert len(served[1]) == 1


def test_the_shipped_rules_fire_for_the_group_in_alert_and_no_other(prometheus):
    def firing():
        alerts = prometheus.get("/alerts").json()["data"]["alerts"]
        return {a["labels"].get("group") for a in alerts
                if a["labels"]["alertname"] == "AuditGroupAlert" and a["state"] == "firing"
                and a["labels"].get("job") == "audit"}  # fmt: skip

    wait_for(firing)
    assert firing() == {"blind"}


def test_the_shipped_start_for_prometheus_is_accepted(tmp_path):
    for name in ("prometheus.yaml", "prometheus-alerts.yaml"):
        (tmp_path / name).write_text(recipe(name))
    done = subprocess.run(
        [program("promtool"), "check", "config", tmp_path / "prometheus.yaml"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
