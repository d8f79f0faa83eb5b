"""A browser for the whole session, on Debian's Chromium, and tabs of signed-in people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio
from playwright.async_api import async_playwright, expect

from tests.browser.tab import SLOWLY, Tab
from tests.support.instances import find_program
from tests.support.processes import wait_until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Generator

    from playwright.async_api import Browser, BrowserContext

    from tests.support.people import Person
    from tests.support.server import Server

    OpenTab = Callable[..., Awaitable[Tab]]

OPENED = pytest.StashKey[list[Tab]]()
LOG_SHOWN = 4000
ARGUMENTS = ["--no-sandbox", "--disable-background-networking", "--disable-gpu", "--disable-quic", "--no-first-run"]
FRAMES = ("/embed/diagrams/", "/embed/preview/")
WATCH_POLICY = """addEventListener("securitypolicyviolation", (event) => tellViolation(
  `${event.effectiveDirective}: ${event.blockedURI} by ${event.sourceFile}:${event.lineNumber} on ${location.href}`
))"""

expect.set_options(timeout=SLOWLY)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
    """When a test fails, show what went over the lines of its tabs and what the server wrote."""
    report = yield
    if report.failed:
        opened: list[Tab] = item.stash.get(OPENED, [])
        for number, tab in enumerate(opened):
            report.sections.append((f"tab {number}", "\n".join([*tab.problems, *tab.frames])))
        if server := getattr(item, "funcargs", {}).get("server"):
            report.sections.append(("server", server.log[-LOG_SHOWN:]))
    return report


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    if not (chromium := find_program("chromium")):
        pytest.skip("Chromium is missing.")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="session")
async def devices(
    request: pytest.FixtureRequest, browser: Browser
) -> AsyncIterator[Callable[..., Awaitable[BrowserContext]]]:
    """Give a function that makes a device (a browser of its own) on which a person is signed in, or nobody.

    At the end no page and no frame of any of them may have broken the content security policy; only what a test that is
    marked with ``attacks_frames`` sends into the sandboxed frames may try to, and to lead them elsewhere.
    """
    made: list[BrowserContext] = []
    violations: list[str] = []

    async def device(server: Server, person: Person | None = None, **options: Any) -> BrowserContext:
        context = await browser.new_context(**{"viewport": {"width": 1280, "height": 800}, **options})
        made.append(context)
        await context.expose_binding("tellViolation", lambda _, told: violations.append(told))
        await context.add_init_script(WATCH_POLICY)
        if person:
            await context.add_cookies([{"name": "session", "value": person.session_key, "url": server.url}])
        return context

    yield device
    for context in made:
        await context.close()
    if request.node.get_closest_marker("attacks_frames"):
        violations = [one for one in violations if not (one.startswith("frame-src:") or one.endswith(FRAMES))]
    if violations:
        pytest.fail("Against the content security policy:\n" + "\n".join(violations))


@pytest_asyncio.fixture(loop_scope="session")
async def tabs(
    request: pytest.FixtureRequest, devices: Callable[..., Awaitable[BrowserContext]]
) -> AsyncIterator[OpenTab]:
    """Give a function that opens a tab; at the end no tab may have had a problem.

    ``await tabs(server, person, path)`` opens it on a new device, ``context=tab.page.context`` on the same.
    """
    opened = request.node.stash.setdefault(OPENED, [])

    async def open_tab(
        server: Server, person: Person | None = None, path: str | None = "/c/", *, context: Any = None, **options: Any
    ) -> Tab:
        context = context or await devices(server, person, **options)
        tab = Tab(await context.new_page(), server.origin)
        tab.watch()
        opened.append(tab)
        if path:
            await tab.open(path)
        return tab

    yield open_tab
    problems = [problem for tab in opened for problem in tab.problems]
    if problems:
        pytest.fail("\n".join(problems))


@pytest.fixture
def alice(server: Server) -> Person:
    """Give somebody new on the shared server, once it knows which models each provider has."""
    alice = server.sign_up("alice")
    wait_until(lambda: knows_its_models(server, alice), what="the models")
    return alice


def knows_its_models(server: Server, person: Person) -> bool:
    told = server.get("/models/", person).json()
    return bool(told["default"]) and all(provider["is_listed"] for provider in told["providers"])


@pytest_asyncio.fixture(loop_scope="session")
async def tab(tabs: OpenTab, server: Server, alice: Person) -> Tab:
    """Give alice's tab with an empty conversation."""
    return await tabs(server, alice)
