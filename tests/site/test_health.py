"""Alive is not ready: what each address says while something is broken."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import psycopg

from tests.support.homes import SERVER_URL
from tests.support.instances import RedisInstance
from tests.support.processes import wait_until
from tests.support.server import on_both_servers

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.homes import Home
    from tests.support.server import Server


@on_both_servers
def test_healthy_server_is_alive_and_ready(server: Server) -> None:
    assert (server.get("/healthz").text, server.get("/readyz").text) == ("alive\n", "ready\n")


def test_server_without_its_database_is_alive_but_not_ready(fresh_server: Callable[..., Server], home: Home) -> None:
    server = fresh_server()
    server.start()
    alice = server.sign_up()
    take_database_away(server, home)
    answer = wait_until(lambda: not_ready(server), what="readiness to turn red")
    assert "database" in answer or "too slow" in answer
    assert server.get("/healthz").status == 200
    page = server.get("/c/", alice)
    assert page.status == 500
    assert "Nothing that was saved is lost" in page.text
    assert_no_inside(page.text)


def test_server_without_redis_is_not_ready_until_it_is_back(fresh_server: Callable[..., Server], home: Home) -> None:
    if home.name == "sqlite":
        server = fresh_server()
        server.start()
        assert server.get("/readyz").status == 200  # there is no Redis that could be missed
        return
    redis = RedisInstance()
    redis.start()
    try:
        server = fresh_server(REDIS_URL=redis.url)
        server.start()
        redis.stop()
        assert wait_until(lambda: not_ready(server), what="readiness to turn red") == "not ready: cache\n"
        redis.start()
        wait_until(lambda: server.get("/readyz").status == 200, what="readiness to come back")
    finally:
        redis.remove()


def test_unmigrated_database_is_not_ready(fresh_server: Callable[..., Server]) -> None:
    server = fresh_server("uvicorn")
    server.manage("migrate", "conversations", "zero")
    server.launch()
    answer = wait_until(lambda: not_ready(server), within=40, what="the server to answer")
    assert answer in {"not ready: migrations\n", "not ready: too slow\n"}


def not_ready(server: Server) -> str:
    """Give what the server says while it is not ready, nothing while it is or does not answer."""
    try:
        answer = server.get("/readyz")
    except OSError:
        return ""
    return answer.text if answer.status == 503 else ""


def take_database_away(server: Server, home: Home) -> None:
    if home.name == "sqlite":
        path = Path(server.environment["DATABASE_URL"].removeprefix("sqlite:///"))
        for file in path.parent.glob(f"{path.name}-*"):
            file.unlink()
        path.write_bytes(b"this is no database" * 100)
        return
    name = urlsplit(server.environment["DATABASE_URL"]).path.removeprefix("/")
    with psycopg.connect(os.environ[SERVER_URL], autocommit=True) as connection:
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())


def assert_no_inside(text: str) -> None:
    for word in ("Traceback", "sqlite", "psycopg", "OperationalError", "site-packages", "Django", "SELECT"):
        assert word not in text
