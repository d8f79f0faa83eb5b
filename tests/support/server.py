"""A real server process: the site as people run it, with a database of its own.

In a test::

    @on_both_servers                       # without it: daphne, as `make run` has it
    async def test_x(server, fake):
        alice = server.sign_up()           # alice.email, alice.password, alice.cookie, alice.user_id
        token = server.give_token(alice)   # server.get("/api/me", Authorization=f"Bearer {token}")
        answer = server.get("/c/", alice)  # answer.status, answer.headers, answer.text, answer.json()
        async with server.connect(alice) as socket:
            ...                            # see tests/support/socket.py
        with server.database():            # the ORM, in this thread, on the server's database
            assert Message.objects.count() == 2
        server.kill(); server.start()      # kill -9, and back on the same port with the same data

``server`` is shared by the tests of one process: what one leaves behind, the next one finds, so sign up new people
instead of counting rows. ``fresh_server(kind, **environment)`` gives one that nobody else has. ``server.log`` is all
it has written so far. ``fake`` is the provider it asks, see ``tests/fake_provider``.
"""

from __future__ import annotations

import http.client
import json
import os
import secrets
import signal
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest

from tests.support.database import default_database
from tests.support.homes import ROOT, Home
from tests.support.people import Person, make_person
from tests.support.ports import free_port
from tests.support.processes import start_process, stop_process, wait_until
from tests.support.socket import ChatSocket

if TYPE_CHECKING:
    from collections.abc import Iterable
    from contextlib import AbstractContextManager
    from uuid import UUID

    from accounts.models import Scope
    from tests.fake_provider import FakeProviderProcess

on_both_servers = pytest.mark.parametrize("server", ["daphne", "uvicorn"], indirect=True)
"""Run a test that takes ``server`` on both kinds."""

MODEL = "openai/fake-echo"
"""A model of the fake provider; it says the question again unless something else is scripted."""

GENEROUS = {
    "RATE_LIMIT_MESSAGES": "10000/m",
    "RATE_LIMIT_FRAMES": "10000/s",
    "MAX_SOCKETS": "1000",
    "MAX_RUNNING_REPLIES": "1000",
    "TITLE_MODEL": "none",
}
"""Limits that no test meets by accident; those about limits give their own."""

UVICORN = (
    "uvicorn chatproject.asgi:application --ws websockets-sansio --ws-max-size 2097152"
    " --ws-per-message-deflate false --timeout-graceful-shutdown 30 --no-server-header --no-access-log"
)


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    """By names in lower case."""
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    def json(self) -> Any:
        return json.loads(self.body)


