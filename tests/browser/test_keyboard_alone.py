"""The whole main job without a mouse: every stop is reached by keys, can be seen, and has a name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from tests.support.people import PASSWORD

if TYPE_CHECKING:
    from playwright.async_api import Locator

    from tests.browser.conftest import OpenTab
    from tests.browser.tab import Tab
    from tests.support.people import Person
    from tests.support.server import Server

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.once]

MOST_STOPS = 120
HAS_FOCUS = "(one) => one === document.activeElement"
# What is told of a stop: its name, and what of it a sighted person cannot see.
STOP = """() => {
  const one = document.activeElement;
  if (one === document.body) return null;
  const box = one.getBoundingClientRect(), style = getComputedStyle(one);
  const field = one.closest(".composer, .palette-search") ?? one;
  const border = (part) => getComputedStyle(part).borderBlockStartColor;
  const marked = style.outlineStyle !== "none" || border(field) !== border(field.parentElement);
  const isThere = box.width > 1 && box.height > 1 && box.bottom > 0 && box.top < innerHeight;
  return {what: one.outerHTML.slice(0, 120), isSeen: isThere && marked};
}"""


async def walk_to(tab: Tab, wanted: Locator, key: str = "Tab") -> None:
    """Press Tab (or another key) until this has the focus."""
    await expect(wanted).to_be_attached()
    for _ in range(MOST_STOPS):
        if await wanted.evaluate(HAS_FOCUS):
            return
        await tab.press(key)
    pytest.fail(f"{key} does not lead to {wanted}")


async def test_main_job_by_keyboard_alone(tabs: OpenTab, server: Server, alice: Person) -> None:
    tab = await tabs(server, None, None)
    await tab.page.goto(server.origin)
    await sign_in(tab, alice)
    await ask_stop_and_edit(tab)
    await walk_to(tab, tab.questions.last.locator(".version-earlier"), "Shift+Tab")
    await tab.press("Enter")
    await expect(tab.questions.last).to_contain_text("Stop me")
    await rename(tab, "Lighthouses")
    await leave_and_find(tab, "Lighthouses")
    await share(tab)
    await walk_to(tab, tab.page.locator("#person-button"))
    await tab.press("Enter")
    await walk_to(tab, tab.page.get_by_role("menuitem", name="Sign out"), "ArrowDown")
    await tab.press("Enter")
    await expect(tab.page).to_have_url(f"{server.origin}/accounts/login/")


async def sign_in(tab: Tab, person: Person) -> None:
    await expect(tab.page.get_by_label("Email")).to_be_focused()
    await tab.page.keyboard.type(person.email)
    await tab.press("Tab")
    await tab.page.keyboard.type(PASSWORD)
    await tab.press("Enter")
    await tab.be_online()


async def ask_stop_and_edit(tab: Tab) -> None:
    await expect(tab.composer).to_be_focused()
    await tab.page.keyboard.type("A question about lighthouses")
    await tab.press("Enter")
    await expect(tab.answers).to_have_count(1)
    await tab.finish()
    await tab.page.keyboard.type("Stop me [[fake: endless delay=0.02]]")
    await tab.press("Enter")
    await expect(tab.last_answer).to_contain_text("Sentence 2")
    await tab.press("Escape")
    await tab.finish("stopped")
    await tab.press("ArrowUp", "Control+a")
    await tab.page.keyboard.type("Better")
    await tab.press("Enter")
    await expect(tab.last_answer).to_contain_text("Better")
    await tab.finish()


async def rename(tab: Tab, title: str) -> None:
    await walk_to(tab, tab.page.locator("#talk-title-button"), "Shift+Tab")
    await tab.press("Enter", "Control+a")
    await tab.page.keyboard.type(title)
    await tab.press("Enter")
    await expect(tab.page).to_have_title(title)


async def leave_and_find(tab: Tab, title: str) -> None:
    """Go to a new conversation and back by the palette; what is read out names both."""
    talk = tab.page.url
    await tab.press("Control+Shift+O")
    await expect(tab.messages).to_have_count(0)
    await expect(tab.page.locator("#arrived")).to_have_text("New conversation")
    await tab.press("Control+k")
    await tab.page.keyboard.type(title[:6].lower())
    await expect(tab.page.locator("#palette-list [aria-selected=true]")).to_contain_text(title)
    await tab.press("Enter")
    await expect(tab.page).to_have_url(talk)
    await expect(tab.page.locator("#arrived")).to_have_text(title)


async def share(tab: Tab) -> None:
    await walk_to(tab, tab.page.locator("#share-talk"))
    await tab.press("Enter")
    await walk_to(tab, tab.page.get_by_role("button", name="Create a link"))
    await tab.press("Enter")
    await expect(tab.page.locator("#address")).to_be_visible()
    await walk_to(tab, tab.page.get_by_role("link", name="Back to the conversation"))
    await tab.press("Enter")
    await tab.be_online()


async def test_every_stop_can_be_seen_and_none_is_a_trap(tab: Tab) -> None:
    await tab.ask_and_wait("Something")
    await tab.page.locator(".skip-link").focus()
    stops: list[str] = []
    for _ in range(MOST_STOPS):
        stop = await tab.page.evaluate(STOP)
        if stop is None or stop["what"] in stops[:1]:
            break
        assert stop["isSeen"], stop["what"]
        stops.append(stop["what"])
        await tab.press("Tab")
    else:
        pytest.fail(f"Tab does not leave: {stops[-2:]}")
    assert len(stops) > 10
    assert "skip-link" in stops[0]
    assert any("composer-text" in stop for stop in stops)
