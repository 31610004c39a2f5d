"""Events to take in."""

from datetime import UTC, datetime, timedelta

START = datetime(2026, 1, 5, tzinfo=UTC)  # a Monday


def decision(number, *, groups=("deaf",), label="Positive", day=0, hour=9, **more):
    """A decision of a day after `START`."""
    moment = START + timedelta(days=day, hours=hour)
    return {"event": "decision", "id": f"d{number}", "time": moment.isoformat(),
            "groups": list(groups), "label": label, **more}  # fmt: skip


def review(number, *, action="keep", day=0, hour=12, of=None, **more):
    """A review of decision ``of``, by default the one with its own number."""
    moment = START + timedelta(days=day, hours=hour)
    return {"event": "review", "id": f"r{number}", "time": moment.isoformat(),
            "decision_id": f"d{number if of is None else of}", "action": action,
            **more}  # fmt: skip


def sent(number, *, event="appeal", action="filed", day=0, of=None, **more):
    """What a person sent, or the answer to it."""
    moment = START + timedelta(days=day, hours=15)
    about = None if of is None else f"d{of}"
    return {"event": event, "id": f"s{number}{action}", "time": moment.isoformat(),
            "filing_id": f"s{number}filed", "decision_id": about, "action": action,
            **more}  # fmt: skip
