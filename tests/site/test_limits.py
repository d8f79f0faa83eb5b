"""What the door refuses, on both servers, and that the process goes on."""

from __future__ import annotations

import http.client
import socket
from typing import TYPE_CHECKING

import pytest

from tests.support.server import on_both_servers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.server import Server

pytestmark = pytest.mark.once

MEGABYTE = b"x" * (1 << 20)


def send_raw(server: Server, request: str) -> int:
    """Send bytes as they are; return the status, or 0 when the server only hangs up."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as line:
        line.sendall(request.replace("\n", "\r\n").encode("latin-1"))
        answer = line.recv(4096).split(b" ", 2)
        return int(answer[1]) if len(answer) > 1 else 0


def still_serves(server: Server) -> bool:
    return server.is_running and server.get("/healthz").status == 200


@on_both_servers
@pytest.mark.parametrize("method", ["TRACE", "BREW", "CONNECT"])
def test_strange_methods_are_refused(server: Server, method: str) -> None:
    assert send_raw(server, f"{method} / HTTP/1.1\nHost: 127.0.0.1:{server.port}\nConnection: close\n\n") in {400, 405}


@on_both_servers
@pytest.mark.parametrize("path", ["/accounts/login/?next=%00", "/c/%00/"])
def test_nul_in_an_address_is_refused(server: Server, path: str) -> None:
    assert server.get(path).status == 400


@on_both_servers
def test_declared_body_over_the_limit_is_refused_unread(server: Server) -> None:
    answer = server.request("POST", "/accounts/login/", headers={"Content-Length": str(1 << 30)})
    assert answer.status == 413


@on_both_servers
def test_endless_body_is_refused(server: Server) -> None:
    def body() -> Iterator[bytes]:
        for _ in range(32):
            yield MEGABYTE

    try:
        status = server.request("POST", "/accounts/login/", body=body()).status
    except (BrokenPipeError, ConnectionResetError):
        status = 413  # it answered and closed while we were still sending
    assert status == 413
    assert still_serves(server)


@on_both_servers
def test_flood_of_headers_is_refused(server: Server) -> None:
    flood = "".join(f"X-Flood: {number}\n" for number in range(10_000))
    request = f"GET / HTTP/1.1\nHost: 127.0.0.1:{server.port}\n{flood}\n"
    try:
        status = send_raw(server, request)
    except (BrokenPipeError, ConnectionResetError):
        status = 0
    assert status in {0, 400, 431}
    assert still_serves(server)


@on_both_servers
@pytest.mark.parametrize("byte", ["\x0b", "\x0c", "\x1c", "\x00"])
def test_control_characters_in_headers_are_refused(server: Server, byte: str) -> None:
    assert send_raw(server, f"GET / HTTP/1.1\nHost: 127.0.0.1:{server.port}\nX-A: a{byte}b\n\n") in {0, 400}
    assert still_serves(server)


@on_both_servers
def test_two_lengths_are_refused(server: Server) -> None:
    smuggled = "Content-Length: 4\nTransfer-Encoding: chunked\n\n0\n\n"
    assert send_raw(server, f"POST /accounts/login/ HTTP/1.1\nHost: 127.0.0.1:{server.port}\n{smuggled}") in {0, 400}


@on_both_servers
def test_forwarded_names_are_not_believed(server: Server) -> None:
    answer = server.get("/c/", X_Forwarded_Host="evil.example", X_Forwarded_Proto="https", Daphne_Root_Path="/evil")
    assert answer.status == 302
    assert answer.headers["location"] == "/accounts/login/?next=/c/"


@on_both_servers
def test_foreign_host_is_refused_without_an_inside(server: Server) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    connection.request("GET", "/accounts/login/", headers={"Host": "evil.example"})
    response = connection.getresponse()
    text = response.read().decode()
    connection.close()
    assert response.status == 400
    assert "evil.example" not in text
    assert "ALLOWED_HOSTS" not in text
