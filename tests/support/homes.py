"""Where the data of a test process lives, and the environment that says so.

``TEST_HOME`` chooses: ``sqlite`` (the default: files in a folder of its own, the in-memory layer) or ``postgres`` (a
private PostgreSQL for the session, a private Redis for each test process). ``tests/settings.py`` calls
:func:`prepare` before the site's settings are read; whatever the developer's environment says of the site is gone then.
"""

from __future__ import annotations

import atexit
import os
import re
import shutil
import tempfile
from pathlib import Path

from tests.support.instances import PostgresInstance, RedisInstance, create_database

ROOT = Path(__file__).resolve().parents[2]
SERVER_URL = "TEST_POSTGRES_URL"
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

    def environment(self, database: str) -> dict[str, str]:
        """Give the variables of a site that lives here, with an empty database of its own."""
        unset = dict.fromkeys(variables(), "")
        media = str(self.folder / f"media_{database}")
        data = {"DATABASE_URL": self._database_url(database), "REDIS_URL": self._redis_url(), "MEDIA_ROOT": media}
        return unset | SECRETS | data

    def _database_url(self, name: str) -> str:
        if self.name == "postgres":
            return create_database(os.environ[SERVER_URL], f"{name}_{os.getpid()}")
        return f"sqlite:///{self.folder / name}.sqlite3"

    def _redis_url(self) -> str:
        return self.redis.url if self.redis else ""


home = Home(os.environ.get("TEST_HOME", "sqlite"))


def prepare() -> None:
    """Give this process the environment of its home."""
    home.enter()
    os.environ.update(home.environment("site"))
