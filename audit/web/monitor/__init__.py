"""Monitoring for people: pages of the server, and the same as one file."""

from audit.web.monitor.current import Current
from audit.web.monitor.report import render_monitor_report
from audit.web.monitor.routes import router

__all__ = ["Current", "render_monitor_report", "router"]
