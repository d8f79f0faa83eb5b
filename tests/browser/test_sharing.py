"""A link from the talk to somebody without an account, and a conversation out and in again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from tests.transfer.trees import SAMPLES

if TYPE_CHECKING:
    from tests.browser.conftest import OpenTab
    from tests.browser.tab import Tab
    from tests.support.people import Person
    from tests.support.server import Server

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.once]

RICH = "**天空** and السماء 🌌\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```python\nprint('blue')\n```"


async def test_link_leads_from_the_talk_to_anybody_and_on(tabs: OpenTab, server: Server, tab: Tab) -> None:
    await expect(tab.page.locator("#share-talk")).to_be_hidden()
    await tab.ask_and_wait(RICH)
    await tab.page.locator("#share-talk").click()
    await tab.page.get_by_label("The link works").select_option("7")
    await tab.page.get_by_role("button", name="Create a link").click()
    address = await tab.page.locator("#address").input_value()
    assert address.startswith(tab.origin)

    reader = await tabs(server, None, None)
    await reader.page.goto(address)
    await expect(reader.page.locator(".message")).to_have_count(2)
    await expect(reader.page.locator(".message table")).to_have_count(1)
    await expect(reader.page.get_by_role("link", name="Sign in to continue").first).to_be_visible()

    bob = await tabs(server, server.sign_up("bob"), None)
    await bob.page.goto(address)
    await bob.page.get_by_role("button", name="Continue from here").first.click()
    await bob.be_online()
    await expect(bob.messages).to_have_count(2)
    await bob.ask_and_wait("And at night?")
    await expect(bob.messages).to_have_count(4)

    await tab.page.get_by_role("link", name="My links").click()
    await tab.page.get_by_role("button", name="Take back the link").click()
    await expect(tab.page.get_by_text("The link no longer works.")).to_be_visible()
    answer = await reader.page.request.get(address)
    assert answer.status == 404


async def test_row_leads_to_the_pages_of_its_own_talk(tab: Tab) -> None:
    await tab.ask_and_wait("First")
    first = tab.page.url.rstrip("/").rpartition("/")[2]
    await tab.open("/c/")
    await tab.page.locator(f'.row[data-conversation="{first}"]').hover()
    await tab.page.locator(f'.row[data-conversation="{first}"] .row-more').click()
    await tab.page.get_by_role("menuitem", name="Export").click()
    await tab.page.wait_for_url(f"**/c/{first}/export/")
    async with tab.page.expect_download() as download:
        await tab.page.get_by_role("link", name="Markdown").click()
    assert (await download.value).suggested_filename == "First.md"


async def test_talk_is_printed_without_what_belongs_to_the_screen(tab: Tab) -> None:
    await tab.ask_and_wait(RICH)
    await tab.page.goto(tab.page.url.rstrip("/") + "/print/")
    await expect(tab.page.get_by_role("button", name="Print or save as PDF")).to_be_visible()
    pdf = await tab.page.pdf()
    assert pdf.startswith(b"%PDF")
    await tab.page.emulate_media(media="print")
    await expect(tab.page.get_by_role("button", name="Print or save as PDF")).to_be_hidden()
    await expect(tab.page.locator(".message table")).to_be_visible()


async def test_file_is_looked_at_and_taken(tabs: OpenTab, server: Server, alice: Person) -> None:
    tab = await tabs(server, alice, None)
    await tab.page.goto(f"{tab.origin}/settings/data/")
    await tab.page.get_by_label("A file (.json or .zip)").set_input_files(SAMPLES / "chatgpt-made-by-hand.json")
    await tab.page.get_by_role("button", name="Look at the file").click()
    await expect(tab.page.get_by_text("2 conversations of ChatGPT")).to_be_visible()
    await tab.page.get_by_role("button", name="Import", exact=True).click()
    await expect(tab.page.get_by_text("2 conversations added")).to_be_visible()
    await tab.page.get_by_role("button", name="Make the file").click()
    async with tab.page.expect_download() as download:
        await tab.page.get_by_role("link", name="Download").click()
    assert (await download.value).suggested_filename.endswith(".json")
    await tab.open("/c/")
    await expect(tab.rows).to_have_count(1)  # the other one is archived
