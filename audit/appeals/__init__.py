"""What people concerned by a decision can do: appeal, give feedback, ask for a person, and ask why.

Nobody has to sign in or say who they are. A reference code is all that is needed, and all that is
given back. Needs the extra ``store``.
"""

from audit.appeals.asking import appeal, give_feedback, opt_out, withdraw_opt_out
from audit.appeals.explaining import DecisionAccount, account_of
from audit.appeals.failures import Failure, Unusable, confirmed_failures
from audit.appeals.filed import CannotFileError, Outcome, Receipt, Status, Why
from audit.appeals.resolving import resolve, waiting
from audit.appeals.status import status

__all__ = [
    "CannotFileError",
    "DecisionAccount",
    "Failure",
    "Outcome",
    "Receipt",
    "Status",
    "Unusable",
    "Why",
    "account_of",
    "appeal",
    "confirmed_failures",
    "give_feedback",
    "opt_out",
    "resolve",
    "status",
    "waiting",
    "withdraw_opt_out",
]
