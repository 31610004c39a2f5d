"""Who is told: named in a file, with addresses and secrets from the environment."""

from __future__ import annotations

import base64
import binascii
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, get_args
from urllib.parse import urlsplit

from ruamel.yaml.comments import CommentedMap

from audit.classifiers.remote.transport import is_loopback
from audit.pipeline.yaml_file import YamlFile

Form = Literal["signed", "slack"]
_KEYS = ("name", "url_from", "secret_from", "form")
_SHORTEST_SECRET = 24
_HOW_TO_MAKE_ONE = 'make one with: echo "whsec_$(openssl rand -base64 32)"'


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    """One address that is told about alarms.

    Parameters
    ----------
    name : str
        What logs and messages call it.
    url : str
        Where to; an address of Slack is a secret itself and is never shown.
    secret : str
        Signs the messages (``whsec_`` and base64); empty for Slack.
    form : {'signed', 'slack'}
        Signed JSON, or what a Slack incoming webhook takes.
    """

    name: str
    url: str = field(repr=False)
    secret: str = field(default="", repr=False)
    form: Form = "signed"


def read_receivers(path: Path) -> tuple[Receiver, ...]:
    """Read who is told.

    Parameters
    ----------
    path : Path
        YAML with ``receivers:``, a list of ``name``, ``url_from`` and ``secret_from`` (names of
        environment variables) and ``form`` (``signed``, the default, or ``slack``).

    Returns
    -------
    tuple of Receiver

    Raises
    ------
    ConfigError
        Naming every problem with its line: a variable that is not set, an address that is no
        https:// URL, a short secret, a name given twice.
    """
    file = YamlFile(path, "the webhooks file", missing="name a file that exists")
    file.schema()
    file.known_keys(file.data, ("schema", "receivers"))
    rows = file.data.get("receivers")
    if not isinstance(rows, list) or not rows:
        file.problem("receivers must be a list of at least one", file.data, "receivers")
        rows = []
    found: dict[str, Receiver] = {}
    for row in rows:
        if not isinstance(row, CommentedMap):
            file.problem("a receiver must be a mapping with name and url_from")
            continue
        receiver = _receiver(file, row)
        if receiver.name in found:
            file.problem(f"receiver {receiver.name!r} is given twice", row, "name")
        found[receiver.name] = receiver
    file.check()
    return tuple(found.values())


def _receiver(file: YamlFile, row: CommentedMap) -> Receiver:
    """Read one receiver and note what is wrong with it."""
    file.known_keys(row, _KEYS)
    form = row.get("form", "signed")
    if form not in get_args(Form):
        file.problem(f"form must be one of {', '.join(get_args(Form))}", row, "form")
        form = "signed"
    name = file.text(row, "name", "logs name receivers by it")
    url = _from_environment(file, row, "url_from", "it names the variable that holds the address")
    if url and (wrong := _wrong_url(url)):
        file.problem(f"the address in {row['url_from']} {wrong}", row, "url_from")
    secret = ""
    if form == "signed":
        secret = _from_environment(file, row, "secret_from", "messages are signed with it")
        if secret and not _is_secret(secret):
            file.problem(
                f"the secret in {row['secret_from']} is no base64 of {_SHORTEST_SECRET} bytes or "
                "more", row, "secret_from", _HOW_TO_MAKE_ONE,
            )  # fmt: skip
    return Receiver(name=name, url=url, secret=secret, form=form)


def _from_environment(file: YamlFile, row: CommentedMap, key: str, why: str) -> str:
    """Return the value of the variable that a key names."""
    variable = file.text(row, key, why)
    value = os.environ.get(variable, "").strip() if variable else ""
    if variable and not value:
        file.problem(
            f"the environment variable {variable} is not set", row, key,
            "export it where the monitor runs; addresses and secrets are never read from files",
        )  # fmt: skip
    return value


def _wrong_url(url: str) -> str:
    """Return what is wrong with an address, without quoting it; empty where nothing is."""
    try:
        parts = urlsplit(url)
        port_is_number = parts.port is None or parts.port > 0
    except ValueError:
        return "is no URL"
    if parts.scheme not in {"http", "https"} or not parts.hostname or not port_is_number:
        return "is no https:// URL"
    if parts.username or parts.password:
        return "holds a password"
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        return "is http:// to another machine; use https://"
    return ""


def _is_secret(secret: str) -> bool:
    """Tell whether a signing secret is base64 and long enough."""
    try:
        raw = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        return False
    return len(raw) >= _SHORTEST_SECRET
