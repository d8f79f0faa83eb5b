"""What is sent while an answer is written waits in sight, can be changed and taken back, and goes out by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

if TYPE_CHECKING:
    from playwright.async_api import Locator

    from tests.browser.conftest import OpenTab
    from tests.browser.tab import Tab
    from tests.support.people import Person
    from tests.support.server import Server

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.once]
ENDLESS = "Tell me. [[fake: endless delay=0.02]]"


def queued(tab: Tab) -> Locator:
    return tab.page.locator("#queue .queued")


async def begin(tab: Tab) -> None:
    """Have an answer written that does not end by itself."""
    await tab.ask(ENDLESS)
    await expect(tab.last_answer).to_contain_text("Sentence 1")


async def test_message_waits_in_every_tab_and_through_reloads_and_goes_out_at_its_turn(
    tab: Tab, tabs: OpenTab, server: Server, alice: Person
) -> None:
    await begin(tab)
    other = await tabs(server, alice, tab.path)
    await tab.ask("Second [[fake: chars=60]]")
    await expect(tab.composer).to_have_value("")
    for one in (tab, other):
        await expect(queued(one).locator(".queued-text")).to_have_text(["Second [[fake: chars=60]]"])
    await tab.reload()
    await expect(queued(tab)).to_have_count(1)
    await tab.action("stop").click()
    for one in (tab, other):
        await expect(one.questions).to_have_count(2)
        await expect(queued(one)).to_have_count(0)
        await one.finish()


async def test_waiting_message_is_changed_and_another_taken_back(tab: Tab) -> None:
    await begin(tab)
    await tab.ask("Wrong words")
    await tab.ask("Never mind")
    await expect(queued(tab).locator(".queued-text")).to_have_text(["Wrong words", "Never mind"])
    await expect(queued(tab).last.locator('[data-act="withdraw"]')).to_be_visible()
    await queued(tab).last.locator('[data-act="withdraw"]').click()
    await expect(queued(tab)).to_have_count(1)
    await queued(tab).first.locator('[data-act="edit"]').click()
    await queued(tab).locator(".editor-text").fill("Right words [[fake: chars=60]]")
    await queued(tab).get_by_role("button", name="Save").click()
    await expect(queued(tab).locator(".queued-text")).to_have_text(["Right words [[fake: chars=60]]"])
    await tab.action("stop").click()
    await expect(tab.questions).to_have_count(2)
    await expect(tab.questions.last).to_contain_text("Right words")
    await tab.finish()


async def test_words_of_a_change_that_came_too_late_are_kept(tab: Tab) -> None:
    await begin(tab)
    await tab.ask("Second [[fake: chars=60]]")
    await queued(tab).locator('[data-act="edit"]').click()
    await queued(tab).locator(".editor-text").fill("Better words")
    await tab.page.evaluate("() => document.querySelector('[data-action=\"stop\"]').click()")
    await expect(queued(tab)).to_have_count(0)
    await expect(tab.composer).to_have_value("Better words")
    await tab.finish()


async def test_what_waits_is_as_wide_as_the_composer(tab: Tab) -> None:
    await begin(tab)
    await tab.ask("Short")
    await expect(queued(tab)).to_have_count(1)
    width = "(element) => element.offsetWidth"
    assert await tab.page.locator("#queue").evaluate(width) == await tab.page.locator("#composer").evaluate(width)
