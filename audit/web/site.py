"""What the pages are about: the store, the guard, the run behind its policy."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from fastapi import Request

from audit.oversight import Guard
from audit.store import Store
from audit.web.rates import Rates

if TYPE_CHECKING:
    from audit.web.accounts.openid import Provider


@dataclass(frozen=True)
class Site:
    """Given to every page by `site_of`.

    Parameters
    ----------
    store : Store
        Open.
    guard : Guard
        What decides.
    run : Path, optional
        The folder of the policy; a run folder where the policy lies in one.
    purpose, contact : str, optional
        What the answers are used for, and how else to reach a person: for the notice.
    openid : Provider, optional
        Where people can sign in besides here.
    rates : Rates
        How often public forms were sent.
    """

    store: Store
    guard: Guard
    run: Path | None = None
    purpose: str | None = None
    contact: str | None = None
    openid: Provider | None = None
    rates: Rates = field(default_factory=Rates)


def site_of(request: Request) -> Site:
    """Return the site that a request came to."""
    site: Site = request.app.state.site
    return site
