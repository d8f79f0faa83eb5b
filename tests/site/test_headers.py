"""What every answer carries, whoever made it, on both servers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from chatproject.headers import SECURITY_HEADERS
from tests.support.server import on_both_servers

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.server import Server

pytestmark = pytest.mark.once

PATHS = {
    "a page": ("/accounts/login/", 200),
    "a redirect": ("/c/", 302),
    "a missing page": ("/nothing-here/", 404),
    "a missing file": ("/static/nothing.js", 404),
    "a file": ("/static/css/base.css", 200),
    "health": ("/healthz", 200),
    "readiness": ("/readyz", 200),
    "the admin": ("/admin/login/", 302),
}
OWN_CACHING = {"a file", "a page"}


@on_both_servers
@pytest.mark.parametrize("kind", PATHS)
def test_headers_are_on_every_answer(server: Server, kind: str) -> None:
    path, status = PATHS[kind]
    answer = server.get(path)
    assert answer.status == status
    expected = {n: v for n, v in SECURITY_HEADERS.items() if n != "cache-control" or kind not in OWN_CACHING}
    assert {name: answer.headers.get(name) for name in expected} == expected


@on_both_servers
def test_headers_name_no_software_and_no_foreign_origin(server: Server) -> None:
    answer = server.get("/static/css/base.css", Origin="https://evil.example")
    assert "server" not in answer.headers
    assert "x-powered-by" not in answer.headers
    assert not [name for name in answer.headers if name.startswith("access-control")]


@on_both_servers
def test_headers_are_on_what_the_door_refuses(server: Server) -> None:
    answer = server.request("TRACE", "/")
    assert answer.status == 405
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_headers_over_https_are_strict(fresh_server: Callable[..., Server]) -> None:
    server = fresh_server(PUBLIC_URL="https://chat.example.org")
    server.start()
    answer = server.get("/accounts/login/", Host="chat.example.org", X_Forwarded_Proto="https")
    assert answer.status == 200
    assert answer.headers["strict-transport-security"] == "max-age=31536000; includeSubDomains"
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-csrf=")
    assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))
    redirect = server.get("/accounts/login/", Host="chat.example.org")
    assert (redirect.status, redirect.headers["location"]) == (301, "https://chat.example.org/accounts/login/")
