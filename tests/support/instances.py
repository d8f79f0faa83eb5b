"""Private PostgreSQL and Redis servers: a free port, a random password, a folder that goes away."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg
import redis

from tests.support.ports import free_port
from tests.support.processes import start_process, stop_process, wait_until

POSTGRES_FOLDERS = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)


def find_program(name: str) -> str | None:
    """Find a program in PATH or where Debian keeps PostgreSQL's."""
    at_home = (str(folder / name) for folder in POSTGRES_FOLDERS if (folder / name).exists())
    return shutil.which(name) or next(at_home, None)


class PostgresInstance:
    """``url(name)`` is the address of a database on it; ``settings`` are PostgreSQL's, over those for quick tests."""

    def __init__(self, **settings: str) -> None:
        self._settings = settings
        self._folder = Path(tempfile.mkdtemp(prefix="chat-postgres-"))
        self._data = self._folder / "data"
        self._port = free_port()
        self._password = secrets.token_hex(16)
        self._identity = _other_identity()
        if self._identity:
            shutil.chown(self._folder, self._identity["user"], self._identity["group"])

    def start(self) -> None:
        self._initialise()
        settings = {
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": str(self._folder),
            "fsync": "off",
            "synchronous_commit": "off",
            "full_page_writes": "off",
            "max_connections": "200",
            "log_min_messages": "fatal",
            **self._settings,
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        command = [_need("postgres"), "-D", str(self._data), "-p", str(self._port), *options]
        self._process = start_process(command, cwd=self._folder, stderr=subprocess.DEVNULL, **self._identity)
        wait_until(self._is_ours, what="PostgreSQL to answer")

    def stop(self) -> None:
        stop_process(self._process, signal.SIGINT)
        shutil.rmtree(self._folder, ignore_errors=True)

    def url(self, name: str = "postgres") -> str:
        return f"postgres://chat:{self._password}@127.0.0.1:{self._port}/{name}"

    def _initialise(self) -> None:
        secret = self._folder / "password"
        secret.write_text(self._password)
        secret.chmod(0o600)
        if self._identity:
            shutil.chown(secret, self._identity["user"])
        options = ["-U", "chat", "--auth=scram-sha-256", f"--pwfile={secret}", "-N", "-E", "UTF8", "--locale=C.UTF-8"]
        command = [_need("initdb"), "-D", str(self._data), *options]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=self._folder, **self._identity)

    def _is_ours(self) -> bool:
        """Tell whether what answers is the process we started, and not somebody else's on the same port."""
        assert self._process.poll() is None, "PostgreSQL ended at once"
        with suppress(psycopg.OperationalError), psycopg.connect(self.url(), connect_timeout=2) as connection:
            row = connection.execute("SHOW data_directory").fetchone()
            return row == (str(self._data),)
        return False


def create_database(server_url: str, name: str, template: str = "") -> str:
    """Make a database on the server of ``server_url``, replacing one of this name; return its address.

    It is empty, or a copy of ``template``, to which nobody may be connected meanwhile.
    """
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'.encode())
        copied = f' TEMPLATE "{template}"' if template else ""
        connection.execute(f'CREATE DATABASE "{name}"{copied}'.encode())
    return server_url.rpartition("/")[0] + "/" + name


class RedisInstance:
    """``url`` is its address; it can be stopped and started again on the same port, and forgets everything."""

    def __init__(self) -> None:
        self._folder = tempfile.mkdtemp(prefix="chat-redis-")
        self._port = free_port()
        self._password = secrets.token_hex(16)
        self.url = f"redis://:{self._password}@127.0.0.1:{self._port}/0"

    def start(self) -> None:
        options = ["--port", str(self._port), "--bind", "127.0.0.1", "--dir", self._folder, "--save", ""]
        command = [_need("redis-server"), *options, "--appendonly", "no", "--requirepass", self._password]
        self._process = start_process(command, stdout=subprocess.DEVNULL)
        wait_until(self._is_ours, what="Redis to answer")

    def stop(self) -> None:
        stop_process(self._process)

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _is_ours(self) -> bool:
        assert self._process.poll() is None, "Redis ended at once"
        client = redis.Redis.from_url(self.url)
        with suppress(redis.ConnectionError), client:
            information: Any = client.info("server")
            return bool(information["process_id"] == self._process.pid)
        return False


def _need(name: str) -> str:
    program = find_program(name)
    assert program, f"{name} is not installed"
    return program


def _other_identity() -> dict[str, Any]:
    """Say as whom to run PostgreSQL, which refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    names = {entry.pw_name for entry in pwd.getpwall()}
    account = pwd.getpwnam("postgres" if "postgres" in names else "nobody")
    return {"user": account.pw_name, "group": account.pw_gid, "extra_groups": []}
