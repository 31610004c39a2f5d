"""The monitoring pages and ``/metrics``: all read one dashboard, whoever asks how often."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Form, Header, HTTPException, Request
from fastapi.responses import Response

from audit.errors import ConfigError
from audit.monitor import Alarm, Dashboard, acknowledge
from audit.monitor.metrics import MonitorCollector, render_metrics
from audit.monitor.webhooks import delivery_counts
from audit.web.access import BEARER, PUBLIC, allow
from audit.web.accounts.accounts import Account
from audit.web.monitor.current import Current
from audit.web.monitor.rows import WORDS, Links
from audit.web.pages import go_to, page
from audit.web.site import site_of

router = APIRouter(include_in_schema=False)
Reader = Annotated[Account, allow("monitor", "lead")]
DONE = "Acknowledged. The alarm stays in the history."


def _below(path: str, name: str) -> str:
    return f"{path}/{quote(name, safe='')}"


LINKS = Links(
    overview="/monitor", alarms="/monitor/alarms", feedback="/monitor/feedback",
    data="/monitor/data", group=lambda name: _below("/monitor/groups", name),
    alarm=lambda name: _below("/monitor/alarms", name),
)  # fmt: skip


@router.get("/monitor")
def overview(request: Request, _: Reader) -> Response:
    """Show how every group stands."""
    return _show(request, "overview", "Monitoring by affected group")


@router.get("/monitor/groups/{name:path}")
def group(request: Request, name: str, _: Reader) -> Response:
    """Show everything about one group."""
    view = next((each for each in _board(request).groups if each.id == name), None)
    if view is None:
        raise HTTPException(404)
    return _show(request, "group", view.label, view=view)


@router.get("/monitor/alarms")
def alarms(request: Request, _: Reader) -> Response:
    """Show what stands and what stood."""
    return _show(request, "alarms", "Alarms")


@router.get("/monitor/alarms/{name}")
def alarm(request: Request, name: str, _: Reader, done: str = "") -> Response:
    """Show one alarm, with room to acknowledge it."""
    notice = DONE if done else None
    return _show(request, "alarm", "Alarm", one=_alarm(request, name), reason="", notice=notice)


@router.post("/monitor/alarms/{name}/acknowledge")
def acknowledged(
    request: Request, name: str, person: Reader, reason: Annotated[str, Form()] = ""
) -> Response:
    """Write down that somebody knows, and why the alarm may rest."""
    one = _alarm(request, name)
    try:
        acknowledge(site_of(request).store, one.id, by=person.name, reason=reason)
    except ConfigError as error:
        return _show(request, "alarm", "Alarm", 422, one=one, reason=reason[:2000],
                     fault=f"{error.what}.")  # fmt: skip
    _current(request).forget()
    return go_to(LINKS.alarm(one.id), done="1")


@router.get("/monitor/feedback")
def feedback(request: Request, _: Reader) -> Response:
    """Show what people sent."""
    return _show(request, "feedback", "Feedback")


@router.get("/monitor/data")
def data(request: Request, _: Reader) -> Response:
    """Show whether the data can be believed."""
    return _show(request, "data", "Data health")


@router.get("/metrics", dependencies=[BEARER])
def metrics(request: Request, accept: Annotated[str, Header()] = "") -> Response:
    """Return the metrics that Prometheus scrapes."""
    store = site_of(request).store
    collector = MonitorCollector(_current(request), lambda: delivery_counts(store))
    content_type, body = render_metrics(collector, accept)
    return Response(body, headers={"Content-Type": content_type})


@router.get("/static/monitor.css", dependencies=[PUBLIC])
def stylesheet() -> Response:
    """Return the stylesheet of these pages."""
    return Response(_stylesheet(), media_type="text/css", headers={"Cache-Control": "max-age=300"})


@lru_cache(maxsize=1)
def _stylesheet() -> bytes:
    return files("audit.web").joinpath("static", "monitor.css").read_bytes()


def _current(request: Request) -> Current:
    current: Current = request.app.state.current
    return current


def _board(request: Request) -> Dashboard:
    return _current(request)()


def _alarm(request: Request, name: str) -> Alarm:
    """Return an alarm, or answer that there is none."""
    found = next((each for each in _board(request).alarms if each.id == name), None)
    if found is None:
        raise HTTPException(404)
    return found


def _show(
    request: Request, name: str, heading: str, status: int = 200, **more: Any
) -> Response:  # fmt: skip
    """Render one page; its words are English in every language so far."""
    context = shown(_board(request), LINKS) | {"heading": heading, "lang": "en"} | more
    return page(request, f"monitor/{name}.html", status, **context)


def shown(board: Dashboard, links: Links) -> dict[str, Any]:
    """Return what every monitoring template names."""
    by_id = {measure.id: measure for measure in board.measures}
    return WORDS | {
        "board": board,
        "links": links,
        "measure_of": lambda alarm: by_id[alarm.measure],
    }
