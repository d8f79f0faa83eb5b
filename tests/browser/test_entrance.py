"""From a stranger to a question, through the forms as people see them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from tests.fake_provider import answer_to

if TYPE_CHECKING:
    from tests.browser.conftest import OpenTab
    from tests.support.people import Person
    from tests.support.server import Server

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.once]

PASSWORD = "a lantern over quiet water"


async def test_stranger_signs_up_asks_leaves_and_returns(tabs: OpenTab, server: Server, alice: Person) -> None:
    tab = await tabs(server, None, None)
    page, email = tab.page, f"new-{alice.email}"
    await page.goto(server.origin)
    await page.get_by_role("link", name="Create an account").click()
    await page.get_by_label("Email").fill(email)
    await page.get_by_label("Password", exact=True).fill(PASSWORD)
    await page.get_by_role("button", name="Create account").click()
    await tab.be_online()
    assert await tab.ask_and_wait("Hello") == answer_to("Hello")
    shown = await tab.shown_text()
    await page.locator("#person-button").click()
    await page.get_by_role("menuitem", name="Sign out").click()
    await expect(page).to_have_url(f"{server.origin}/accounts/login/")
    await page.get_by_label("Email").fill(email)
    await page.get_by_label("Password", exact=True).fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()
    await tab.be_online()
    await expect(tab.messages).to_have_count(2)
    assert await tab.shown_text() == shown
