"""``audit serve``: the guard over HTTP, and the pages for people."""

from __future__ import annotations

import ipaddress
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from audit.cli.guard import EDITED
from audit.cli.options import option, require
from audit.errors import ConfigError

if TYPE_CHECKING:
    from audit.monitor.webhooks import Receiver
    from audit.web.accounts.openid import Provider

_NEEDED = ("fastapi", "uvicorn", "sqlalchemy", "alembic", "cryptography", "argon2", "krippendorff",
           "prometheus_client", "httpx2", "tenacity", "standardwebhooks")  # fmt: skip
TOKEN = "AUDIT_TOKEN"  # noqa: S105 - the variable's name


@click.command()
@click.argument("policy", type=click.Path(exists=True))
@option("--model", "-m", required=True, metavar="SCHEME:LOCATOR",
        help="What labels the texts, as for `audit run`.")  # fmt: skip
@option("--store", metavar="STORE", default="audit.db", show_default=True,
        help="Where decisions are written: a file, or a postgresql:// URL.")  # fmt: skip
@option("--host", default="127.0.0.1", show_default=True,
        help="Address; others than this machine's own need a token.")  # fmt: skip
@option("--allowed-host", "allowed_hosts", metavar="NAME", multiple=True,
        help="A name by which a proxy or others reach this server; repeatable. Without it only "
        "loopback and --host are answered.")  # fmt: skip
@option("--port", type=click.IntRange(0, 65535), default=8080, show_default=True,
        help="Port; 0 takes a free one.")  # fmt: skip
@option("--timeout", type=click.FloatRange(min=0, min_open=True), default=10.0,
        show_default=True, help="Seconds the classifier may take.")  # fmt: skip
@click.option(
    "--shadow",
    is_flag=True,
    help="Record what the policy asks for; leave every answer to the classifier.",
)
@option(
    "--appeal-url",
    metavar="URL",
    help="Where the affected person gets a person; {reference} becomes the decision's code "
    "(default: this server's own page about the decision).",
)
@option("--webhooks", metavar="FILE", type=click.Path(exists=True, dir_okay=False),
        help="Who is told about alarms: receivers, as docs/dashboards.md describes.")  # fmt: skip
@option("--watch-every", type=click.FloatRange(min=1), default=60.0, show_default=True,
        metavar="SECONDS", help="How often new decisions are counted and looked at.")  # fmt: skip
@option("--purpose", metavar="TEXT", help="What the answers are used for, for the notice page.")
@option("--contact", metavar="TEXT", help="How else to reach a person, for the notice page.")
@click.option("--keep-text", is_flag=True,
              help="Keep texts that go to a person, encrypted, until they are erased.")  # fmt: skip
