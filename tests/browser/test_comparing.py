"""Several answers side by side: choosing who is asked, watching them, keeping one, in every tab and after a reload."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from django.utils import timezone
from playwright.async_api import expect

from conversations.models import Conversation, Message, Role

if TYPE_CHECKING:
    from playwright.async_api import Locator

    from tests.browser.conftest import OpenTab
    from tests.browser.tab import Tab
    from tests.support.people import Person
    from tests.support.server import Server

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.once]
LONG = "Which one? [[fake: chars=4000 delay=0.05]]"


def columns(tab: Tab) -> Locator:
    return tab.page.locator("#transcript > .comparison > .message")


async def choose(tab: Tab, *models: str) -> None:
    await tab.page.locator("#models-button").click()
    await tab.page.locator("#models-compare").click()
    for chosen in await tab.page.locator("#models-list [aria-selected=true]").all():
        await chosen.click()
    for model in models:
        await tab.page.locator(f'#models-list [data-model="{model}"]').click()
    await expect(tab.page.locator("#models-count")).to_have_text(f"{len(models)} of 4 chosen")
    await tab.press("Escape")
    await expect(tab.page.locator("#models-name")).to_have_text(f"{len(models)} models")


MODELS = ("openai/fake-echo", "openai/gpt-5.5", "anthropic/claude-sonnet-5-5")


async def test_answers_stand_side_by_side_in_every_tab_until_one_is_kept(
    tab: Tab, tabs: OpenTab, server: Server, alice: Person
) -> None:
    await choose(tab, *MODELS)
    await tab.ask("Which one? [[fake: chars=90]]")
    await expect(columns(tab)).to_have_count(3)
    other = await tabs(server, alice, tab.path)
    for one in (tab, other):
        await expect(one.page.locator('.comparison > [data-status="complete"]')).to_have_count(3)
        shown = await columns(one).evaluate_all("all => all.map((each) => each.dataset.model)")
        assert shown == list(MODELS)
    await tab.ask("And now?")
    await expect(tab.toast).to_have_text("Keep one of the answers first. Your text is kept here.")
    await columns(tab).nth(1).get_by_role("button", name="Keep this one").click()
    for one in (tab, other):
        await expect(columns(one)).to_have_count(0)
        await expect(one.last_answer).to_have_attribute("data-model", MODELS[1])
        await expect(one.last_answer.locator(".version-place")).to_have_text("2 / 3")
    await tab.reload()
    await expect(tab.last_answer.locator(".version-place")).to_have_text("2 / 3")
    await expect(tab.page.locator("#models-name")).to_have_text("gpt-5.5")
    await tab.composer.press("Enter")
    await tab.finish()


async def test_one_is_stopped_and_the_others_go_on_then_all(tab: Tab) -> None:
    await choose(tab, *MODELS[:2])
    await tab.ask(LONG)
    await expect(columns(tab)).to_have_count(2)
    await expect(columns(tab).nth(1)).to_contain_text("Sentence 3")
    await columns(tab).nth(1).get_by_role("button", name="Stop").click()
    await expect(columns(tab).nth(1)).to_have_attribute("data-status", "stopped")
    await expect(columns(tab).nth(0)).to_have_attribute("data-status", "streaming")
    await tab.reload()
    await expect(columns(tab).nth(0)).to_have_attribute("data-status", "streaming")
    await tab.composer.focus()
    await tab.press("Escape")
    await expect(columns(tab).nth(0)).to_have_attribute("data-status", "stopped")
    await columns(tab).nth(0).get_by_role("button", name="Continue").click()
    await expect(columns(tab).nth(0)).to_have_attribute("data-status", "complete")
    await expect(columns(tab)).to_have_count(2)


async def test_answer_that_is_tried_again_takes_its_place_among_the_others(tab: Tab) -> None:
    await choose(tab, *MODELS[:2])
    await tab.ask("Which one? [[fake: chars=90]]")
    await expect(tab.page.locator('.comparison > [data-status="complete"]')).to_have_count(2)
    first = await columns(tab).nth(0).get_attribute("data-message")
    await columns(tab).nth(0).locator('.message-actions [data-action="regenerate"]').click()
    await expect(tab.page.locator(f"#m-{first}")).to_have_count(0)
    await expect(tab.page.locator('.comparison > [data-status="complete"]')).to_have_count(2)
    await tab.reload()
    await expect(columns(tab)).to_have_count(2)


async def test_columns_scroll_on_a_phone_and_the_page_does_not(
    tab: Tab, tabs: OpenTab, server: Server, alice: Person
) -> None:
    await choose(tab, *MODELS)
    await tab.ask("Which one? [[fake: chars=90]]")
    await expect(tab.page.locator('.comparison > [data-status="complete"]')).to_have_count(3)
    phone = await tabs(server, alice, tab.path, viewport={"width": 390, "height": 800})
    sizes = await phone.page.evaluate(
        """() => {
          const row = document.querySelector(".comparison");
          return [row.scrollWidth > row.clientWidth, document.scrollingElement.scrollWidth <= innerWidth];
        }"""
    )
    assert sizes == [True, True]


async def test_answers_side_by_side_leave_a_long_talk_together_and_come_back(
    tabs: OpenTab, server: Server, alice: Person
) -> None:
    with server.database():
        talk = Conversation.objects.create(user_id=alice.user_id, title="Long", updated_at=timezone.now())
        rows, parent = [], None
        for number in range(460):
            role = Role.ASSISTANT if number % 2 else Role.USER
            fields = {"content": f"Message {number}", "html": f"<p>Message {number}</p>", "model": MODELS[0]}
            rows.append(Message(conversation=talk, parent=parent, role=role, created_at=timezone.now(), **fields))
            parent = rows[-1]
        rows.append(
            Message(conversation=talk, parent=parent, role=Role.USER, content="Which?", created_at=timezone.now())
        )
        answers = [
            Message(conversation=talk, parent=rows[-1], role=Role.ASSISTANT, model=model, is_compared=True)
            for model in MODELS
        ]
        for answer in answers:
            answer.content, answer.html, answer.created_at = "This.", "<p>This.</p>", timezone.now()
        Message.objects.bulk_create([*rows, *answers])
        Conversation.objects.filter(pk=talk.pk).update(leaf=answers[0])
    tab = await tabs(server, alice, f"/c/{talk.pk}/")
    await expect(columns(tab)).to_have_count(3)
    first = tab.page.locator("#transcript > .message").first
    async with asyncio.timeout(60):
        while await tab.page.locator("#transcript > .comparison").count():
            await first.scroll_into_view_if_needed()
    await expect(tab.page.locator("#transcript > .later")).to_have_count(1)
    async with asyncio.timeout(60):
        while not await tab.page.locator("#transcript > .comparison").count():
            await tab.page.locator("#transcript > .message").last.scroll_into_view_if_needed()
    await expect(columns(tab)).to_have_count(3)
