"""Whoever does not read makes the other side wait, a client as the application; nobody fills the server's memory."""

from __future__ import annotations

import json
import os
import socket
import struct
import sys
import urllib.request
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.site.flood import FRAMES
from tests.support.homes import ROOT, SECRETS
from tests.support.ports import free_port
from tests.support.processes import start_process, stop_process, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

MEGABYTES_IN_FLIGHT = 20
HANDSHAKE = (
    "GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
ASKING = "GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
"""On a connection that stays open."""


class Flooder:
    def __init__(self, port: int, pid: int) -> None:
        self.port = port
        self.pid = pid

    def state(self, path: str = "/") -> dict[str, Any]:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=20) as answer:
            found: dict[str, Any] = json.load(answer)
            return found

    def open(self, path: str = "/ws/", request: str = HANDSHAKE) -> socket.socket:
        line = socket.create_connection(("127.0.0.1", self.port), timeout=20)
        line.sendall(request.format(path=path).encode())
        return line

    def wait_until_blocked(self) -> int:
        """Wait until a send has been hanging for a second; return how many went through before."""

        def is_blocked() -> bool:
            state = self.state()
            return bool(0 < state["sent"] < FRAMES and state["quiet"] > 1)

        wait_until(is_blocked, what="a send to wait")
        return int(self.state()["sent"])

    def memory(self) -> int:
        """Give the resident memory in MiB."""
        pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") >> 20


@pytest.fixture
def flooder(tmp_path: Path) -> Iterator[Flooder]:
    port = free_port()
    variables = {**SECRETS, "DATABASE_URL": f"sqlite:///{tmp_path}/none.sqlite3", "REDIS_URL": ""}
    environment = {**os.environ, **variables, "DJANGO_SETTINGS_MODULE": "chatproject.settings"}
    process = start_process([sys.executable, "-m", "tests.site.flood", str(port)], cwd=ROOT, env=environment)
    flooder = Flooder(port, process.pid)
    try:
        wait_until(lambda: answers(flooder), what="the flooder to answer")
        yield flooder
    finally:
        stop_process(process)


def send_until_blocked(line: socket.socket, data: memoryview) -> memoryview:
    """Return what was not sent."""
    with suppress(TimeoutError):
        while data:
            data = data[line.send(data) :]
    return data


def answers(flooder: Flooder) -> bool:
    try:
        return bool(flooder.state())
    except OSError:
        return False


of_sockets_and_answers = pytest.mark.parametrize(("path", "request_"), [("/ws/", HANDSHAKE), ("/flood", ASKING)])


@of_sockets_and_answers
def test_send_waits_for_a_slow_reader_and_goes_on(flooder: Flooder, path: str, request_: str) -> None:
    before = flooder.memory()
    with flooder.open(path, request_) as line:
        assert flooder.wait_until_blocked() <= MEGABYTES_IN_FLIGHT
        assert flooder.memory() - before < 2 * MEGABYTES_IN_FLIGHT
        received = 0
        while received < FRAMES << 20:
            received += len(line.recv(1 << 20))
    wait_until(lambda: flooder.state()["sent"] == FRAMES, what="the last frame to be counted")


def test_frames_wait_for_a_slow_application_and_go_on(flooder: Flooder) -> None:
    frame = struct.pack("!BBQI", 0x82, 0xFF, 1 << 20, 0) + bytes(1 << 20)
    rest = memoryview(frame * FRAMES)
    before = flooder.memory()
    with flooder.open("/deaf/") as line:
        assert b"101" in line.recv(4096)
        line.settimeout(1)
        rest = send_until_blocked(line, rest)
        assert rest
        assert flooder.memory() - before < 2 * MEGABYTES_IN_FLIGHT
        flooder.state("/listen")
        line.settimeout(20)
        line.sendall(rest)
        wait_until(lambda: flooder.state()["received"] == FRAMES, what="the application to have taken all frames")


@of_sockets_and_answers
def test_send_ends_when_the_reader_is_gone(flooder: Flooder, path: str, request_: str) -> None:
    with flooder.open(path, request_):
        flooder.wait_until_blocked()
    wait_until(lambda: flooder.state()["sent"] == FRAMES, what="the application to come to its end")


@pytest.mark.parametrize("path", ["/unfinished", "/broken"])
def test_answer_that_stays_unfinished_is_cut_and_forgotten(flooder: Flooder, path: str) -> None:
    with flooder.open(path, ASKING) as line:
        told = b""
        with suppress(ConnectionResetError):
            while piece := line.recv(4096):
                told += piece
    assert b"0\r\n\r\n" not in told
    wait_until(lambda: flooder.state()["connections"] == 1, within=10, what="the connection to be forgotten")
