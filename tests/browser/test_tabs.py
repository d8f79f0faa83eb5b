"""Several tabs and devices of one person show the same thing at the same time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import pytest_asyncio
from playwright.async_api import expect

from tests.fake_provider import answer_to, filler

if TYPE_CHECKING:
    from tests.browser.conftest import OpenTab
    from tests.browser.tab import Tab
    from tests.fake_provider import FakeProviderProcess
    from tests.support.people import Person
    from tests.support.server import Server

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(loop_scope="session")
async def other(tabs: OpenTab, server: Server, alice: Person, tab: Tab) -> Tab:
    """Give alice's tab on another device, with the conversation that was begun in ``tab``."""
    await tab.ask_and_wait("To begin with [[fake: chars=60]]")
    return await tabs(server, alice, tab.path)


async def assert_same(*tabs: Tab) -> None:
    first, *others = [await one.shown_text() for one in tabs]
    assert all(one == first for one in others)


async def test_question_in_one_tab_is_answered_in_both(tab: Tab, other: Tab) -> None:
    await tab.ask("And now for both of us")
    await expect(other.questions.last).to_contain_text("And now for both of us")
    for one in (tab, other):
        assert await one.finish() == answer_to("And now for both of us")
    await assert_same(tab, other)
    await other.ask("Back to you")
    await expect(tab.questions.last).to_contain_text("Back to you")
    for one in (tab, other):
        assert await one.finish() == answer_to("Back to you")
    await assert_same(tab, other)
    await other.reload()
    await assert_same(tab, other)


async def test_stop_in_the_other_tab_stops_the_answer_and_its_provider(
    tab: Tab, other: Tab, fake: FakeProviderProcess
) -> None:
    await tab.ask("Tell me everything [[fake: endless delay=0.02]]")
    await expect(other.last_answer).to_contain_text("Sentence 3")
    await other.page.locator('[data-action="stop"]').click()
    texts = {await one.finish("stopped") for one in (tab, other)}
    fake.wait_until(lambda calls: calls[-1]["state"] == "client_closed")
    text = texts.pop()
    assert not texts
    assert text == filler(len(text))
    await assert_same(tab, other)
    await other.reload()
    await assert_same(tab, other)
    await expect(other.action("continue")).to_be_visible()


async def test_stopped_answer_goes_on_in_both_tabs(tab: Tab, other: Tab, fake: FakeProviderProcess) -> None:
    fake.script(chars=900, hang=600)
    await tab.ask("Tell me everything")
    await expect(tab.last_answer).to_contain_text("Sentence 9")
    await tab.page.locator('[data-action="stop"]').click()
    for one in (tab, other):
        await one.finish("stopped")
    fake.script(text=" And the rest.\n\nThe end.")
    await other.action("continue").click()
    for one in (tab, other):
        await expect(one.last_answer).to_contain_text("The end.")
        assert await one.finish() == filler(600) + " And the rest.\n\nThe end."
    await assert_same(tab, other)
    await tab.reload()
    await assert_same(tab, other)


async def test_edit_and_regenerate_change_the_branch_in_both_tabs(
    tab: Tab, other: Tab, fake: FakeProviderProcess
) -> None:
    await tab.ask_and_wait("Second question [[fake: chars=60]]")
    await tab.questions.first.hover()
    await tab.action("edit", tab.questions.first).click()
    await tab.page.locator(".editor-text").fill("Edited [[fake: chars=90]]")
    await tab.page.locator(".editor-text").press("Enter")
    for one in (tab, other):
        await expect(one.questions).to_have_count(1)
        await expect(one.questions.last).to_contain_text("Edited")
        assert await one.finish() == filler(90)
    await assert_same(tab, other)
    fake.script(text="Quite another answer.")
    await other.last_answer.hover()
    await other.action("regenerate", other.last_answer).click()
    for one in (tab, other):
        await expect(one.last_answer).to_contain_text("Quite another answer.")
        await one.finish()
    await assert_same(tab, other)
    await other.reload()
    await assert_same(tab, other)


async def test_renamed_conversation_is_renamed_everywhere(tab: Tab, other: Tab) -> None:
    await tab.page.locator("#talk-title-button").click()
    await tab.page.locator(".rename-input").fill("Our talk <b>about</b> monads")
    await tab.page.locator(".rename-input").press("Enter")
    for one in (tab, other):
        await expect(one.rows.first.locator(".row-title")).to_have_text("Our talk about monads")
        await expect(one.page).to_have_title("Our talk about monads")


async def test_deleted_conversation_goes_everywhere_and_comes_back(tab: Tab, other: Tab) -> None:
    shown, path = await tab.shown_text(), tab.path
    await tab.rows.first.hover()
    await tab.rows.first.locator(".row-more").click()
    await tab.page.locator('#row-menu [data-action="delete"]').click()
    await tab.page.locator(".toast-action").hover()  # so it stays
    for one in (tab, other):
        await expect(one.rows).to_have_count(0)
        await expect(one.messages).to_have_count(0)
    await tab.page.locator(".toast-action").click()
    for one in (tab, other):
        await expect(one.rows).to_have_count(1)
    await expect(tab.messages).to_have_count(2)
    assert (await tab.shown_text(), tab.path) == (shown, path)


async def test_other_conversations_do_not_mix(tab: Tab, other: Tab) -> None:
    """One tab leaves a running answer, follows another conversation, and finds the first one whole."""
    running = tab.path
    await tab.ask("Run on [[fake: chars=3000 delay=0.01]]")
    await expect(tab.last_answer).to_contain_text("Sentence 3")
    await tab.page.locator("a[data-navigate]", has_text="New conversation").first.click()
    await expect(tab.messages).to_have_count(0)
    assert tab.path == "/c/"
    assert await tab.ask_and_wait("Something else [[fake: chars=80]]") == filler(80)
    await expect(tab.messages).to_have_count(2)
    await tab.page.locator(f'#conversations a[href="{running}"]').click()
    await expect(tab.messages).to_have_count(4)
    for one in (tab, other):
        assert await one.finish() == filler(3000)
    await assert_same(tab, other)
    assert not [frame for frame in tab.frames if '"type":"error"' in frame]
