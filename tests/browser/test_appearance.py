"""How the page looks, by choice and by the system."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from playwright.async_api import expect

from accounts.models import User
from tests.browser.axe import NARROWEST, WIDER

if TYPE_CHECKING:
    from playwright.async_api import Page

    from tests.browser.conftest import OpenTab
    from tests.browser.tab import Tab
    from tests.support.people import Person
    from tests.support.server import Server

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.once]

SETTINGS = "/accounts/settings/appearance/"
SCHEME = "() => getComputedStyle(document.documentElement).colorScheme"
TEXT_COLOUR = "() => getComputedStyle(document.body).color"
ROOT_SIZE = "() => getComputedStyle(document.documentElement).fontSize"
QUICK = "() => getComputedStyle(document.documentElement).getPropertyValue('--quick')"


async def settle(page: Page, script: str, wanted: Any) -> None:
    await page.wait_for_function(f"wanted => ({script})() === wanted", arg=wanted)


async def test_theme_of_the_menu_follows_its_person_to_another_device(
    tab: Tab, tabs: OpenTab, server: Server, alice: Person
) -> None:
    await tab.page.locator("#person-button").click()
    async with tab.page.expect_response(f"**{SETTINGS}") as kept:
        await tab.page.get_by_role("menuitemradio", name="Dark").click()
    assert (await kept.value).ok
    other = await tabs(server, alice)
    assert await other.page.evaluate(SCHEME) == "dark"
    await other.page.locator("#person-button").click()
    async with other.page.expect_response(f"**{SETTINGS}"):
        await other.page.get_by_role("menuitemradio", name="As the system").click()
    assert await other.page.evaluate(SCHEME) == "light dark"
    await tab.reload()
    assert await tab.page.evaluate(SCHEME) == "light dark"


async def test_settings_show_and_keep_each_choice_at_once(tab: Tab) -> None:
    page = tab.page
    await page.goto(f"{tab.origin}{SETTINGS}")
    before = await page.evaluate(TEXT_COLOUR)
    second = await page.context.new_page()
    await second.goto(f"{tab.origin}/c/")
    for name in ("Dark", "High", "Large", "Less"):
        async with page.expect_response(f"**{SETTINGS}") as kept:
            await page.get_by_role("radio", name=name, exact=True).check()
        assert (await kept.value).ok
    await expect(page.locator("#appearance-said")).to_have_text("Your choice is saved.")
    for here in (page, second):
        await settle(here, SCHEME, "dark")
        await settle(here, ROOT_SIZE, "18px")
        await settle(here, QUICK, "0s")
    assert await page.evaluate(TEXT_COLOUR) != before
    await page.reload()
    for name in ("Dark", "High", "Large", "Less"):
        await expect(page.get_by_role("radio", name=name, exact=True)).to_be_checked()
    await page.context.clear_cookies()
    await page.goto(f"{tab.origin}/accounts/login/")
    assert [await page.evaluate(SCHEME), await page.evaluate(ROOT_SIZE)] == ["dark", "18px"]


async def test_settings_say_when_a_choice_could_not_be_kept(tab: Tab) -> None:
    tab.may_lose_line = True
    await tab.page.goto(f"{tab.origin}{SETTINGS}")
    await tab.page.context.set_offline(True)
    await tab.page.get_by_role("radio", name="Dark", exact=True).check()
    await expect(tab.page.locator("#appearance-said")).to_contain_text("could not be saved")
    assert await tab.page.evaluate(SCHEME) == "dark"


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_system_that_wants_contrast_or_less_motion_gets_it(
    tabs: OpenTab, server: Server, alice: Person, scheme: str
) -> None:
    plain = await tabs(server, alice, color_scheme=scheme)
    wishing = await tabs(server, alice, color_scheme=scheme, contrast="more", reduced_motion="reduce")
    assert await plain.page.evaluate(TEXT_COLOUR) != await wishing.page.evaluate(TEXT_COLOUR)
    assert (await plain.page.evaluate(QUICK)).startswith("120ms")
    assert await wishing.page.evaluate(QUICK) == "0s"


async def test_largest_text_fits_the_narrowest_window(tabs: OpenTab, server: Server, alice: Person) -> None:
    with server.database():
        User.objects.filter(pk=alice.user_id).update(text_size="larger")
    tab = await tabs(server, alice, viewport=NARROWEST)
    await tab.ask_and_wait("A question with a title of some length")
    found = {"talk": await tab.page.evaluate(WIDER)}
    for path in ("/c/", SETTINGS, "/accounts/settings/", "/library/", "/search/?q=title", "/settings/data/"):
        await tab.page.goto(f"{tab.origin}{path}")
        found[path] = await tab.page.evaluate(WIDER)
    assert {path: wide for path, wide in found.items() if wide} == {}