class Server:
    """``kind`` is ``daphne`` or ``uvicorn``; ``further`` are variables that differ from the usual.

    Its database is up to date, as at any start but the first.
    """

    is_measured = False
    """Whether a run that is measured for coverage measures its process too."""

    begins_empty = False

    def __init__(self, kind: str, home: Home, fake: FakeProviderProcess | None, **further: str) -> None:
        self.kind = kind
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.origin = self.url
        name = f"{kind}_{secrets.token_hex(4)}"
        self._log = home.folder / f"{name}.log"
        self.environment = home.environment(name, is_empty=self.begins_empty) | {
            "STATIC_ROOT": str(home.folder / "static"),
            "PORT": str(self.port),
            **GENEROUS,
            **_provider_variables(fake),
            **further,
        }
        self._process: subprocess.Popen[bytes] | None = None

    # Its life

    def start(self, *, within: float = 60.0) -> None:
        """Start it and wait until it is ready; on uvicorn, prepare its database and files first."""
        if self.kind == "uvicorn":
            self.manage("prepare")
        self.launch()
        wait_until(self._is_ready, within=within, what=f"{self.kind} to be ready; its log:\n{self.log}")

    def launch(self) -> None:
        """Start it without waiting for anything."""
        with self._log.open("ab") as log:
            self._process = start_process(
                [sys.executable, *self._command()], cwd=ROOT, env=self.variables, stdout=log, stderr=log
            )

    def ensure_running(self) -> None:
        if not self.is_running:
            self.start()

    def kill(self) -> None:
        """End it as ``kill -9`` does."""
        self.process.kill()
        self.process.wait()

    def terminate(self) -> None:
        """Ask it to end, and return at once; ``wait`` waits."""
        self.process.send_signal(signal.SIGTERM)

    def wait(self, within: float = 40.0) -> int:
        """Wait for its end; return its exit code."""
        return self.process.wait(within)

    def stop(self) -> None:
        if self._process:
            stop_process(self._process, within=40.0)

    def restart(self) -> None:
        self.stop()
        self.start()

    def manage(self, *arguments: str, text: str = "") -> subprocess.CompletedProcess[str]:
        """Run a management command in the server's environment, with ``text`` to read; raises when it fails."""
        command = [sys.executable, "manage.py", *arguments]
        return subprocess.run(
            command, cwd=ROOT, env=self.variables, check=True, capture_output=True, input=text, text=True, timeout=60
        )

    @property
    def process(self) -> subprocess.Popen[bytes]:
        assert self._process, "the server was not started"
        return self._process

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def variables(self) -> dict[str, str]:
        """The whole environment of its process."""
        ours = {name: value for name, value in os.environ.items() if self.is_measured or name[:9] != "COVERAGE_"}
        return {**ours, **self.environment, "DJANGO_SETTINGS_MODULE": "chatproject.settings"}

    @property
    def log(self) -> str:
        return self._log.read_text(errors="replace") if self._log.exists() else ""

    # What people do with it

    def sign_up(self, name: str = "alice", **fields: Any) -> Person:
        """Make a person with a session in the server's database; ``fields`` go to the user."""
        with self.database():
            return make_person(name, **fields)

    def give_token(self, person: Person, *scopes: Scope, **fields: Any) -> str:
        """Make a token of the API, to read and chat unless said otherwise; return its secret."""
        from tests.support.tokens import make_token  # noqa: PLC0415 - the settings come first

        with self.database():
            return make_token(person, *scopes, **fields)

    def connect(self, person: Person | None, *, origin: str | None = "", path: str = "/ws/chat/") -> ChatSocket:
        """Give a socket to be opened by ``async with``; ``origin`` None sends none, "" is the site's own."""
        headers = {"Cookie": person.cookie} if person else {}
        return ChatSocket(f"ws://127.0.0.1:{self.port}{path}", self.origin if origin == "" else origin, headers)

    def get(self, path: str, person: Person | None = None, **headers: str) -> Answer:
        return self.request("GET", path, person, headers)

    def post(self, path: str, person: Person | None = None, /, **data: str) -> Answer:
        """Post a form with a valid CSRF token."""
        token = secrets.token_hex(16)
        headers = {
            "Cookie": f"csrf={token}" + (f"; {person.cookie}" if person else ""),
            "X-CSRFToken": token,
            "Origin": self.origin,
            "Content-Type": "application/x-www-form-urlencoded",
        }
        return self.request("POST", path, None, headers, urlencode(data).encode())

    def request(
        self,
        method: str,
        path: str,
        person: Person | None = None,
        headers: dict[str, str] | None = None,
        body: Any = None,
    ) -> Answer:
        """Send one request; names in ``headers`` may have ``_`` for ``-``."""
        sent = {name.replace("_", "-"): value for name, value in (headers or {}).items()}
        if person:
            sent["Cookie"] = person.cookie
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request(method, path, body, sent)
            response = connection.getresponse()
            names = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, names, response.read())
        finally:
            connection.close()

    def database(self) -> AbstractContextManager[None]:
        """Use the ORM on the server's database, in this thread, until the block ends."""
        return default_database(self.environment["DATABASE_URL"])

    # Within

    def _command(self) -> list[str]:
        if self.kind == "uvicorn":
            return ["-m", *UVICORN.split(), "--port", str(self.port)]
        return ["manage.py", "serve"]

    def _is_ready(self) -> bool:
        if not self.is_running:
            raise RuntimeError(f"{self.kind} ended with {self.process.returncode}; its log:\n{self.log}")
        try:
            return self.get("/readyz").status == http.client.OK
        except OSError:
            return False


class NewServer(Server):
    """One that never ran: its database is empty."""

    begins_empty = True


def stop_together(servers: Iterable[Server]) -> None:
    """Stop several servers in the time that one takes."""
    started = [server for server in servers if server.is_running]
    for server in started:
        server.terminate()
    for server in started:
        try:
            server.wait(15)
        except subprocess.TimeoutExpired:  # a test left an answer running; the drain would wait for it
            server.kill()


def _provider_variables(fake: FakeProviderProcess | None) -> dict[str, str]:
    if fake is None:
        return {}
    return {
        "OPENAI_BASE_URL": fake.base_url,
        "OPENAI_API_KEY": "sk-test-openai",
        "ANTHROPIC_BASE_URL": fake.root_url,
        "ANTHROPIC_API_KEY": "sk-test-anthropic",
    }


def messages_of(conversation_id: UUID) -> list[Any]:
    """List the stored messages of a conversation, oldest first; inside ``server.database()``."""
    from conversations.models import Message  # noqa: PLC0415 - the settings come first

    return list(Message.objects.filter(conversation=conversation_id).order_by("created_at", "id"))
