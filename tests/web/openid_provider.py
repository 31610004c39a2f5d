"""A small OpenID provider on this machine: real redirects, codes, PKCE, signatures."""

from __future__ import annotations

import hashlib
import socket
import threading
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

import uvicorn
from fastapi import FastAPI, Form, HTTPException
from fastapi.responses import RedirectResponse
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

CLIENT, SECRET = "audit", "between-us"


class OpenIdServer:
    """The provider; tests set who signs in and what goes wrong."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.key = RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})
        self.signing = self.key
        self.person: dict[str, Any] = {
            "sub": "7", "email": "bo@example.org", "email_verified": True,
        }  # fmt: skip
        self.wrong: dict[str, Any] = {}
        self.codes: dict[str, dict[str, str]] = {}

    def app(self) -> FastAPI:
        """Return the endpoints."""
        app = FastAPI()

        @app.get("/.well-known/openid-configuration")
        def configuration() -> dict[str, str]:
            return {
                "issuer": self.url, "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token", "jwks_uri": f"{self.url}/keys",
            }  # fmt: skip

        @app.get("/keys")
        def keys() -> dict[str, Any]:
            return KeySet([self.key]).as_dict(private=False)

        @app.get("/authorize")
        def authorize(
            client_id: str, redirect_uri: str, state: str, nonce: str, code_challenge: str
        ) -> RedirectResponse:
            code = f"code-{len(self.codes)}"
            self.codes[code] = {"client": client_id, "nonce": nonce, "challenge": code_challenge}
            return RedirectResponse(f"{redirect_uri}?{urlencode({'code': code, 'state': state})}")

        @app.post("/token")
        def token(code: str = Form(), code_verifier: str = Form()) -> dict[str, Any]:
            kept = self.codes.pop(code, None)
            digest = hashlib.sha256(code_verifier.encode()).digest()
            challenge = urlsafe_b64encode(digest).rstrip(b"=").decode()
            if kept is None or kept["challenge"] != challenge:
                raise HTTPException(400, "invalid_grant")
            claims = {
                "iss": self.url, "aud": kept["client"], "nonce": kept["nonce"],
                "iat": int(time.time()), "exp": int(time.time()) + 300, **self.person,
            } | self.wrong  # fmt: skip
            signed = jwt.encode({"alg": "RS256", "kid": "one"}, claims, self.signing)
            return {"access_token": "x", "token_type": "Bearer", "id_token": signed}

        return app


@contextmanager
def openid_server() -> Iterator[OpenIdServer]:
    """Run the provider on a free port."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        made = OpenIdServer(f"http://127.0.0.1:{listener.getsockname()[1]}")
        config = uvicorn.Config(made.app(), log_level="error", lifespan="off")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield made
        server.should_exit = True
        thread.join(10)
