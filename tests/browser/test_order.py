"""Keeping the list in order from a row's menu, and talks of which nothing is kept."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from conversations.models import Conversation, Folder
from tests.browser.test_widgets import add_talk, open_row_menu, row
from tests.support.processes import wait_until

if TYPE_CHECKING:
    from playwright.async_api import Route

    from tests.browser.conftest import OpenTab
    from tests.browser.tab import Tab
    from tests.support.people import Person
    from tests.support.server import Server

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.once]


def heading_of(tab: Tab, title: str) -> str:
    return f"""document.querySelector('#conversations')?.querySelectorAll('.row').values()
      .find((row) => row.textContent.includes('{title}'))?.closest('.sidebar-group').dataset.group"""


async def choose(tab: Tab, title: str, name: str) -> None:
    await open_row_menu(tab, title)
    await tab.page.locator("#row-menu").get_by_role("menuitem", name=name, exact=True).click()


async def test_pinned_talk_moves_up_in_every_tab_and_down_again(tabs: OpenTab, server: Server, alice: Person) -> None:
    add_talk(server, alice, "Often needed")
    add_talk(server, alice, "Now and then")
    tab, other = await tabs(server, alice), await tabs(server, alice)
    await choose(tab, "Often needed", "Pin")
    for one in (tab, other):
        await one.until(f"() => {heading_of(one, 'Often needed')} === 'pinned'")
    await choose(other, "Often needed", "Unpin")
    for one in (tab, other):
        await one.until(f"() => {heading_of(one, 'Often needed')} === 'today'")


async def test_archived_and_filed_talks_leave_the_list_and_come_back(
    tabs: OpenTab, server: Server, alice: Person
) -> None:
    for title in ("Done with", "Belongs to work"):
        add_talk(server, alice, title)
    with server.database():
        folder = Folder.objects.create(user_id=alice.user_id, name="Work")
    tab = await tabs(server, alice)
    await choose(tab, "Done with", "Archive")
    await expect(row(tab, "Done with")).to_have_count(0)
    await tab.page.locator("#toasts").get_by_role("button", name="Undo").click()
    await expect(row(tab, "Done with")).to_have_count(1)
    await choose(tab, "Belongs to work", "Work")
    await expect(row(tab, "Belongs to work")).to_have_count(0)
    with server.database():
        assert Conversation.objects.get(title="Belongs to work").folder == folder


async def test_temporary_talk_is_in_no_list_and_nothing_is_left_of_it(tab: Tab, server: Server, alice: Person) -> None:
    await tab.page.locator(".temporary-button").click()
    await expect(tab.page.locator(".empty-question")).to_contain_text("temporary")
    await tab.ask_and_wait("A secret [[fake: chars=60]]")
    await tab.ask_and_wait("And more [[fake: chars=60]]")
    await expect(tab.rows).to_have_count(0)
    talk = tab.conversation

    def kept() -> int:
        with server.database():
            return Conversation.objects.filter(pk=talk).count()

    assert kept() == 1
    await tab.page.locator(".sidebar").get_by_role("link", name="New conversation", exact=True).click()
    wait_until(lambda: kept() == 0, what="the end of the talk")
    await tab.page.locator(".temporary-button").click()
    await expect(tab.page.locator(".empty-question")).to_contain_text("temporary")
    await tab.ask_and_wait("Another secret [[fake: chars=60]]")
    talk = tab.conversation
    await tab.page.goto("about:blank")
    wait_until(lambda: kept() == 0, what="the end of the other talk")


async def test_words_of_a_temporary_talk_are_never_kept_in_the_browser(tab: Tab) -> None:
    tab.may_lose_line = True
    stored = "() => Object.entries({...localStorage}).flat().filter((one) => one.includes('ecret'))"
    await tab.page.locator(".temporary-button").click()
    await expect(tab.page.locator(".empty-question")).to_contain_text("temporary")
    await tab.composer.fill("A secret")
    assert await tab.page.evaluate(stored) == []
    await tab.page.locator(".sidebar").get_by_role("link", name="New conversation", exact=True).click()
    await expect(tab.page.locator(".empty-question")).not_to_contain_text("temporary")
    await expect(tab.composer).to_have_value("")
    await tab.page.locator(".temporary-button").click()
    await expect(tab.page.locator(".empty-question")).to_contain_text("temporary")
    await tab.ask_and_wait("Secret [[fake: chars=60]]")
    await tab.page.context.set_offline(True)
    await tab.until("() => document.documentElement.dataset.connection !== 'online'")
    await tab.composer.fill("Secret that waits")
    await tab.page.keyboard.press("Enter")
    await tab.until(f"() => ({stored})().length > 0")
    await tab.page.evaluate("() => dispatchEvent(new PageTransitionEvent('pagehide'))")
    assert await tab.page.evaluate(stored) == []
    await tab.page.context.set_offline(False)


async def test_nothing_leaves_the_old_page_while_a_temporary_talk_comes(tab: Tab) -> None:
    arrived = asyncio.Event()

    async def hold(route: Route) -> None:
        await arrived.wait()
        await route.continue_()

    await tab.page.route("**/c/?temporary", hold)
    await tab.composer.fill("A secret")
    await tab.page.locator(".temporary-button").click()
    await expect(tab.composer).not_to_be_focused()
    await tab.page.keyboard.press("Enter")
    arrived.set()
    await expect(tab.page.locator(".empty-question")).to_contain_text("temporary")
    await tab.ask_and_wait("Another secret [[fake: chars=60]]")
    await expect(tab.rows).to_have_count(0)
    assert not [frame for frame in tab.frames if '"text":"A secret"' in frame]
