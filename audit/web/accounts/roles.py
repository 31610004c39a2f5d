"""The roles. A person may hold several; nobody may do anything by default."""

from audit.web.language import mark

ROLES: dict[str, str] = {
    "reviewer": mark("Labels items in the queue."),
    "lead": mark("Settles disputes, sees agreement, starts the classifier again after a stop."),
    "appeals": mark("Answers appeals and feedback."),
    "monitor": mark("Reads the monitoring pages and acknowledges alarms."),
    "signer": mark("Signs off an audit."),
    "steward": mark("Decides how long data are kept, and erases."),
    "admin": mark("Manages people and their roles."),
}
"""What each role is for, as a message to translate."""
