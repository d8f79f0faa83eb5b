"""What every benchmark needs: a site with PostgreSQL and Redis, a provider, people at sockets, and honest figures."""

from __future__ import annotations

import asyncio
import os
import statistics
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import django
import psycopg

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterator, Sequence

    from tests.fake_provider import FakeProviderProcess
    from tests.support.server import Server

MODEL = "openai/gpt-5.5"
DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}


@dataclass(frozen=True)
class Stage:
    server: Server
    fake: FakeProviderProcess

    def query(self, statement: str) -> Any:
        """Ask the database one thing; return the first row, if there are any."""
        with psycopg.connect(self.server.environment["DATABASE_URL"], autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchone() if cursor.description else None


@contextmanager
def stage(application: str = "chatproject.asgi:application", **postgres: str) -> Iterator[Stage]:
    """Start everything; ``postgres`` are settings of PostgreSQL that differ from a durable one's."""
    os.environ |= {"TEST_HOME": "postgres", "DJANGO_SETTINGS_MODULE": "tests.settings"}
    from tests.support.homes import SERVER_URL, home  # noqa: PLC0415 - it reads the environment
    from tests.support.instances import PostgresInstance  # noqa: PLC0415

    database = PostgresInstance(**(DURABLE | postgres))
    database.start()
    os.environ[SERVER_URL] = database.url()
    django.setup()
    from tests.fake_provider import FakeProviderProcess  # noqa: PLC0415 - after the settings
    from tests.support.server import Server  # noqa: PLC0415

    class MeasuredServer(Server):
        def _command(self) -> list[str]:
            return [application if part == "chatproject.asgi:application" else part for part in super()._command()]

    try:
        with FakeProviderProcess() as fake:
            server = MeasuredServer("uvicorn", home, fake, RATE_LIMIT_MESSAGES="100000/m")
            server.start()
            try:
                yield Stage(server, fake)
            finally:
                server.stop()
    finally:
        home.leave()
        database.stop()


def run(title: str, measure: Coroutine[Any, Any, None]) -> None:
    """Run one benchmark between two notes of how busy the machine is."""
    print(f"\n{title}\n  machine: {os.cpu_count()} cores, load average {os.getloadavg()[0]:.1f} before")
    started = time.monotonic()
    asyncio.run(measure)
    print(f"  took {time.monotonic() - started:.0f} s, load average {os.getloadavg()[0]:.1f} after", flush=True)


def figures(values: Sequence[float], *, unit: str = "ms", scale: float = 1000.0) -> str:
    """Say the median and the 95th percentile."""
    return f"median {statistics.median(values) * scale:.1f} {unit}, p95 {percentile(values, 95) * scale:.1f} {unit}"


def percentile(values: Sequence[float], percent: int) -> float:
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1] if len(values) > 1 else values[0]


def verdict(name: str, value: float, target: float, unit: str) -> str:
    return f"  {name}: {value:.2f} {unit} (target at most {target:g}: {'met' if value <= target else 'MISSED'})"
