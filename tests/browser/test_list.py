"""The list of conversations: it goes on as far as one scrolls, takes what is dragged, and shows and takes tags."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.utils import timezone
from playwright.async_api import expect

from conversations.library import PAGE
from conversations.models import Conversation, Folder, Tag
from tests.browser.test_widgets import add_talk, open_row_menu, row

if TYPE_CHECKING:
    from tests.browser.conftest import OpenTab
    from tests.browser.tab import Tab
    from tests.support.people import Person
    from tests.support.server import Server

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.once]


def add_many(server: Server, person: Person, count: int) -> None:
    """Store talks named by their numbers, the newest with the least."""
    now = timezone.now()
    with server.database():
        Conversation.objects.bulk_create(
            Conversation(
                user_id=person.user_id, title=f"Talk {number:03}", updated_at=now - timedelta(hours=7 * number)
            )
            for number in range(count)
        )


async def scroll_to_end(tab: Tab) -> None:
    await tab.page.evaluate("() => { const list = document.getElementById('conversations'); list.scrollTop = 1e6; }")


async def titles(tab: Tab) -> list[str]:
    return await tab.page.locator("#conversations .row-title").all_inner_texts()


async def test_list_goes_on_as_far_as_one_scrolls(tabs: OpenTab, server: Server, alice: Person) -> None:
    count = 2 * PAGE + 20
    add_many(server, alice, count)
    tab = await tabs(server, alice)
    await expect(tab.rows).to_have_count(PAGE)
    for shown in (2 * PAGE, count):
        await scroll_to_end(tab)
        await expect(tab.rows).to_have_count(shown)
    assert await titles(tab) == [f"Talk {number:03}" for number in range(count)]
    keys = await tab.page.locator(".sidebar-group").evaluate_all("all => all.map((one) => one.dataset.group)")
    assert len(keys) == len(set(keys))
    await expect(tab.page.locator(".sidebar-more")).to_have_count(0)


async def test_rows_that_were_fetched_stay_when_the_list_changes(tabs: OpenTab, server: Server, alice: Person) -> None:
    add_many(server, alice, PAGE + 30)
    tab = await tabs(server, alice)
    await scroll_to_end(tab)
    await expect(tab.rows).to_have_count(PAGE + 30)
    with server.database():
        Conversation.objects.filter(title="Talk 001").update(title="Renamed elsewhere")
    await row(tab, "Talk 060").locator(".row-link").click()
    await expect(row(tab, "Renamed elsewhere")).to_have_count(1)
    await expect(tab.rows).to_have_count(PAGE + 30)
    assert (await titles(tab))[-1] == f"Talk {PAGE + 29:03}"


async def test_list_without_scripts_leads_on(tabs: OpenTab, server: Server, alice: Person) -> None:
    add_many(server, alice, PAGE + 5)
    tab = await tabs(server, alice, None, java_script_enabled=False)
    await tab.page.goto(f"{server.origin}/c/")
    await tab.page.get_by_role("link", name="Older conversations").click()
    shown = await tab.page.locator(".library-title").all_inner_texts()
    assert shown == [f"Talk {number:03}" for number in range(PAGE, PAGE + 5)]


async def test_talk_is_dragged_into_a_folder_to_the_pinned_and_back(
    tabs: OpenTab, server: Server, alice: Person
) -> None:
    for title in ("Into work", "Often needed", "Another"):
        add_talk(server, alice, title)
    with server.database():
        folder = Folder.objects.create(user_id=alice.user_id, name="Work")
    tab = await tabs(server, alice)
    await row(tab, "Into work").drag_to(tab.page.locator(".sidebar-folders li"))
    await expect(row(tab, "Into work")).to_have_count(0)
    with server.database():
        assert Conversation.objects.get(title="Into work").folder == folder
    await tab.page.locator("#toasts").get_by_role("button", name="Undo").click()
    await expect(row(tab, "Into work")).to_have_count(1)
    await row(tab, "Often needed").hover()
    await tab.page.mouse.down()
    await row(tab, "Another").hover()
    await row(tab, "Another").hover()
    await tab.page.locator(".sidebar-pin").hover()
    await tab.page.mouse.up()
    pinned = tab.page.locator('[data-group="pinned"]')
    await expect(pinned.locator(".row")).to_have_count(1)
    await row(tab, "Often needed").drag_to(row(tab, "Another"))
    await expect(pinned).to_have_count(0)
    await expect(tab.rows).to_have_count(3)
    assert await tab.page.locator(".is-wanted, .is-dragged, .is-dropping").count() == 0


async def test_tags_are_added_from_the_menu_shown_and_taken_back(tabs: OpenTab, server: Server, alice: Person) -> None:
    add_talk(server, alice, "A trip")
    tab = await tabs(server, alice)
    await open_row_menu(tab, "A trip")
    await tab.action("tag").click()
    await tab.page.keyboard.type("travel")
    await tab.page.keyboard.press("Enter")
    await expect(row(tab, "A trip").locator(".row-tags")).to_have_text("travel")
    await tab.page.locator("#toasts").get_by_role("button", name="Undo").click()
    await expect(row(tab, "A trip").locator(".row-tags")).to_have_text("")
    with server.database():
        assert not Tag.objects.filter(user_id=alice.user_id).exists()
