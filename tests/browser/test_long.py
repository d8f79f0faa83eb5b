"""Talks of many thousand messages: they open at once, read backwards part by part, and never fill the page."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from conversations.windows import WINDOW
from tests.pages.test_windows import make_talk

if TYPE_CHECKING:
    from tests.browser.conftest import OpenTab
    from tests.support.people import Person
    from tests.support.server import Server

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.once]
LONG = 10_000
SOON = 5.0
"""Seconds; it takes less than one where nothing else runs."""


async def test_long_talk_opens_soon_reads_backwards_and_goes_on(tabs: OpenTab, server: Server, alice: Person) -> None:
    from accounts.models import User  # noqa: PLC0415 - the settings come first

    with server.database():
        talk = make_talk(User.objects.get(pk=alice.user_id), LONG)
    tab = await tabs(server, alice)
    began = time.monotonic()
    await tab.open(f"/c/{talk.pk}/")
    assert time.monotonic() - began < SOON
    await expect(tab.messages).to_have_count(WINDOW)
    first = tab.messages.first
    before = await first.get_attribute("data-message")
    await tab.page.get_by_role("link", name="Earlier messages").click()
    await expect(tab.messages).to_have_count(2 * WINDOW)
    assert await tab.messages.nth(WINDOW).get_attribute("data-message") == before
    assert await tab.source(first) == str(LONG - 2 * WINDOW)
    await tab.ask_and_wait("And now? [[fake: chars=60]]")
    await expect(tab.messages).to_have_count(2 * WINDOW + 2)
    await tab.action("regenerate", tab.last_answer).click()
    await expect(tab.last_answer.locator(".version-place")).to_have_text("2 / 2")
    await tab.finish()
    await tab.last_answer.get_by_role("button", name="Earlier version").click()
    await expect(tab.last_answer.locator(".version-place")).to_have_text("1 / 2")
    await expect(tab.messages).to_have_count(2 * WINDOW + 2)
