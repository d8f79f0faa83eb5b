"""The operators' first page in a browser: drawn under the strict policy, in light and dark, wide and narrow."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from chatproject.demo_data import make_incidents, make_messages, make_people

if TYPE_CHECKING:
    from typing import Literal

    from tests.browser.conftest import OpenTab
    from tests.support.server import Server

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.once]

TILES = ["People on now", "Messages a minute", "First token", "Errors by provider", "Cost by day", "Open incidents"]
IS_READABLE = """() => {
    const [one, other] = [".chart-bar", ".tile"].map((name) => document.querySelector(name));
    const shade = (colour) => {
        const drawn = new OffscreenCanvas(1, 1).getContext("2d", {willReadFrequently: true});
        drawn.fillStyle = colour;
        drawn.fillRect(0, 0, 1, 1);
        const light = (value) => (value / 255 <= 0.04045 ? value / 3294.6 : ((value / 255 + 0.055) / 1.055) ** 2.4);
        const [red, green, blue] = drawn.getImageData(0, 0, 1, 1).data;
        return 0.2126 * light(red) + 0.7152 * light(green) + 0.0722 * light(blue);
    };
    const pair = [shade(getComputedStyle(one).fill), shade(getComputedStyle(other).backgroundColor)];
    return (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
}"""


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 1280), ("dark", 390)])
async def test_first_page_is_drawn(server: Server, tabs: OpenTab, scheme: Literal["light", "dark"], width: int) -> None:
    operator = server.sign_up("op", is_staff=True, is_superuser=True)
    with server.database():
        people = make_people(0)
        make_messages(400, people, lambda _: None)
        make_incidents(40, people, lambda _: None)
    size = {"width": width, "height": 900}
    tab = await tabs(server, operator, None, color_scheme=scheme, viewport=size)
    await tab.page.goto(f"{server.url}/admin/")
    await expect(tab.page.locator(".tile h2")).to_have_text(TILES)
    await expect(tab.page.locator(".tile", has_text="Cost by day").locator(".chart-bar").first).to_be_visible()
    assert await tab.page.evaluate(IS_READABLE) >= 3
    assert await tab.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    if folder := os.environ.get("CDESK_SHOTS"):
        await tab.page.screenshot(path=f"{folder}/{scheme}{width}.png", full_page=True)
