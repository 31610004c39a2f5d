"""Pages elsewhere cannot point their own name at this server and read what it shows."""

import asyncio
import http.client
from contextlib import closing

import pytest

from audit.cli.main import app as audit_app
from audit.errors import ConfigError
from tests.web.serving import serving
from tests.web.test_faults import OPTIONS, place  # noqa: F401 - a fixture

OURS = ("127.0.0.1", "127.0.0.1:8080", "127.8.9.1", "localhost:1", "LOCALHOST.", "a.localhost",
        "[::1]", "[0:0::1]:8080")  # fmt: skip
OTHERS = (
    "evil.example", "evil.example:8080", "localhost.evil.example", "127.0.0.1.evil.example",
    "notlocalhost", "10.0.0.7", "[::]", "[::2]", "", ":8080", "localhost:8080:9",
    "localhost@evil.example", "evil.example#@localhost", "localhost/..", "ｌocalhost",
)  # fmt: skip


@pytest.mark.parametrize("path", ["/notice", "/sign-in", "/openapi.json", "/static/site.css"])
def test_only_names_of_this_server_are_answered(browser, path):
    for host in OURS:
        assert browser.get(path, headers={"Host": host}).status_code == 200, host
    for host in OTHERS:
        refused = browser.get(path, headers={"Host": host.encode()})
        assert refused.status_code == 400, host
        assert "--allowed-host" in refused.text
        assert "content-security-policy" in refused.headers


def test_people_read_a_page_and_programs_json(browser):
    elsewhere = {"Host": "evil.example"}
    page = browser.get("/notice", headers=elsewhere | {"Accept-Language": "ja"})
    assert "<h1>不明な名前" in page.text
    assert "evil.example" not in page.text
    for path in ("/v1/decide", "/v1/events"):
        reply = browser.post(path, json={"text": "deaf"}, headers=elsewhere)
        assert reply.status_code == 400
        assert "AUDIT_ALLOWED_HOST" in reply.json()["detail"]


def test_a_request_names_one_host(app):
    for hosts in ([], [b"127.0.0.1", b"evil.example"], [b"127.0.0.1", b"127.0.0.1"]):
        assert asyncio.run(status_of(app, hosts)) == 400, hosts
    assert asyncio.run(status_of(app, [b"127.0.0.1"])) == 200


async def status_of(app, hosts):
    """Ask for a page with several ``Host`` headers, or none; return the status."""
    said = []

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        said.append(message)

    scope = {"type": "http", "method": "GET", "path": "/sign-in", "query_string": b"",
             "scheme": "http", "server": ("127.0.0.1", 80), "client": ("127.0.0.1", 5000),
             "http_version": "1.1", "headers": [(b"host", host) for host in hosts]}  # fmt: skip
    await app(scope, receive, send)
    return said[0]["status"]


def test_names_are_allowed_by_option_and_variable(place):  # noqa: F811 - the fixture
    names = {"AUDIT_ALLOWED_HOST": "Audit.Example 10.0.0.7"}
    with serving(*OPTIONS, "--store", "s.db", cwd=place, env=names) as served:
        address = served.url.removeprefix("http://")
        for host, status in {
            address: 200, "audit.example": 200, "AUDIT.EXAMPLE.:443": 200, "10.0.0.7": 200,
            "x.audit.example": 400, "evil.example": 400,
        }.items():  # fmt: skip
            with closing(http.client.HTTPConnection(address, timeout=60)) as server:
                server.request("GET", "/notice", headers={"Host": host})
                assert server.getresponse().status == status, host


@pytest.mark.parametrize("name", ["https://audit.example", "audit.example:443", "*", "*.a.b", " "])
def test_what_is_no_name_is_refused_before_anything_starts(name, tmp_path):
    (tmp_path / "policy.yaml").write_text("")
    given = ["serve", str(tmp_path), "--model", "vader", "--allowed-host", name]
    with pytest.raises(ConfigError) as refused:
        audit_app.main(given, standalone_mode=False)
    assert refused.value.where == "--allowed-host"
