"""What a talk looks like in each of its states keeps nobody out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from tests.browser.axe import NARROW, WIDE, expect_none, list_all_barriers
from tests.browser.test_barriers import RICH
from tests.browser.test_comparing import MODELS, choose, columns

if TYPE_CHECKING:
    from playwright.async_api import FilePayload

    from tests.browser.tab import Tab
    from tests.fake_provider import FakeProviderProcess

RENDERED = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.once]


async def test_talk_while_it_goes_on(tab: Tab, fake: FakeProviderProcess) -> None:
    found = {"empty": await list_all_barriers(tab.page)}
    fake.script(text=RICH)
    await tab.ask_and_wait("Show me everything")
    found["rich"] = await list_all_barriers(tab.page)
    await tab.ask("Think [[fake: reasoning=100000 chunk=8 delay=0.02]]")
    await expect(tab.last_answer.locator(".thinking")).to_be_visible()
    found["thinking"] = await list_all_barriers(tab.page)
    await tab.press("Escape")
    await tab.finish("stopped")
    await tab.ask("Go on [[fake: endless delay=0.02]]")
    await expect(tab.last_answer).to_contain_text("Sentence 2")
    found["streaming"] = await list_all_barriers(tab.page)
    await tab.ask("This waits")
    await expect(tab.page.locator("#queue")).to_be_visible()
    found["waiting"] = await list_all_barriers(tab.page)
    await tab.page.locator("[data-act=withdraw]:visible").click()
    await tab.press("Escape")
    await tab.finish("stopped")
    found["stopped"] = await list_all_barriers(tab.page)
    fake.script(status=400)
    await tab.ask("Fail")
    await tab.finish("failed")
    found["failed"] = await list_all_barriers(tab.page)
    await tab.ask("Long [[fake: chars=20000]]")
    await tab.finish()
    found["long"] = await list_all_barriers(tab.page)
    expect_none(found)


async def test_menus_and_dialogs(tab: Tab) -> None:
    page, found = tab.page, {}
    await tab.ask_and_wait("Something to choose from")
    for name, opener, shown in (
        ("person", "#person-button", "#person-menu"),
        ("message", ".message[data-role=assistant] [popovertarget=message-menu]", "#message-menu"),
        ("models", "#models-button", "#models-popup"),
        ("row", ".row-more", "#row-menu"),
    ):
        await page.locator(opener).first.focus()
        await tab.press("Enter")
        await expect(page.locator(shown)).to_be_visible()
        found[f"menu of {name}"] = await list_all_barriers(page)
        await tab.press("Escape")
        await expect(page.locator(shown)).to_be_hidden()
    await page.locator("#talk-title-button").focus()
    await tab.press("?")
    await expect(page.locator("#shortcuts")).to_be_visible()
    found["shortcuts"] = await list_all_barriers(page)
    await tab.press("Escape", "Control+k")
    await page.keyboard.type("something")
    await expect(page.locator("#palette-list [role=option]").first).to_be_visible()
    found["palette"] = await list_all_barriers(page)
    await tab.press("Escape")
    await tab.action("report").click()
    await expect(page.locator("#report")).to_be_visible()
    found["report"] = await list_all_barriers(page)
    await tab.press("Escape")
    await page.locator('.message[data-role=assistant] [data-action=rate][data-rating="-1"]').click()
    await expect(page.locator(".rating")).to_be_visible()
    found["rating"] = await list_all_barriers(page)
    await page.locator('.rating [data-action="close-rating"]').click()
    await tab.composer.press("ArrowUp")
    await expect(page.locator(".editor-text")).to_be_focused()
    found["editing"] = await list_all_barriers(page)
    await tab.press("Escape")
    await page.locator("#talk-title-button").click()
    await expect(page.locator(".rename-input")).to_be_focused()
    found["renaming"] = await list_all_barriers(page)
    await tab.press("Escape")
    expect_none(found)


async def test_answers_side_by_side(tab: Tab) -> None:
    found = {}
    await choose(tab, *MODELS)
    await tab.page.locator("#models-button").click()
    found["choosing"] = await list_all_barriers(tab.page)
    await tab.press("Escape")
    await tab.ask("Which one? [[fake: chars=900]]")
    await expect(columns(tab)).to_have_count(len(MODELS))
    await expect(tab.page.locator('.comparison > [data-status="complete"]')).to_have_count(len(MODELS))
    found["side by side"] = await list_all_barriers(tab.page)
    await columns(tab).nth(1).get_by_role("button", name="Keep this one").click()
    await expect(columns(tab)).to_have_count(0)
    found["kept"] = await list_all_barriers(tab.page)
    expect_none(found)


async def test_drawer_rail_files_and_lost_line(tab: Tab) -> None:
    page, found = tab.page, {}
    notes: FilePayload = {"name": "notes.txt", "mimeType": "text/plain", "buffer": b"Notes"}
    await page.locator("#composer-pick").set_input_files(notes)
    await expect(page.locator("#composer-files .file")).to_have_count(1)
    await expect(page.locator("#composer-files progress:visible")).to_have_count(0)
    found["files"] = await list_all_barriers(page)
    await page.set_viewport_size(NARROW)
    await page.evaluate(RENDERED)  # whatever closes at a change of size has done so
    await page.get_by_role("button", name="Open the list of conversations").click()
    await expect(page.locator(".sidebar-fold")).to_be_focused()
    found["drawer"] = await list_all_barriers(page, (NARROW,))
    await tab.press("Escape")
    await page.set_viewport_size(WIDE)
    await page.evaluate(RENDERED)
    await page.locator(".sidebar-fold").click()
    found["rail"] = await list_all_barriers(page)
    tab.may_lose_line = True
    await page.context.set_offline(True)
    await expect(tab.connection).to_be_visible()
    found["lost line"] = await list_all_barriers(page)
    await tab.ask("Kept until later")
    found["unsent"] = await list_all_barriers(page)
    expect_none(found)