@EDITED
def serve(
    policy: str,
    model: str,
    store: str,
    host: str,
    port: int,
    *,
    allowed_hosts: tuple[str, ...],
    timeout: float,
    shadow: bool,
    appeal_url: str | None,
    webhooks: str | None,
    watch_every: float,
    purpose: str | None,
    contact: str | None,
    keep_text: bool,
    edited_because: str | None,
) -> int:
    """Serve the guard of POLICY, a run folder or its override-policy.yaml, and pages for people.

    Programs use POST /v1/decide and send the environment's AUDIT_TOKEN, where it is set, as
    `Authorization: Bearer`. Reviewers and affected people use the pages. Until somebody has set a
    password each start prints a one-time link for the first sign-in.
    """
    token = os.environ.get(TOKEN) or None
    if token is None and not _is_loopback(host):
        raise ConfigError(
            f"{host} can be reached by others, and nobody would have to say who they are",
            where="--host",
            hint=f"set {TOKEN} to a long random word, or serve on 127.0.0.1",
        )
    _check_names(allowed_hosts)
    require("serve", *_NEEDED)
    import uvicorn

    from audit.monitor.rounds import watching
    from audit.monitor.settings import follow_policy
    from audit.pipeline.safeguard import open_guard, policy_path
    from audit.review.retention import retain_daily
    from audit.review.settings import stopped
    from audit.store import open_store
    from audit.web import create_app
    from audit.web.accounts.links import first_link

    receivers = _receivers(webhooks)
    with _listening(host, port) as (listener, at), open_store(store) as opened:
        guard = open_guard(
            policy, model, sink=opened, timeout=timeout, shadow=shadow,
            appeal_url=appeal_url or _own_page(host, at), keep_text=keep_text,
            edited_because=edited_because,
            stopped=lambda: stopped(opened) is not None,
        )  # fmt: skip
        if guard.edited_because is not None:
            opened.note("policy_edited", {"because": guard.edited_because,
                                          "audit_id": guard.policy.run.id})  # fmt: skip
        follow_policy(opened, guard.policy)
        made = create_app(guard, token=token, store=opened, run=policy_path(policy).parent,
                          purpose=purpose, contact=contact, openid=_openid(),
                          hosts=(host, *allowed_hosts))  # fmt: skip
        config = uvicorn.Config(
            made, host=host, port=port, log_level="warning", access_log=False, server_header=False
        )
        link = first_link(opened)
        if link is not None:
            click.echo(
                f"First sign-in, works once, within 24 hours: {at}/sign-in/link/{link}", err=True
            )
        with watching(opened, receivers, every=watch_every, said=_say,
                      also={"retention": partial(retain_daily, opened)},
                      url=at if _own_page(host, at) else None):  # fmt: skip
            click.echo(f"Serving at {at}/v1/decide", err=True)
            uvicorn.Server(config).run(sockets=[listener])
    return 0


def _receivers(webhooks: str | None) -> tuple[Receiver, ...]:
    """Return who is told about alarms."""
    if webhooks is None:
        return ()
    from audit.monitor.webhooks import read_receivers

    return read_receivers(Path(webhooks))


def _say(what: str) -> None:
    """Say what went wrong beside the server."""
    click.echo(what, err=True)


def _openid() -> Provider | None:
    """Return the OpenID provider that the environment names, if any."""
    issuer = os.environ.get("AUDIT_OPENID_ISSUER")
    if not issuer:
        return None
    require("oidc", "authlib", "httpx", "joserfc")
    from audit.web.accounts.openid import Provider

    given = [os.environ.get(f"AUDIT_OPENID_{name}") for name in ("CLIENT_ID", "CLIENT_SECRET")]
    if not given[0] or not given[1]:
        raise ConfigError(
            "an OpenID provider needs a client id and its secret",
            where="AUDIT_OPENID_ISSUER",
            hint="set AUDIT_OPENID_CLIENT_ID and AUDIT_OPENID_CLIENT_SECRET too",
        )
    return Provider(issuer, given[0], given[1])


def _is_loopback(host: str) -> bool:
    """Tell whether an address is this machine's own."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _check_names(names: tuple[str, ...]) -> None:
    """Refuse what no ``Host`` could be equal to."""
    for name in names:
        if not name.strip() or any(sign in "/*@ []" for sign in name) or _has_port(name):
            raise ConfigError(
                f"{name!r} is no host name",
                where="--allowed-host",
                hint="give the name alone, such as audit.example.org: no https://, port or *",
            )


def _has_port(name: str) -> bool:
    """Tell a name with a port from an IPv6 address."""
    return name.count(":") == 1


def _own_page(host: str, at: str) -> str | None:
    """Return where this server explains a decision; none where its name to others is unknown."""
    return None if host in {"0.0.0.0", "::"} else f"{at}/decision/{{reference}}"  # noqa: S104


@contextmanager
def _listening(host: str, port: int) -> Iterator[tuple[socket.socket, str]]:
    """Bind first, so that the address can be said and stand in links."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
            listener.listen()  # who reads the address may connect at once, and waits
        except OSError as error:
            raise ConfigError(
                f"{host}:{port} cannot be used: {error.strerror}",
                where="--port",
                hint="choose another port, or 0 for a free one",
            ) from error
        shown = f"[{host}]" if family == socket.AF_INET6 else host
        yield listener, f"http://{shown}:{listener.getsockname()[1]}"
