"""Where the data of a test process lives, and the environment that says so.

``TEST_HOME`` chooses: ``sqlite`` (the default: files in a folder of its own, the in-memory layer) or ``postgres`` (a
private PostgreSQL for the session, a private Redis for each test process). ``tests/settings.py`` calls
:func:`prepare` before the site's settings are read; whatever the developer's environment says of the site is gone then.
"""

from __future__ import annotations

import atexit
import fcntl
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tests.support.instances import PostgresInstance, RedisInstance, create_database

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
SERVER_URL = "TEST_POSTGRES_URL"
TEMPLATE = "TEST_TEMPLATE"
SECRETS = {
    "SECRET_KEY": "a key for tests, which is longer than fifty characters ...",
    "FIELD_ENCRYPTION_KEYS": "dGhpcnR5LXR3byBieXRlcyBmb3IgdGVzdHMgb25seSE=",
}


def variables() -> list[str]:
    """List the names of all variables the site reads."""
    return re.findall(r"^# ([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE)


class Home:
    """The databases and the Redis of one test process. ``name`` is ``sqlite`` or ``postgres``."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.folder = Path(tempfile.mkdtemp(prefix="chat-tests-"))
        self.redis: RedisInstance | None = None
        self._postgres: PostgresInstance | None = None
        atexit.register(self.leave)

    def enter(self) -> None:
        """Start what this home needs; the test processes of one session share its PostgreSQL."""
        if self.name == "postgres":
            if SERVER_URL not in os.environ:
                self._postgres = PostgresInstance()
                self._postgres.start()
                os.environ[SERVER_URL] = self._postgres.url()
            self.redis = RedisInstance()
            self.redis.start()

    def leave(self) -> None:
        """Stop what was started and remove the folder; further calls do nothing."""
        if self.redis:
            self.redis.remove()
            self.redis = None
        if self._postgres:
            self._postgres.stop()
            self._postgres = None
            del os.environ[SERVER_URL]
        shutil.rmtree(self.folder, ignore_errors=True)

    def environment(self, database: str, *, is_empty: bool = False) -> dict[str, str]:
        """Give the variables of a site that lives here, with a database of its own: up to date, or empty."""
        unset = dict.fromkeys(variables(), "")
        media = str(self.folder / f"media_{database}")
        url = self._empty_database(database) if is_empty else self._copied_database(database)
        return unset | SECRETS | {"DATABASE_URL": url, "REDIS_URL": self._redis_url(), "MEDIA_ROOT": media}

    def _empty_database(self, name: str, template: str = "") -> str:
        if self.name == "postgres":
            return create_database(os.environ[SERVER_URL], f"{name}_{os.getpid()}", template)
        return f"sqlite:///{self.folder / name}.sqlite3"

    def _copied_database(self, name: str) -> str:
        """Copy the one database of this session that was migrated: that takes seconds, and copying it none."""
        with self._template() as template:
            if self.name == "postgres":
                return self._empty_database(name, template.name)
            url = self._empty_database(name)
            with closing(sqlite3.connect(template)) as former, closing(sqlite3.connect(_path_of(url))) as copy:
                former.backup(copy)
            return url

    @contextmanager
    def _template(self) -> Iterator[Path]:
        """Hold the database that is copied, which the first who wants it makes; others wait meanwhile."""
        template = Path(os.environ[TEMPLATE])
        with template.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            made = template.with_suffix(".made")
            if not made.exists():
                url = f"sqlite:///{template}"
                if self.name == "postgres":
                    url = create_database(os.environ[SERVER_URL], template.name)
                _migrate({**dict.fromkeys(variables(), ""), **SECRETS, "DATABASE_URL": url})
                made.touch()
            yield template

    def _redis_url(self) -> str:
        return self.redis.url if self.redis else ""


def _path_of(url: str) -> str:
    return url.removeprefix("sqlite:///")


def _migrate(environment: dict[str, str]) -> None:
    command = [sys.executable, "manage.py", "migrate", "-v0", "--no-input"]
    known = {**os.environ, **environment, "DJANGO_SETTINGS_MODULE": "chatproject.settings"}
    subprocess.run(command, cwd=ROOT, env=known, check=True)


home = Home(os.environ.get("TEST_HOME", "sqlite"))


def prepare() -> None:
    """Give this process the environment of its home."""
    os.environ.setdefault(TEMPLATE, str(home.folder / "template"))  # the processes of one session share it
    home.enter()
    os.environ.update(home.environment("site", is_empty=True))
