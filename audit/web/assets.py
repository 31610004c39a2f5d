"""The one stylesheet, from this server."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response

from audit.web.access import PUBLIC, SIGNED_IN

router = APIRouter()


@lru_cache(maxsize=1)
def _stylesheet() -> bytes:
    return files("audit.web").joinpath("static", "site.css").read_bytes()


@router.get("/static/site.css", dependencies=[PUBLIC], include_in_schema=False)
def stylesheet() -> Response:
    """Return the stylesheet."""
    return Response(_stylesheet(), media_type="text/css", headers={"Cache-Control": "max-age=300"})


@router.get("/", dependencies=[SIGNED_IN], include_in_schema=False)
def start() -> RedirectResponse:
    """Lead to the account, which lists what a person may do."""
    return RedirectResponse("/account", 303)
