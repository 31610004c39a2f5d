"""Signing in by an OpenID provider: authorisation code with PKCE, state and nonce (authlib).

Needs the extra ``oidc``. An identity belongs to an account once it signed in; the first time it is
tied to the active account whose name is its verified e-mail address. It never makes an account.
"""

from __future__ import annotations

import hmac
import json
import secrets
from dataclasses import dataclass
from typing import Any

from authlib.integrations.httpx_client import OAuth2Client
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from sqlalchemy import func, select, update

from audit.errors import ConfigError
from audit.store import Store
from audit.store.state_tables import ACCOUNTS
from audit.web.accounts.accounts import Account, account, by_subject

ALGORITHMS = ["RS256", "PS256", "ES256", "EdDSA"]
_TIMEOUT = 10.0


class OpenIdError(Exception):
    """The provider's answer cannot be trusted, or there is none."""


@dataclass(frozen=True, slots=True)
class Started:
    """A sign-in that has begun: where to go, and what the browser keeps to prove it was it."""

    url: str
    proof: str


class Provider:
    """One OpenID provider.

    Parameters
    ----------
    issuer : str
        Its address; ``https``, or ``http`` on this machine.
    client_id, client_secret : str
        How this server is registered there.

    Raises
    ------
    ConfigError
        If the address is not one.
    """

    def __init__(self, issuer: str, client_id: str, client_secret: str) -> None:
        local = issuer.startswith(("http://127.0.0.1:", "http://localhost:", "http://[::1]:"))
        if not (issuer.startswith("https://") or local):
            raise ConfigError("the OpenID issuer must be an https address", where=issuer)
        self._issuer = issuer.rstrip("/")
        self._id, self._secret = client_id, client_secret
        self._found: dict[str, Any] | None = None

    def begin(self, redirect: str) -> Started:
        """Return where to send the browser.

        Raises
        ------
        OpenIdError
            If the provider does not answer.
        """
        with self._client(redirect) as client:
            verifier, nonce = secrets.token_urlsafe(48), secrets.token_urlsafe(24)
            url, state = client.create_authorization_url(
                self._metadata(client)["authorization_endpoint"], nonce=nonce,
                code_challenge=create_s256_code_challenge(verifier), code_challenge_method="S256",
            )  # fmt: skip
        return Started(url, json.dumps([state, nonce, verifier]))

    def finish(self, proof: str, redirect: str, *, state: str, code: str) -> dict[str, Any]:
        """Return the verified claims about who signed in.

        Raises
        ------
        OpenIdError
            If this browser did not begin it, or a signature, issuer, audience, time or nonce is
            wrong.
        """
        try:
            known, nonce, verifier = json.loads(proof)
        except (ValueError, TypeError) as error:
            raise OpenIdError("this browser began no sign-in") from error
        if not state or not hmac.compare_digest(str(known).encode(), state.encode()):
            raise OpenIdError("this browser began another sign-in")
        with self._client(redirect) as client:
            found = self._metadata(client)
            try:
                token = client.fetch_token(
                    found["token_endpoint"], code=code, code_verifier=verifier
                )
                keys = client.request("GET", found["jwks_uri"], withhold_token=True).json()
                claims: dict[str, Any] = jwt.decode(
                    token["id_token"], KeySet.import_key_set(keys), algorithms=ALGORITHMS
                ).claims
                jwt.JWTClaimsRegistry(
                    leeway=60,
                    iss={"essential": True, "value": found["issuer"]},
                    aud={"essential": True, "value": self._id},
                    exp={"essential": True},
                    sub={"essential": True},
                    nonce={"essential": True, "value": nonce},
                ).validate(claims)
            except JoseError as error:
                raise OpenIdError(f"the identity is not proven: {error.error}") from error
            except Exception as error:  # whatever a provider sends ends in a refusal, not here
                raise OpenIdError(f"the provider refused: {type(error).__name__}") from error
        return claims

    def _client(self, redirect: str) -> OAuth2Client:
        return OAuth2Client(
            self._id, self._secret, scope="openid email", redirect_uri=redirect, timeout=_TIMEOUT
        )

    def _metadata(self, client: OAuth2Client) -> dict[str, Any]:
        """Return what the provider publishes about itself, asked for once."""
        if self._found is None:
            try:
                reply = client.request(
                    "GET", f"{self._issuer}/.well-known/openid-configuration", withhold_token=True
                )
                found = reply.raise_for_status().json()
            except Exception as error:
                raise OpenIdError("the provider does not answer") from error
            if str(found.get("issuer", "")).rstrip("/") != self._issuer:
                raise OpenIdError("the provider names another issuer")
            self._found = found
        return self._found


def person_of(store: Store, claims: dict[str, Any]) -> Account | None:
    """Return whose identity this is, tied to an account the first time, or ``None``."""
    subject = f"{claims['iss']} {claims['sub']}"[:400]
    found = by_subject(store, subject)
    email = str(claims.get("email", "")).strip().lower()
    if found is not None or not email or claims.get("email_verified") is not True:
        return found
    free = (
        func.lower(ACCOUNTS.c.name) == email,
        ACCOUNTS.c.subject.is_(None),
        ACCOUNTS.c.active.is_(True),
    )
    with store.writing("state") as connection:
        row = connection.execute(select(ACCOUNTS.c.id).where(*free)).first()
        if row is None:
            return None
        connection.execute(update(ACCOUNTS).where(ACCOUNTS.c.id == row.id).values(subject=subject))
    store.note("identity_tied", {"account": row.id})
    return account(store, row.id)
