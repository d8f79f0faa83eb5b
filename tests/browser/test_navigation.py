"""From one conversation to another without loading the page anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

if TYPE_CHECKING:
    from tests.browser.tab import Tab

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_switching_keeps_the_page_its_line_and_its_history(tab: Tab) -> None:
    await tab.ask_and_wait("About cats [[fake: chars=50]]")
    cats = tab.path
    await tab.page.evaluate("() => { window.isTheSamePage = true; }")
    await tab.page.locator("a[data-navigate]", has_text="New conversation").first.click()
    await expect(tab.messages).to_have_count(0)
    await tab.ask_and_wait("About dogs [[fake: chars=70]]")
    dogs = tab.path
    assert dogs != cats
    await tab.page.go_back()
    await expect(tab.questions.first).to_contain_text("About cats")
    assert tab.path == cats
    await expect(tab.page).to_have_title("About cats [[fake: chars=50]]")
    await expect(tab.page.locator("#conversations [aria-current=page]")).to_have_attribute("href", cats)
    await tab.ask_and_wait("More about cats [[fake: chars=50]]")
    await tab.page.locator(f'#conversations a[href="{dogs}"]').click()
    await expect(tab.questions.first).to_contain_text("About dogs")
    await expect(tab.messages).to_have_count(2)
    assert await tab.page.evaluate("() => window.isTheSamePage")
    assert tab.frames.count("(new socket)") == 1


async def test_draft_stays_with_its_conversation(tab: Tab) -> None:
    await tab.ask_and_wait("About cats [[fake: chars=50]]")
    cats = tab.path
    await tab.composer.fill("A thought on cats")
    await tab.page.locator("a[data-navigate]", has_text="New conversation").first.click()
    await expect(tab.messages).to_have_count(0)
    await expect(tab.composer).to_have_value("")
    await tab.page.locator(f'#conversations a[href="{cats}"]').click()
    await expect(tab.composer).to_have_value("A thought on cats")
    await tab.reload()
    await expect(tab.composer).to_have_value("A thought on cats")
