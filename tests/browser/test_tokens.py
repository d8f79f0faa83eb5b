"""A token of the API in a browser: made, copied, used, revoked; by people, and without scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from tests.browser.axe import NARROW, NARROWEST, WIDE, expect_none, list_all_barriers

if TYPE_CHECKING:
    from tests.browser.conftest import OpenTab
    from tests.browser.tab import Tab
    from tests.support.people import Person
    from tests.support.server import Server

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.once]

PAGE = "/accounts/settings/tokens/"


async def make(tab: Tab, name: str) -> str:
    await tab.page.get_by_label("Name").fill(name)
    await tab.page.get_by_role("button", name="Make a token").click()
    return await tab.page.get_by_label("The token").input_value()


def status(server: Server, secret: str) -> int:
    return server.get("/api/me", Authorization=f"Bearer {secret}").status


async def test_token_is_made_copied_used_and_revoked(tabs: OpenTab, server: Server, alice: Person) -> None:
    tab = await tabs(server, alice, None)
    await tab.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await tab.page.goto(f"{tab.origin}{PAGE}")
    secret = await make(tab, "A program with a name as long as it may be, and مفتاح in it!")
    await tab.page.get_by_role("button", name="Copy").click()
    await tab.page.wait_for_function("async (text) => await navigator.clipboard.readText() === text", arg=secret)
    assert status(server, secret) == 200
    expect_none({PAGE: await list_all_barriers(tab.page, (WIDE, NARROW, NARROWEST))})
    await tab.page.goto(f"{tab.origin}{PAGE}")
    await expect(tab.page.get_by_text(f"{secret[:12]}…")).to_be_visible()
    assert secret not in await tab.page.content()
    await tab.page.get_by_role("button", name="Revoke A program").click()
    await expect(tab.page.get_by_text("The token no longer works.")).to_be_visible()
    assert status(server, secret) == 401


async def test_all_tokens_are_revoked_after_a_second_word(tabs: OpenTab, server: Server, alice: Person) -> None:
    tab = await tabs(server, alice, None, java_script_enabled=False)
    await tab.page.goto(f"{tab.origin}{PAGE}")
    secrets = [await make(tab, name) for name in ("one", "two")]
    await expect(tab.page.get_by_role("button", name="Copy")).to_be_hidden()
    really = tab.page.get_by_role("button", name="Yes, revoke all of them")
    await expect(really).to_be_hidden()
    await tab.page.get_by_text("Revoke all tokens").click()
    await really.click()
    await expect(tab.page.get_by_text("2 tokens no longer work.")).to_be_visible()
    assert [status(server, secret) for secret in secrets] == [401, 401]
