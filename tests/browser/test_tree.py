"""Walking the tree of a talk: versions of questions and answers, forks, and taking back a deletion."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from conversations.models import Conversation, Message
from tests.browser.test_widgets import add_talk
from tests.fake_provider import answer_to

if TYPE_CHECKING:
    from playwright.async_api import Locator

    from tests.browser.conftest import OpenTab
    from tests.browser.tab import Tab
    from tests.support.people import Person
    from tests.support.server import Server

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.once]


def version(message: Locator) -> Locator:
    return message.locator(".version-place")


async def choose_in_menu(tab: Tab, message: Locator, action: str) -> None:
    await message.hover()
    await message.get_by_role("button", name="More").click()
    await tab.page.locator(f'#message-menu [data-action="{action}"]').click()


async def test_answers_to_one_question_are_walked_in_every_tab_and_the_choice_is_kept(
    tab: Tab, tabs: OpenTab, server: Server, alice: Person
) -> None:
    await tab.ask_and_wait("First [[fake: chars=80]]")
    other = await tabs(server, alice, tab.path)
    await tab.action("regenerate", tab.last_answer).click()
    for one in (tab, other):
        await expect(version(one.last_answer)).to_have_text("2 / 2")
    second = await tab.last_answer.get_attribute("data-message")
    await tab.finish()
    await tab.last_answer.get_by_role("button", name="Earlier version").click()
    for one in (tab, other):
        await expect(version(one.last_answer)).to_have_text("1 / 2")
        await expect(one.last_answer).not_to_have_attribute("data-message", str(second))
    await tab.reload()
    await expect(version(tab.last_answer)).to_have_text("1 / 2")
    await tab.ask_and_wait("Second [[fake: chars=60]]")
    with server.database():
        assert str(Message.objects.get(conversation=tab.conversation, content__startswith="Second").parent_id) != second


async def test_walking_by_keys_keeps_the_place_of_the_keyboard(tab: Tab) -> None:
    await tab.ask_and_wait("First [[fake: chars=80]]")
    await tab.action("regenerate", tab.last_answer).click()
    await expect(version(tab.last_answer)).to_have_text("2 / 2")
    await tab.finish()
    await tab.last_answer.get_by_role("button", name="Earlier version").focus()
    await tab.press("Enter")
    await expect(version(tab.last_answer)).to_have_text("1 / 2")
    await expect(tab.last_answer.get_by_role("button", name="Later version")).to_be_focused()


async def test_edited_question_stands_beside_the_old_one_with_all_that_followed(tab: Tab) -> None:
    await tab.ask_and_wait("Old words [[fake: chars=60]]")
    await tab.ask_and_wait("And more [[fake: chars=60]]")
    await tab.questions.first.hover()
    await tab.action("edit", tab.questions.first).click()
    await tab.page.locator(".editor-text").fill("New words [[fake: chars=60]]")
    await tab.press("Enter")
    await expect(version(tab.questions.first)).to_have_text("2 / 2")
    await expect(tab.questions).to_have_count(1)
    await tab.finish()
    await tab.questions.first.get_by_role("button", name="Earlier version").click()
    await expect(tab.questions).to_have_count(2)
    await expect(tab.questions.first).to_contain_text("Old words")


async def test_another_model_answers_the_same_question_and_stays_chosen_for_that_only(tab: Tab) -> None:
    await tab.ask_and_wait("First [[fake: chars=80]]")
    chosen = await tab.page.locator("#talk").get_attribute("data-model")
    await tab.last_answer.get_by_role("button", name="Answer again with another model").click()
    option = tab.page.locator('#models-list [role="option"][data-model^="anthropic/"]').first
    wanted = await option.get_attribute("data-model")
    await option.click()
    await expect(version(tab.last_answer)).to_have_text("2 / 2")
    await expect(tab.last_answer).to_have_attribute("data-model", str(wanted))
    await expect(tab.page.locator("#talk")).to_have_attribute("data-model", str(chosen))
    await tab.finish()


async def test_deleted_message_goes_with_what_followed_and_comes_back(
    tab: Tab, tabs: OpenTab, server: Server, alice: Person
) -> None:
    await tab.ask_and_wait("Stays [[fake: chars=60]]")
    await tab.ask_and_wait("Goes [[fake: chars=60]]")
    other = await tabs(server, alice, tab.path)
    await choose_in_menu(tab, tab.questions.last, "delete-message")
    for one in (tab, other):
        await expect(one.messages).to_have_count(2)
    await tab.page.locator("#toasts").get_by_role("button", name="Undo").click()
    for one in (tab, other):
        await expect(one.messages).to_have_count(4)
        await expect(one.questions.last).to_contain_text("Goes")


async def test_fork_opens_a_copy_up_to_the_message(tab: Tab, server: Server) -> None:
    first = await tab.ask_and_wait("Begin [[fake: chars=60]]")
    await tab.ask_and_wait("Go on [[fake: chars=60]]")
    origin = tab.conversation
    await choose_in_menu(tab, tab.answers.first, "fork")
    await expect(tab.messages).to_have_count(2)
    assert tab.conversation != origin
    assert await tab.source(tab.last_answer) == first
    assert await tab.ask_and_wait("Elsewhere") == answer_to("Elsewhere")
    with server.database():
        assert Conversation.objects.get(pk=origin).messages.count() == 4


async def test_versions_can_be_walked_without_scripts(tabs: OpenTab, server: Server, alice: Person) -> None:
    talk = add_talk(server, alice, "Without scripts")
    with server.database():
        question, answer = talk.messages.order_by("created_at", "pk")
        Message.objects.create(
            conversation=talk,
            parent=question,
            role="assistant",
            content="Two",
            html="<p>Two</p>",
            created_at=answer.created_at,
        )
    tab = await tabs(server, alice, None, java_script_enabled=False)
    await tab.page.goto(f"{server.origin}/c/{talk.pk}/")
    await expect(version(tab.last_answer)).to_have_text("1 / 2")
    await tab.last_answer.get_by_role("button", name="Later version").click()
    await expect(tab.last_answer).to_contain_text("Two")
    await expect(version(tab.last_answer)).to_have_text("2 / 2")
