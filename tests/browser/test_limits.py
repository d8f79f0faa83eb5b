"""What a person sees who is over a limit: the draft, a calm countdown, and in words what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from tests.browser.tab import SLOWLY
from tests.support.processes import wait_until
from tests.support.server import Server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_django import DjangoDbBlocker

    from tests.browser.conftest import OpenTab
    from tests.browser.tab import Tab
    from tests.fake_provider import FakeProviderProcess
    from tests.support.homes import Home
    from tests.support.people import Person

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.once]
WINDOW = 20
LISTEN = """() => {
  window.said = [];
  const region = document.getElementById("composer-wait-said");
  new MutationObserver(() => window.said.push(region.textContent)).observe(region, { childList: true });
}"""

COUNT = """() => {
  const line = document.querySelector("#composer-wait");
  window.counted = [];
  const note = () => line.textContent && window.counted.push(line.textContent);
  new MutationObserver(note).observe(line, { childList: true });
}"""


@pytest.fixture
def strict(
    running_servers: dict[str, Server], home: Home, fake: FakeProviderProcess, django_db_blocker: DjangoDbBlocker
) -> Iterator[Server]:
    """Give a server where everybody may send one message in a while and have one tab."""
    if "strict" not in running_servers:
        running_servers["strict"] = Server("daphne", home, fake, RATE_LIMIT_MESSAGES=f"1/{WINDOW}s", MAX_SOCKETS="1")
    running_servers["strict"].ensure_running()
    with django_db_blocker.unblock():
        yield running_servers["strict"]


@pytest.fixture
def alice(strict: Server) -> Person:
    alice = strict.sign_up("alice")
    wait_until(lambda: strict.get("/models/", alice).json()["default"], within=40, what="the models")
    return alice


async def ask_until_refused(tab: Tab, text: str) -> None:
    """Ask again and again: the window may end in between."""
    line = tab.page.locator("#composer-wait:not([hidden])")
    for _ in range(5):
        answered = await tab.answers.count()
        await tab.ask(text)
        await expect(line.or_(tab.answers.nth(answered))).to_be_visible(timeout=SLOWLY)
        if await line.is_visible():
            return
        await tab.finish()
    raise AssertionError("nothing was refused")


def sent(tab: Tab) -> int:
    return sum("message.send" in frame and frame.startswith(">") for frame in tab.frames)


async def test_refused_message_stays_and_goes_out_only_when_asked(tabs: OpenTab, strict: Server, alice: Person) -> None:
    tab = await tabs(strict, alice)
    await tab.page.evaluate(LISTEN)
    await ask_until_refused(tab, "Are you there?")
    await expect(tab.composer).to_have_value("Are you there?")
    send = tab.page.locator(".send-button")
    await expect(send).to_be_disabled()
    await expect(tab.toast).to_have_count(0)
    frames, answers = sent(tab), await tab.answers.count()
    await tab.press("Enter")
    await expect(send).to_be_enabled(timeout=(WINDOW + 10) * 1000)
    await expect(tab.page.locator("#composer-wait")).to_be_hidden()
    await expect(tab.composer).to_have_value("Are you there?")
    assert sent(tab) == frames
    said = await tab.page.evaluate("() => window.said")
    assert len(said) == 2
    assert said[0].startswith("Too many requests. You can send again in ")
    assert said[0].endswith("Your text is kept here.")
    assert said[1] == "You can send again."
    await tab.composer.press("Enter")
    await expect(tab.answers).to_have_count(answers + 1, timeout=SLOWLY)


async def test_countdown_counts_and_fits_a_narrow_screen(tabs: OpenTab, strict: Server, alice: Person) -> None:
    tab = await tabs(strict, alice, viewport={"width": 390, "height": 800})
    await tab.page.evaluate(COUNT)
    await ask_until_refused(tab, "Are you there?")
    assert await tab.page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    await expect(tab.page.locator("#composer-wait")).to_be_hidden(timeout=SLOWLY)
    counted = await tab.page.evaluate("() => window.counted")
    assert all(text.startswith("Too many requests. You can send again in ") for text in counted)
    seconds = [int(text.split()[-2]) for text in counted]
    assert seconds == sorted(set(seconds), reverse=True)
    assert len(seconds) > 1 or seconds[0] <= 3  # it may have been late, and seldom


async def test_tab_too_many_says_what_to_do_and_connects_when_another_goes(
    tabs: OpenTab,
    strict: Server,
    alice: Person,
) -> None:
    first = await tabs(strict, alice)
    second = await tabs(strict, alice, path=None, context=first.page.context)
    await second.page.goto(f"{strict.origin}/c/")
    await expect(second.connection).to_contain_text("open in too many tabs", timeout=SLOWLY)
    await first.page.close()
    await second.connection.get_by_role("button", name="Try again").click()
    await second.be_online()
    await expect(second.connection).to_be_hidden()
