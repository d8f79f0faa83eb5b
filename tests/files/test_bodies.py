"""How much one request may bring to the address of files, on both servers, and to all others as little as ever."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from tests.files import samples
from tests.support.server import on_both_servers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.people import Person
    from tests.support.server import Answer, Server

MEGABYTE = 1 << 20
TOKEN = "t" * 64


def send(server: Server, person: Person, name: str, data: bytes) -> Answer:
    border = uuid4().hex
    head = f'--{border}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
    return server.request(
        "POST",
        "/files/",
        body=head.encode() + data + f"\r\n--{border}--\r\n".encode(),
        headers={
            "Content-Type": f"multipart/form-data; boundary={border}",
            "Cookie": f"{person.cookie}; csrf={TOKEN[:32]}",
            "X-CSRFToken": TOKEN[:32],
            "Accept": "application/json",
        },
    )


@on_both_servers
def test_file_of_many_megabytes_comes_in_whole(server: Server) -> None:
    answer = send(server, server.sign_up(), "log.txt", b"line\n" * (3 * MEGABYTE))
    assert (answer.status, answer.json()["note"]) == (201, "Only its first 200,000 characters are used.")


@on_both_servers
def test_picture_comes_back_only_to_its_person(server: Server) -> None:
    alice, bob = server.sign_up("alice"), server.sign_up("bob")
    told = send(server, alice, "a.jpg", samples.photograph("secret")).json()
    answer = server.get(told["url"], alice)
    assert (answer.status, answer.headers["content-type"]) == (200, "image/jpeg")
    assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox; frame-ancestors 'none'"
    assert answer.headers["content-disposition"] == 'attachment; filename="a.jpg"'
    assert b"secret" not in answer.body
    assert server.get(told["url"], bob).status == 404


@on_both_servers
def test_byte_too_many_is_refused(server: Server) -> None:
    answer = send(server, server.sign_up(), "log.txt", b"x" * (20 * MEGABYTE + 1))
    assert (answer.status, answer.json()["error"]["code"]) == (413, "too_large")


@on_both_servers
@pytest.mark.parametrize(("path", "most"), [("/files/", 21), ("/files", 3), ("/files/x/", 3), ("//files/", 3)])
def test_declared_body_over_the_limit_is_refused_unread(server: Server, path: str, most: int) -> None:
    assert server.request("POST", path, headers={"Content-Length": str(most * MEGABYTE)}).status == 413


@on_both_servers
def test_endless_file_is_cut_off(server: Server) -> None:
    def body() -> Iterator[bytes]:
        for _ in range(64):
            yield b"x" * MEGABYTE

    try:
        status = server.request("POST", "/files/", body=body()).status
    except (BrokenPipeError, ConnectionResetError):
        status = 413  # it answered and closed while we were still sending
    assert status == 413
    assert server.get("/healthz").status == 200
