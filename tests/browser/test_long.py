"""Talks of many thousand messages: they open at once, are walked through in both ways, and never fill the page."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio
from playwright.async_api import expect

from conversations.windows import WINDOW
from tests.pages.test_windows import make_talk

if TYPE_CHECKING:
    from conversations.models import Conversation
    from tests.browser.conftest import OpenTab
    from tests.browser.tab import Tab
    from tests.support.people import Person
    from tests.support.server import Server

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.once]
LONG = 10_000
MOST = 3 * WINDOW
"""Messages that stand in the page at most."""
PARTS = 8
LAST = PARTS * WINDOW - 1
SOON = 5.0
"""Seconds; it takes less than one where nothing else runs."""
TO_THE_TOP = "() => scrollTo(0, 0)"
TO_THE_END = "() => scrollTo(0, document.scrollingElement.scrollHeight)"
IN_VIEW = """() => [...document.querySelectorAll('#transcript > .message')]
  .filter((one) => one.getBoundingClientRect().bottom > 60)[0].querySelector('.message-source').value"""


def make_long_talk(server: Server, person: Person, count: int) -> Conversation:
    from accounts.models import User  # noqa: PLC0415 - the settings come first

    with server.database():
        return make_talk(User.objects.get(pk=person.user_id), count)


@pytest_asyncio.fixture(loop_scope="session")
async def middling(tabs: OpenTab, server: Server, alice: Person) -> Tab:
    """Give a tab with a talk of several parts."""
    talk = make_long_talk(server, alice, PARTS * WINDOW)
    return await tabs(server, alice, f"/c/{talk.pk}/")


async def numbers(tab: Tab) -> list[int]:
    """Give the numbers of the messages that stand in the page."""
    found = await tab.page.locator("#transcript > .message > .message-source").evaluate_all(
        "all => all.map((one) => one.value)"
    )
    return [int(one) for one in found]


async def test_long_talk_opens_soon_reads_backwards_and_goes_on(tabs: OpenTab, server: Server, alice: Person) -> None:
    talk = make_long_talk(server, alice, LONG)
    tab = await tabs(server, alice, None)
    began = time.monotonic()
    await tab.open(f"/c/{talk.pk}/")
    assert time.monotonic() - began < SOON
    await expect(tab.messages).to_have_count(WINDOW)
    first = tab.messages.first
    before = await first.get_attribute("data-message")
    await tab.page.get_by_role("link", name="Earlier messages").click()
    await expect(tab.messages).to_have_count(2 * WINDOW)
    assert await tab.messages.nth(WINDOW).get_attribute("data-message") == before
    assert await tab.source(first) == str(LONG - 2 * WINDOW)
    await tab.ask_and_wait("And now? [[fake: chars=60]]")
    await expect(tab.messages).to_have_count(2 * WINDOW + 2)
    await tab.action("regenerate", tab.last_answer).click()
    await expect(tab.last_answer.locator(".version-place")).to_have_text("2 / 2")
    await tab.finish()
    await tab.last_answer.get_by_role("button", name="Earlier version").click()
    await expect(tab.last_answer.locator(".version-place")).to_have_text("1 / 2")
    await expect(tab.messages).to_have_count(2 * WINDOW + 2)


async def test_walking_up_and_down_keeps_the_page_light_and_in_order(middling: Tab) -> None:
    tab, last = middling, LAST
    shown = await numbers(tab)
    while shown[0] > 0:
        seen = await tab.page.evaluate(IN_VIEW)
        await tab.page.evaluate(TO_THE_TOP)
        top = shown[0]
        await tab.until(f"() => Number(document.querySelector('.message-source').value) < {top}")
        shown = await numbers(tab)
        assert shown == list(range(shown[0], shown[-1] + 1))
        assert len(shown) <= MOST
        assert int(await tab.page.evaluate(IN_VIEW)) <= int(seen)
    assert shown[-1] < last
    await expect(tab.page.locator(".earlier")).to_have_count(0)
    await expect(tab.page.locator("#jump")).to_be_visible()
    while shown[-1] < last:
        await tab.page.evaluate(TO_THE_END)
        await tab.until(f"() => Number([...document.querySelectorAll('.message-source')].at(-3).value) > {shown[-1]}")
        shown = await numbers(tab)
        assert shown == list(range(shown[0], shown[-1] + 1))
        assert len(shown) <= MOST
    await expect(tab.page.locator(".later")).to_have_count(0)


async def test_what_is_read_stays_in_its_place_while_parts_come_and_go(middling: Tab) -> None:
    tab = middling
    await tab.page.evaluate("() => scrollTo(0, 700)")
    await tab.page.evaluate(
        """() => { window.anchor = document.querySelectorAll('#transcript > .message')[12];
        window.jumps = []; let last = null;
        const look = () => { const top = anchor.getBoundingClientRect().top;
          if (last !== null && Math.abs(top - last) > 2) window.jumps.push(top - last); last = top;
          requestAnimationFrame(look); }; requestAnimationFrame(look); }"""
    )
    await expect(tab.messages).to_have_count(2 * WINDOW)
    await tab.until("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))")
    assert await tab.page.evaluate("() => window.jumps") == []


async def test_places_lead_to_the_first_the_newest_and_a_day(middling: Tab, server: Server) -> None:
    tab = middling
    with server.database():
        from conversations.models import Message  # noqa: PLC0415 - the settings come first

        old = Message.objects.get(conversation=tab.conversation, content="100")
        earlier = Message.objects.filter(conversation=tab.conversation, pk__lt=old.pk)
        earlier.update(created_at=old.created_at - timedelta(days=30))
        Message.objects.filter(pk=old.pk).update(created_at=old.created_at - timedelta(days=9))
        day = f"{old.created_at - timedelta(days=10):%Y-%m-%d}"
    await tab.page.locator('[popovertarget="places"]').click()
    await tab.page.get_by_role("link", name="First message").click()
    await tab.until(f"() => ({IN_VIEW})() === '0'")
    await tab.page.locator('[popovertarget="places"]').click()
    await tab.page.locator("#places-day").fill(day)
    await tab.page.locator(".places-day button").click()
    await tab.until(f"() => ({IN_VIEW})() === '100'")
    await tab.page.go_back()
    await tab.until(f"() => ({IN_VIEW})() === '0'")
    await tab.composer.blur()
    await tab.press("Control+End")
    await tab.until(f"() => [...document.querySelectorAll('.message-source')].some(({{value}}) => value === '{LAST}')")
    await tab.composer.blur()
    await tab.press("Control+Home")
    await tab.until(f"() => ({IN_VIEW})() === '0'")
    await tab.page.locator("#jump").click()
    await tab.until(f"() => document.querySelector('.message:last-of-type .message-source').value === '{LAST}'")
    await expect(tab.page.locator("#jump")).to_be_hidden()
    await expect(tab.page.locator(".later")).to_have_count(0)
    assert "?" not in tab.page.url


async def test_sending_from_an_earlier_part_leads_to_the_end(
    middling: Tab, tabs: OpenTab, server: Server, alice: Person
) -> None:
    tab, other = middling, await tabs(server, alice, f"/c/{middling.conversation}/")
    await tab.page.locator('[popovertarget="places"]').click()
    await tab.page.get_by_role("link", name="First message").click()
    await tab.until(f"() => ({IN_VIEW})() === '0'")
    await other.ask_and_wait("From elsewhere [[fake: chars=60]]")
    assert await tab.page.evaluate(IN_VIEW) == "0"
    await expect(tab.page.locator(".later")).to_have_count(1)
    await tab.ask("From here [[fake: chars=60]]")
    await expect(tab.questions.last).to_contain_text("From here")
    await tab.finish()
    await expect(tab.questions.last).to_be_in_viewport()
    shown = await tab.page.locator("#transcript > .message > .message-source").evaluate_all(
        "all => all.slice(-5).map((one) => one.value.slice(0, 9))"
    )
    assert shown == [str(LAST), "From else", "Sentence ", "From here", "Sentence "]


async def test_title_of_a_long_talk_has_room_on_a_narrow_screen(middling: Tab) -> None:
    await middling.page.set_viewport_size({"width": 390, "height": 800})
    name = middling.page.locator("#models-name")
    await name.evaluate("(name) => { name.textContent = 'A model whose name is far too long for a phone'; }")
    await middling.until("() => document.getElementById('talk-title').clientWidth > 130")
