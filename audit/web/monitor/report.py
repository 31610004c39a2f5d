"""The monitoring pages as one file that needs no server, no script and no network."""

from __future__ import annotations

import base64
import hashlib
from importlib.resources import files

from audit.monitor import Dashboard
from audit.web.monitor.routes import shown
from audit.web.monitor.rows import Links
from audit.web.pages import environment

_SHEETS = ("site.css", "monitor.css")


def render_monitor_report(board: Dashboard) -> str:
    """Return a dashboard as one HTML file.

    Parameters
    ----------
    board : Dashboard
        What is shown.

    Returns
    -------
    str
        The same for the same dashboard.
    """
    groups = {group.id: f"group-{place}" for place, group in enumerate(board.groups, 1)}
    alarms = {alarm.id: f"alarm-{place}" for place, alarm in enumerate(board.alarms, 1)}
    links = Links(
        overview="#overview", alarms="#alarms", feedback="#feedback", data="#data",
        group=lambda name: f"#{groups[name]}" if name in groups else "#groups",
        alarm=lambda name: f"#{alarms[name]}",
    )  # fmt: skip
    folder = files("audit.web").joinpath("static")
    css = "".join(folder.joinpath(name).read_text("utf-8") for name in _SHEETS)
    digest = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
    template = environment("en").get_template("monitor/report.html")
    return template.render(shown(board, links), css=css, css_hash=f"sha256-{digest}")
