"""From one conversation to another without loading the page anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

if TYPE_CHECKING:
    from playwright.async_api import Route

    from tests.browser.conftest import OpenTab
    from tests.browser.tab import Tab
    from tests.support.people import Person
    from tests.support.server import Server

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.once]


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


async def test_answer_that_ends_while_its_page_is_fetched_is_shown_as_ended(
    tab: Tab, tabs: OpenTab, server: Server, alice: Person
) -> None:
    """The page says that it runs, and nobody will say again that it has ended."""
    await tab.page.add_init_script("window.setInterval = () => 0")  # nor does anybody look for quiet answers
    await tab.reload()
    await tab.ask("Run on [[fake: endless delay=0.02]]")
    await expect(tab.last_answer).to_contain_text("Sentence 2")
    path = tab.path
    other = await tabs(server, alice, path)
    await tab.page.locator("a[data-navigate]", has_text="New conversation").first.click()
    await expect(tab.messages).to_have_count(0)

    async def hold(route: Route) -> None:
        page = await route.fetch()
        await other.action("stop").click()
        await other.finish("stopped")
        await route.fulfill(response=page)

    await tab.page.route(f"**{path}", hold)
    await tab.page.locator(f'#conversations a[href="{path}"]').click()
    assert await tab.finish("stopped") == await other.source(other.last_answer)


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
