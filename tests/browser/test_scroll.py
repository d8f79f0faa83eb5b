"""The page follows the newest text, and lets go the moment somebody scrolls up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

if TYPE_CHECKING:
    from tests.browser.tab import Tab

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.once]

TOP = "() => document.scrollingElement.scrollTop"
IS_AT_END = (
    "() => document.scrollingElement.scrollHeight - document.scrollingElement.scrollTop - innerHeight < 6"
    " && document.scrollingElement.scrollTop > 200"
)
HEIGHT = "() => document.scrollingElement.scrollHeight"


async def run_on(tab: Tab) -> None:
    """Ask for an endless answer and wait until it is longer than the screen."""
    await tab.ask("Go on and on [[fake: endless delay=0.01 chunk=40]]")
    await tab.until("() => document.scrollingElement.scrollHeight > innerHeight + 400")


async def grow(tab: Tab, by: int = 300) -> None:
    height = await tab.page.evaluate(HEIGHT)
    await tab.until(f"() => document.scrollingElement.scrollHeight > {height + by}")


async def test_page_follows_the_answer_until_somebody_scrolls_up(tab: Tab) -> None:
    await run_on(tab)
    await grow(tab)
    await tab.until(IS_AT_END)
    await expect(tab.page.locator("#jump")).to_be_hidden()
    await tab.page.mouse.move(700, 300)
    await tab.page.mouse.wheel(0, -120)
    await expect(tab.page.locator("#jump")).to_be_visible()
    await tab.until("() => document.scrollingElement.scrollHeight - scrollY - innerHeight > 50")
    top = await tab.page.evaluate(TOP)
    await grow(tab)
    assert await tab.page.evaluate(TOP) <= top
    await tab.page.locator("#jump").click()
    await expect(tab.page.locator("#jump")).to_be_hidden()
    await grow(tab)
    await tab.until(IS_AT_END)
    await tab.action("stop").click()
    await tab.finish("stopped")


async def test_keys_let_go_and_scrolling_down_follows_again(tab: Tab) -> None:
    await run_on(tab)
    await tab.page.evaluate("() => document.activeElement.blur()")
    await tab.press("PageUp")
    await expect(tab.page.locator("#jump")).to_be_visible()
    await grow(tab)
    await expect(tab.page.locator("#jump")).to_be_visible()
    await tab.press("End")
    await expect(tab.page.locator("#jump")).to_be_hidden()
    await grow(tab)
    await tab.until(IS_AT_END)
    await tab.action("stop").click()
    await tab.finish("stopped")


async def test_sending_leads_to_the_new_question(tab: Tab) -> None:
    await tab.ask_and_wait("Something long [[fake: chars=6000]]")
    await tab.until(IS_AT_END)
    await tab.page.mouse.move(700, 300)
    await tab.page.mouse.wheel(0, -5000)
    await tab.until("() => scrollY === 0")  # else the wheel's own motion may come after the question
    await expect(tab.page.locator("#jump")).to_be_visible()
    await tab.ask("Next [[fake: chars=50]]")
    await expect(tab.questions.last).to_be_in_viewport()
    await tab.finish()
    await tab.until(IS_AT_END)


async def test_long_conversation_opens_at_its_end(tab: Tab) -> None:
    await tab.ask_and_wait("Something long [[fake: chars=6000]]")
    await tab.reload()
    await tab.until(IS_AT_END)
    await expect(tab.page.locator("#jump")).to_be_hidden()


async def test_only_one_of_page_and_browser_holds_the_text(tab: Tab) -> None:
    """Both at once let it jump there and back, as with a diagram that is drawn above the end."""
    held_by_browser = "() => getComputedStyle(document.documentElement).overflowAnchor === 'auto'"
    await tab.ask_and_wait("Something long [[fake: chars=6000]]")
    assert not await tab.page.evaluate(held_by_browser)
    await tab.page.mouse.move(700, 300)
    await tab.page.mouse.wheel(0, -2000)
    await tab.until(held_by_browser)
