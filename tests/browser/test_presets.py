"""A preset from the settings to the model: made, chosen, asked, remembered."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

if TYPE_CHECKING:
    from tests.browser.conftest import OpenTab
    from tests.browser.tab import Tab
    from tests.fake_provider import FakeProviderProcess
    from tests.support.people import Person
    from tests.support.server import Server

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.once]

NAME = "Übersetzer"
INSTRUCTIONS = "Answer in rhymes only."


async def make_preset(tab: Tab) -> None:
    await tab.page.goto(f"{tab.origin}/settings/presets/")
    await tab.page.get_by_role("link", name="New preset").click()
    await tab.page.get_by_label("Name").fill(NAME)
    await tab.page.get_by_label("Model").select_option("openai/fake-echo")
    await tab.page.get_by_label("Instructions").fill(INSTRUCTIONS)
    await tab.page.get_by_label("Temperature").fill("0.25")
    await tab.page.get_by_label("Output limit").fill("123")
    await tab.page.get_by_role("button", name="Save").click()
    await expect(tab.page.get_by_text(f"The preset {NAME} is saved.")).to_be_visible()


async def test_preset_is_made_chosen_and_its_words_reach_the_model(
    tabs: OpenTab, server: Server, alice: Person, fake: FakeProviderProcess
) -> None:
    tab = await tabs(server, alice, None)
    await make_preset(tab)
    await tab.open()

    await tab.page.locator("#models-button").click()
    await tab.page.get_by_role("combobox").fill("über")
    option = tab.page.get_by_role("option")
    await expect(option).to_have_count(1)
    await option.click()
    button = tab.page.locator("#models-name")
    await expect(button).to_have_text(f"{NAME} · fake-echo")
    await tab.ask_and_wait("Hello")

    body = fake.calls()[-1]["body"]
    assert body["messages"][0] == {"role": "system", "content": INSTRUCTIONS}
    assert body["temperature"] == 0.25
    assert 123 in (body.get("max_tokens"), body.get("max_completion_tokens"))
    await expect(tab.last_answer.locator(".message-model-name")).to_contain_text("fake-echo")

    await tab.reload()
    await expect(button).to_have_text(f"{NAME} · fake-echo")
    await tab.open("/c/")
    await expect(button).to_have_text(f"{NAME} · fake-echo")


async def test_selector_is_left_by_tab_after_its_links(tab: Tab) -> None:
    await tab.page.locator("#models-button").press("Enter")
    popup = tab.page.locator("#models-popup")
    await expect(tab.page.get_by_role("combobox")).to_be_focused()
    await tab.press("Tab")
    await expect(tab.page.get_by_role("button", name="Ask several side by side")).to_be_focused()
    for name in ("Models and prices", "Presets"):
        await tab.press("Tab")
        await expect(tab.page.get_by_role("link", name=name)).to_be_focused()
    await tab.press("Tab")
    await expect(popup).to_be_hidden()


async def test_models_page_is_reached_from_the_selector_and_fits_a_phone(
    tabs: OpenTab, server: Server, alice: Person
) -> None:
    tab = await tabs(server, alice, viewport={"width": 390, "height": 800})
    await tab.page.locator("#models-button").click()
    await tab.page.get_by_role("link", name="Models and prices").click()
    await expect(tab.page.get_by_role("heading", name="Models", exact=True)).to_be_visible()
    await expect(tab.page.get_by_role("heading", name="Anthropic")).to_be_visible()
    assert await tab.page.evaluate("() => document.documentElement.scrollWidth") == 390
