"""``/healthz``: the process is alive. ``/readyz``: it can serve (database, cache, not draining)."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from django.core.cache import cache
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.migrations.executor import MigrationExecutor

from chatproject.answers import answer
from chatproject.database import in_database
from chatproject.errors import Unavailable
from conversations import lifecycle

if TYPE_CHECKING:
    from asgiref.typing import ASGI3Application, ASGIReceiveCallable, ASGISendCallable, Scope

TIME_LIMIT = 1.0
logger = logging.getLogger(__name__)


class Health:
    """Answers the two paths outside Django; readiness is looked up once, however many ask at a time."""

    def __init__(self, application: ASGI3Application) -> None:
        self._application = application
        self._lookup: asyncio.Task[list[str]] | None = None
        self._is_migrated = False

    async def __call__(self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        path = scope["path"] if scope["type"] == "http" else ""
        if path == "/healthz":
            await answer(send, 200, "alive")
        elif path == "/readyz":
            failures = await self._failures()
            text = f"not ready: {', '.join(failures)}" if failures else "ready"
            await answer(send, 503 if failures else 200, text)
        else:
            await self._application(scope, receive, send)

    async def _failures(self) -> list[str]:
        if lifecycle.is_draining():
            return ["draining"]
        if self._lookup is None or self._lookup.done():
            self._lookup = asyncio.create_task(in_database(self._look))
        try:
            return await asyncio.wait_for(asyncio.shield(self._lookup), TIME_LIMIT)
        except TimeoutError:
            return ["too slow"]

    def _look(self) -> list[str]:
        checks = {"database": self._check_database, "cache": self._check_cache}
        failures = []
        for name, check in checks.items():
            try:
                failures += check()
            except Unavailable:  # whoever found it away has said so in the log
                failures.append(name)
            except Exception:
                logger.warning("Not ready: %s", name, exc_info=True)
                failures.append(name)
        return failures

    def _check_database(self) -> list[str]:
        connection = connections[DEFAULT_DB_ALIAS]
        if not self._is_migrated:
            executor = MigrationExecutor(connection)
            self._is_migrated = not executor.migration_plan(executor.loader.graph.leaf_nodes())
            return [] if self._is_migrated else ["migrations"]
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        return []

    def _check_cache(self) -> list[str]:
        cache.set("readiness", "1", timeout=5)
        return [] if cache.get("readiness") == "1" else ["cache"]
