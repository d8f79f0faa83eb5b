"""Under an answer: rating it, hearing it, and what there is to know of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from conversations.models import Message, Role

if TYPE_CHECKING:
    from tests.browser.conftest import OpenTab
    from tests.browser.tab import Tab
    from tests.support.people import Person
    from tests.support.server import Server

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.once]

VOICE = """
  const spoken = [];
  let ended = () => {};
  window.spoken = spoken;
  window.endSpeech = () => ended();
  window.SpeechSynthesisUtterance = class extends EventTarget { constructor(text) { super(); this.text = text; } };
  Object.defineProperty(window, "speechSynthesis", { value: Object.assign(new EventTarget(), {
    getVoices: () => [{ localService: true, lang: "en-GB", name: "Here" }],
    cancel: () => spoken.push("(stop)"),
    speak: (utterance) => {
      spoken.push(`${utterance.lang}: ${utterance.text}`);
      ended = () => utterance.dispatchEvent(new Event("end"));
    },
  }) });
"""


def rating_of(server: Server) -> tuple[int | None, str]:
    with server.database():
        return Message.objects.filter(role=Role.ASSISTANT).values_list("rating", "rating_reason").latest("created_at")


async def test_answer_is_rated_with_a_reason_changed_and_taken_back(tab: Tab, server: Server) -> None:
    await tab.ask_and_wait("How? [[fake: chars=80]]")
    good, bad = (tab.last_answer.get_by_role("button", name=name) for name in ("Good answer", "Bad answer"))
    await good.click()
    await expect(tab.last_answer.locator(".rating-reason:visible")).to_have_text(["Correct", "Clear", "Complete"])
    await tab.last_answer.get_by_role("button", name="Clear").click()
    await expect(tab.toast).to_have_text("Thank you. Your rating is noted.")
    await expect(good).to_be_focused()
    await tab.reload()
    await expect(good).to_have_attribute("aria-pressed", "true")
    assert rating_of(server) == (1, "clear")
    async with tab.page.expect_response("**/rate/"):
        await bad.click()
    await expect(good).to_have_attribute("aria-pressed", "false")
    assert rating_of(server) == (-1, "")
    async with tab.page.expect_response("**/rate/"):
        await bad.click()
    await expect(tab.last_answer.locator(".rating")).to_have_count(0)
    assert rating_of(server) == (None, "")


async def test_answer_is_read_aloud_by_the_device_and_stops(tabs: OpenTab, server: Server, alice: Person) -> None:
    tab = await tabs(server, alice, None)
    await tab.page.add_init_script(VOICE)
    await tab.open()
    await tab.ask_and_wait("How? [[fake: chars=40]]")
    button = tab.last_answer.get_by_role("button", name="Read aloud")
    await button.click()
    await expect(button).to_have_attribute("aria-pressed", "true")
    said = await tab.page.evaluate("spoken")
    assert said[-1] == f"en: {(await tab.last_answer.locator('.message-body').inner_text()).strip()}"
    await tab.page.evaluate("endSpeech()")
    await expect(button).to_have_attribute("aria-pressed", "false")
    await button.click()
    await button.click()
    await expect(button).to_have_attribute("aria-pressed", "false")
    assert (await tab.page.evaluate("spoken"))[-1] == "(stop)"


async def test_nobody_is_offered_a_voice_that_is_not_there(tab: Tab) -> None:
    await tab.page.evaluate("document.documentElement.classList.remove('can-speak')")
    await tab.ask_and_wait("How? [[fake: chars=40]]")
    await expect(tab.last_answer.locator('[data-action="aloud"]')).to_be_hidden()


async def test_details_and_sources_stand_under_the_answer_on_demand(tab: Tab) -> None:
    await tab.ask_and_wait("How? [[fake: chars=80 pages=https://example.org/a]]")
    await expect(tab.last_answer.locator(".message-sources a")).to_have_attribute("href", "https://example.org/a")
    await tab.last_answer.get_by_role("button", name="More").click()
    await tab.page.get_by_role("menuitem", name="Details").click()
    await expect(tab.last_answer.locator(".details")).to_contain_text("Time to read")
    await tab.questions.first.hover()
    await tab.questions.first.get_by_role("button", name="More").click()
    await expect(tab.page.get_by_role("menuitem", name="Details")).to_be_hidden()
