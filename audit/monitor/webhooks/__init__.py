"""Signed webhooks: who is told about alarms, what they are told, and the log of it."""

from audit.monitor.webhooks.delivery import Courier, Delivered, delivery_counts
from audit.monitor.webhooks.message import Message, messages
from audit.monitor.webhooks.receivers import Receiver, read_receivers

__all__ = [
    "Courier",
    "Delivered",
    "Message",
    "Receiver",
    "delivery_counts",
    "messages",
    "read_receivers",
]
