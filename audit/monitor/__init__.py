"""Live decisions, reviews and appeals by affected group, watched for as long as a system runs.

Needs the extra ``store``.
"""

from audit.monitor.build import build_dashboard
from audit.monitor.history import acknowledge
from audit.monitor.look import look
from audit.monitor.settings import Settings, change_settings, read_settings
from audit.monitor.view import (
    Alarm,
    AlarmEvent,
    Canary,
    Dashboard,
    DataHealth,
    Feedback,
    GroupView,
    Measure,
    State,
    Totals,
    Window,
)

__all__ = [
    "Alarm",
    "AlarmEvent",
    "Canary",
    "Dashboard",
    "DataHealth",
    "Feedback",
    "GroupView",
    "Measure",
    "Settings",
    "State",
    "Totals",
    "Window",
    "acknowledge",
    "build_dashboard",
    "change_settings",
    "look",
    "read_settings",
]
