"""What a model thinks: told while it thinks, folded, kept, and never in the way of the answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from conversations.models import Message
from tests.fake_provider import filler

if TYPE_CHECKING:
    from tests.browser.tab import Tab
    from tests.fake_provider import FakeProviderProcess
    from tests.support.people import Person
    from tests.support.server import Server

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.once]

LOOKS = """() => [...document.querySelectorAll(".thinking")].map((part) => part.textContent.trim()).join("|")"""


async def test_thinking_is_told_while_it_goes_on_and_kept_afterwards(tab: Tab, fake: FakeProviderProcess) -> None:
    fake.script(reasoning=400, hang=0)
    await tab.ask("Why?")
    part = tab.last_answer.locator(".thinking")
    await expect(part.locator(".thinking-label")).to_have_text("Thinking…")
    await expect(part.locator(".thinking-text")).to_be_hidden()
    await part.locator("summary").click()
    await expect(part.locator(".thinking-text")).to_have_text(filler(400))
    await tab.action("stop").click()
    await tab.finish("stopped")
    fake.script(text="Because.")
    await tab.action("continue", tab.last_answer).click()
    assert await tab.finish() == "Because."
    await expect(part.locator(".thinking-text")).to_be_visible()
    await expect(part.locator(".thinking-text")).to_have_text(filler(400))
    await expect(part.locator(".thinking-label")).to_contain_text("Thought for ")
    await expect(part.locator(".thinking-seconds")).to_be_empty()
    looks = await tab.page.evaluate(LOOKS)
    await tab.reload()
    assert await tab.page.evaluate(LOOKS) == looks
    await expect(part.locator(".thinking-text")).to_be_hidden()


async def test_thinking_is_plain_text(tab: Tab) -> None:
    said = "<b>bold</b> <img src=x onerror=alert(1)> **stars**\n\n  kept  spaces"
    await tab.ask(f"Why? [[fake: thoughts='{said}' text='Because.']]")
    await tab.finish()
    for _ in range(2):
        box = tab.last_answer.locator(".thinking-text")
        assert await box.evaluate("(box) => [box.textContent, box.childElementCount]") == [said, 0]
        await tab.reload()


async def test_page_that_comes_late_follows_the_thinking(tab: Tab) -> None:
    await tab.ask("Why? [[fake: reasoning=100000 chunk=8 delay=0.02]]")
    box = tab.last_answer.locator(".thinking-text")
    await expect(box).to_contain_text("Sentence 6")
    await tab.reload()
    await expect(tab.last_answer.locator(".thinking")).to_have_attribute("data-state", "thinking")
    shown = await box.evaluate("(box) => box.textContent")
    await tab.until(f"() => document.querySelector('.thinking-text').textContent.length > {len(shown)}")
    await tab.action("stop").click()
    await tab.finish("stopped")
    thought = await box.evaluate("(box) => box.textContent")
    assert thought == filler(len(thought))


async def test_stopped_thinking_stays_and_goes_on(tab: Tab) -> None:
    await tab.ask("Why? [[fake: reasoning=300 text='Because.' hang=0]]")
    box = tab.last_answer.locator(".thinking-text")
    await expect(box).to_have_text(filler(300))
    await tab.action("stop").click()
    await tab.finish("stopped")
    thought = await box.evaluate("(box) => box.textContent")
    assert thought == filler(300)
    await tab.action("continue", tab.last_answer).click()
    await expect(box).to_have_text(filler(300) * 2)


@pytest.mark.parametrize("model", ["gpt-5.5", "claude"])
async def test_answer_cut_at_the_limit_offers_to_go_on(tab: Tab, model: str) -> None:
    await tab.page.locator("#models-button").click()
    await tab.page.locator("#models-input").fill(model)
    await tab.page.locator("#models-list [role=option]").first.click()
    finish = "max_tokens" if model == "claude" else "length"
    await tab.ask(f"Much. [[fake: chars=90 finish={finish}]]")
    await tab.finish()
    await expect(tab.last_answer.locator(".message-status-text")).to_have_text("The answer reached its length limit.")
    await tab.action("continue", tab.last_answer).click()
    await expect(tab.last_answer.locator(".message-status-text")).to_have_count(0)
    text = await tab.finish()
    assert text.startswith(filler(90))
    assert len(text) > 90


async def test_thinking_that_took_the_whole_limit_is_no_empty_answer(tab: Tab) -> None:
    await tab.ask("Why? [[fake: reasoning=200 text='' finish=length]]")
    await tab.finish()
    for _ in range(2):
        await expect(tab.last_answer.locator(".message-status-text")).to_contain_text("before it wrote an answer")
        await expect(tab.action("continue", tab.last_answer)).to_be_visible()
        await tab.reload()


@pytest.mark.parametrize("behaviour", ["finish=content_filter text=''", "refusal text='I cannot help with that.'"])
async def test_refused_answer_says_so(tab: Tab, behaviour: str) -> None:
    await tab.ask(f"Why? [[fake: {behaviour}]]")
    text = await tab.finish()
    assert text == ("I cannot help with that." if "refusal" in behaviour else "")
    for _ in range(2):
        await expect(tab.last_answer.locator(".message-status-text")).to_contain_text("own rules ended this answer")
        await expect(tab.action("regenerate", tab.last_answer)).to_be_visible()
        await tab.reload()


async def test_page_names_who_answered_instead(tab: Tab, server: Server, alice: Person) -> None:
    await tab.ask_and_wait("Hello")
    await expect(tab.last_answer.locator(".message-fallback")).to_be_hidden()
    with server.database():
        answers = Message.objects.filter(conversation__user=alice.user_id, role="assistant")
        answers.update(asked_model="anthropic/claude-sonnet-5-5")
    await tab.reload()
    await expect(tab.last_answer.locator(".message-fallback")).to_have_text(
        "Answered by fake-echo, because Claude Sonnet 5.5 did not answer."
    )
