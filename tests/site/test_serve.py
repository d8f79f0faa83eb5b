"""``manage.py serve``: what it says, what it does once, and when it refuses."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from accounts.models import User
from accounts.services import invite_person
from tests.support.homes import ROOT
from tests.support.processes import wait_until
from tests.support.server import UVICORN, on_both_servers

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.server import Server

pytestmark = pytest.mark.once


def run_beside(server: Server, *command: str, **further: str) -> subprocess.CompletedProcess[str]:
    """Run another process in the environment of a server until it ends."""
    return subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env={**server.variables, **further},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_first_start_prepares_and_says_where_to_go(fresh_server: Callable[..., Server]) -> None:
    server = fresh_server(is_empty=True)
    server.start()
    for words in ("database up to date", f"is ready: {server.url}", f"{server.url}/accounts/setup/"):
        assert words in server.log
    wait_until(
        lambda: all(f"\n{label} is connected: " in server.log for label in ("OpenAI", "Anthropic")),
        what="both providers to be named",
    )
    assert "Anthropic is connected: 2 models." in server.log


def test_second_start_has_nothing_to_prepare(fresh_server: Callable[..., Server]) -> None:
    server = fresh_server()
    server.start()
    with server.database():
        User.objects.create_superuser("operator@example.org", "a long enough password")
    before = len(server.log)
    server.restart()
    again = server.log[before:]
    assert "is ready" in again
    assert [words for words in ("up to date", "Preparing", "/setup/") if words in again] == []


@on_both_servers
def test_log_keeps_no_address_that_lets_people_in(server: Server) -> None:
    with server.database():
        _, token = invite_person()
    assert server.get(f"/accounts/invite/{token}/").status == 200
    assert token not in server.log


def test_provider_that_is_away_is_named_too(fresh_server: Callable[..., Server]) -> None:
    server = fresh_server(OPENAI_API_KEY="", ANTHROPIC_API_KEY="", LOCAL_BASE_URL="http://127.0.0.1:1/v1")
    server.start()
    wait_until(lambda: "\nLocal: " in server.log, what="the provider that is away to be named")
    assert "\nLocal: Local cannot be reached. " in server.log


def test_setup_link_makes_the_first_operator(fresh_server: Callable[..., Server]) -> None:
    server = fresh_server()
    server.start()
    path = next(word for word in server.log.split() if "/accounts/setup/" in word).removeprefix(server.url)
    assert server.get(path).status == 200
    answer = server.post(path, email="first@example.org", password1="a quiet river under stars", name="First")
    assert answer.status == 302
    with server.database():
        assert User.objects.get(email="first@example.org").is_superuser
    assert server.get(path).status in {404, 410}


def test_taken_port_is_said_in_one_line(fresh_server: Callable[..., Server]) -> None:
    first, second = fresh_server(), fresh_server()
    first.start()
    second.manage("prepare")
    result = run_beside(second, "manage.py", "serve", PORT=str(first.port))
    assert result.returncode == 1
    assert "Not started: " in result.stderr
    assert "Another PORT may be free." in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("command", [["manage.py", "serve"], ["-m", *UVICORN.split()]])
def test_second_process_without_redis_is_refused(fresh_server: Callable[..., Server], command: list[str]) -> None:
    server = fresh_server(REDIS_URL="")
    server.start()
    result = run_beside(server, *command)
    assert result.returncode != 0
    assert "another process already serves this site" in result.stderr
    assert server.get("/readyz").status == 200


def test_several_workers_without_redis_are_refused(fresh_server: Callable[..., Server]) -> None:
    server = fresh_server(REDIS_URL="")
    server.manage("prepare")
    result = run_beside(server, "-m", *UVICORN.split(), "--workers", "2", "--port", str(server.port))
    assert "another process already serves this site" in result.stderr
