"""What all tests share.

Data: mark a test with ``pytest.mark.django_db`` (``transaction=True`` for async tests), take ``alice`` (the owner) and
``bob`` (a stranger), and make rows with ``tests/support/factories.py``. Servers: take ``server`` and ``fake``, see
``tests/support/server.py``. The channel layer: take ``layer``.

Every test that takes one of these runs twice: on SQLite with the in-memory layer, and, with ``TEST_HOME=postgres``, on
PostgreSQL with Redis, where all other tests are left out. ``home.name`` tells which it is. What is marked ``once`` does
not know which database it stands on, such as most of what is looked at in the browser; what is marked ``redis`` runs
only where there is one.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.fake_provider import FakeProviderProcess
from tests.support.homes import Home
from tests.support.homes import home as home_of_this_process
from tests.support.server import NewServer, Server, stop_together

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from pytest_django import DjangoDbBlocker

    from accounts.models import User

NEEDS_HOME = {"db", "transactional_db", "django_db_setup", "server", "fresh_server", "running_servers", "layer"}
FORBIDS_SKIPS = os.environ.get("CI", "").lower() == "true"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On PostgreSQL and Redis, leave out what needs neither; elsewhere, what needs Redis."""
    belongs = _needs_home if home_of_this_process.name == "postgres" else _needs_no_redis
    left_out = [item for item in items if not belongs(item)]
    items[:] = [item for item in items if belongs(item)]
    config.hook.pytest_deselected(items=left_out)


def _needs_no_redis(item: pytest.Item) -> bool:
    return item.get_closest_marker("redis") is None


def _needs_home(item: pytest.Item) -> bool:
    if item.get_closest_marker("once"):
        return False
    fixtures: list[str] = getattr(item, "fixturenames", [])
    return bool(NEEDS_HOME.intersection(fixtures)) or item.get_closest_marker("django_db") is not None


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Count, for the runner's last lines; in CI, let no skip pass for a success."""
    reporter: Any = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or hasattr(session.config, "workerinput"):
        return
    counts = {name: len(reporter.stats.get(name, ())) for name in ("passed", "failed", "error", "skipped")}
    if target := os.environ.get("TEST_COUNTS"):
        Path(target).write_text(json.dumps(counts))
    if FORBIDS_SKIPS and counts["skipped"]:
        reporter.write_line("With CI=true every test has to run, and some were skipped.", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_unconfigure() -> None:
    home_of_this_process.leave()


@pytest.fixture(scope="session")
def home() -> Home:
    """Where the data of this test process lives."""
    return home_of_this_process


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    """Let tests that commit be cleared away again: what keeps the audit log for ever would refuse it."""
    from django.db import connection  # noqa: PLC0415 - the settings come first

    from audit.protection import unprotect  # noqa: PLC0415 - likewise

    with django_db_blocker.unblock(), connection.schema_editor() as editor:
        unprotect(None, editor)


@pytest.fixture
def alice(db: None) -> User:
    """Give the owner of what a test is about."""
    from tests.support.factories import make_user  # noqa: PLC0415 - the settings come first

    return make_user("alice@example.org", name="Alice")


@pytest.fixture
def bob(db: None) -> User:
    """Give a stranger to it."""
    from tests.support.factories import make_user  # noqa: PLC0415 - the settings come first

    return make_user("bob@example.org", name="Bob")


@pytest.fixture
async def layer() -> AsyncIterator[Any]:
    """Give the channel layer, new for each test and its loop."""
    from channels.layers import channel_layers  # noqa: PLC0415 - the settings come first

    channel_layers.backends.clear()
    layer = channel_layers["default"]
    yield layer
    await layer.flush()
    channel_layers.backends.clear()


@pytest.fixture(scope="session")
def provider_process() -> Iterator[FakeProviderProcess]:
    with FakeProviderProcess() as process:
        yield process


@pytest.fixture
def fake(provider_process: FakeProviderProcess) -> FakeProviderProcess:
    """Give the provider that the servers ask, with nothing scripted and no calls on record."""
    provider_process.reset()
    return provider_process


@pytest.fixture(scope="session")
def running_servers(home: Home, provider_process: FakeProviderProcess) -> Iterator[dict[str, Server]]:
    servers: dict[str, Server] = {}
    yield servers
    stop_together(servers.values())


@pytest.fixture
def server(
    request: pytest.FixtureRequest,
    running_servers: dict[str, Server],
    home: Home,
    fake: FakeProviderProcess,
    django_db_blocker: DjangoDbBlocker,
) -> Iterator[Server]:
    """Give the shared server of a kind (daphne unless ``on_both_servers`` says otherwise), running."""
    kind = getattr(request, "param", "daphne")
    if kind not in running_servers:
        running_servers[kind] = Server(kind, home, fake)
    running_servers[kind].ensure_running()
    with django_db_blocker.unblock():
        yield running_servers[kind]


@pytest.fixture
def fresh_server(
    request: pytest.FixtureRequest, home: Home, fake: FakeProviderProcess, django_db_blocker: DjangoDbBlocker
) -> Iterator[Callable[..., Server]]:
    """Give a function that makes a server which nobody else uses: ``fresh_server("uvicorn", SIGNUP="closed")``.

    It is not started yet; it is stopped at the end.
    """
    made: list[Server] = []

    def make(kind: str = "daphne", *, is_empty: bool = False, **further: str) -> Server:
        made.append((NewServer if is_empty else Server)(kind, home, fake, **further))
        made[-1].is_measured = "site" in request.path.parts  # a measured one takes twice the time
        return made[-1]

    with django_db_blocker.unblock():
        yield make
    stop_together(made)
