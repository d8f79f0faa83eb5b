"""A large file comes in and goes out whole on both servers, and only where it is meant to."""

from __future__ import annotations

import re
import socket
from contextlib import ExitStack
from select import select
from typing import TYPE_CHECKING
from uuid import uuid4

import orjson
import pytest

from tests.support.processes import wait_until
from tests.support.server import on_both_servers

if TYPE_CHECKING:
    from tests.support.people import Person
    from tests.support.server import Answer, Server

MEGABYTE = 1 << 20
TOKEN = "t" * 32
DATA = "/settings/data/"


def send(server: Server, person: Person, path: str, content: bytes) -> Answer:
    border = uuid4().hex
    head = f'--{border}\r\nContent-Disposition: form-data; name="file"; filename="a.json"\r\n\r\n'
    headers = {
        "Content-Type": f"multipart/form-data; boundary={border}",
        "Cookie": f"{person.cookie}; csrf={TOKEN}",
        "X-CSRFToken": TOKEN,
    }
    body = head.encode() + content + f"\r\n--{border}--\r\n".encode()
    return server.request("POST", path, headers=headers, body=body)


@on_both_servers
def test_file_of_many_megabytes_comes_in_and_goes_out(server: Server) -> None:
    alice = server.sign_up()
    words = "Words and more words. " * 4_000
    rows = [
        {"uuid": f"c{number}", "name": "T", "chat_messages": [{"uuid": "m", "sender": "human", "text": words}]}
        for number in range(60)
    ]
    assert send(server, alice, f"{DATA}imports/", orjson.dumps(rows)).status == 302
    wait_until(lambda: "60 conversations of Claude" in server.get(DATA, alice).text, what="the look at the file")
    found = re.search(rf"{DATA}imports/[0-9a-f-]+/take/", server.get(DATA, alice).text)
    assert found
    assert server.post(found[0], alice).status == 302
    wait_until(lambda: "60 conversations added" in server.get(DATA, alice).text, what="the import", within=60)
    assert server.post(f"{DATA}exports/", alice, format="json").status == 302
    wait_until(lambda: "Download" in server.get(DATA, alice).text, what="the export")
    found = re.search(rf'href="({DATA}exports/[^"]+)"', server.get(DATA, alice).text)
    assert found
    answer = server.get(found[1], alice)
    assert len(answer.body) == int(answer.headers["content-length"]) > 5 * MEGABYTE
    assert {one["messages"][0]["content"] for one in orjson.loads(answer.body)} == {words}
    assert server.get(found[1], server.sign_up("bob")).status == 404


@on_both_servers
@pytest.mark.parametrize(
    ("path", "most"), [("imports/", 701), ("imports", 3), ("exports/", 3), ("", 3), ("imports/x/", 3)]
)
def test_declared_body_over_the_limit_is_refused_unread(server: Server, path: str, most: int) -> None:
    headers = {"Content-Length": str(most * MEGABYTE)}
    assert server.request("POST", DATA + path, headers=headers).status == 413


@on_both_servers
@pytest.mark.parametrize("query", ["", "?a=%00"])
def test_large_files_of_a_person_come_one_at_a_time(server: Server, query: str) -> None:
    alice = server.sign_up()
    head = (
        f"POST {DATA}imports/{query} HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nCookie: {alice.cookie}\r\n"
        f"Content-Type: multipart/form-data; boundary=x\r\nContent-Length: {5 * MEGABYTE}\r\n\r\n"
    )
    with ExitStack() as stack:
        lines = [stack.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=20)) for _ in "ab"]
        for line in lines:
            line.sendall(head.encode())
        if not query:  # the other one waits for the rest
            (refused,), _, _ = select(lines, [], [], 20)
            answer = refused.recv(64 * 1024).decode()
            assert answer.startswith("HTTP/1.1 409")
            assert "You are sending a file already." in answer
    content = orjson.dumps(
        [{"uuid": "c", "chat_messages": [{"uuid": "m", "sender": "human", "text": "x" * 4_000_000}]}]
    )
    wait_until(lambda: try_to_send(server, alice, content) == 302, what="the next file")


def try_to_send(server: Server, person: Person, content: bytes) -> int:
    try:
        return send(server, person, f"{DATA}imports/", content).status
    except (BrokenPipeError, ConnectionResetError):
        return 409  # it answered and closed while we were still sending
