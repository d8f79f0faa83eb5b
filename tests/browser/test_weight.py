"""What the first page costs before anything is asked."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.async_api import Response

    from tests.browser.conftest import OpenTab
    from tests.support.people import Person
    from tests.support.server import Server

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.once]

MOST_BYTES = 150 * 1000
"""Of all scripts together, as they go over the wire."""


async def test_scripts_of_the_first_page_are_light(tabs: OpenTab, server: Server, alice: Person) -> None:
    tab = await tabs(server, alice, None)
    scripts: list[Response] = []
    tab.page.on("response", lambda one: scripts.append(one) if one.request.resource_type == "script" else None)
    await tab.open("/c/")
    await tab.page.wait_for_load_state("networkidle")
    weights = {one.url: len(gzip.compress(await one.body())) for one in scripts}
    assert len(weights) > 30
    assert sum(weights.values()) < MOST_BYTES, weights


async def test_what_draws_formulas_and_diagrams_waits_for_one(tabs: OpenTab, server: Server, alice: Person) -> None:
    tab = await tabs(server, alice, None)
    asked: list[str] = []
    tab.page.on("request", lambda one: asked.append(one.url))
    await tab.open("/c/")
    await tab.ask_and_wait("Only words")
    assert [address for address in asked if "vendor" in address] == []
