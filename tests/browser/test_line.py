"""The line breaks, the server dies, the tab is closed: nothing is lost, nothing is sent or shown twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.contrib.sessions.models import Session
from playwright.async_api import expect

from conversations.models import Message
from tests.browser.tab import saved_answer
from tests.fake_provider import answer_to, filler
from tests.support.processes import wait_until

if TYPE_CHECKING:
    from playwright.async_api import WebSocketRoute

    from tests.browser.conftest import OpenTab
    from tests.browser.tab import Tab
    from tests.fake_provider import FakeProviderProcess
    from tests.support.people import Person
    from tests.support.server import Server

pytestmark = pytest.mark.asyncio(loop_scope="session")

LOST = "The connection was lost. What you send is kept, and goes out when it is back."
RECORD_LENGTHS = """() => {
  window.lengths = [];
  const look = () => {
    const parts = document.querySelectorAll('[data-role="assistant"] :is(.message-body, .message-tail)');
    const words = [...parts].map((part) => part.textContent).join("").replace(/[^a-z0-9]/gi, "");
    window.lengths.push(words.length);
  };
  new MutationObserver(look).observe(document.body, {childList: true, characterData: true, subtree: true});
}"""
AFTER_A_CRASH = 90_000.0
"""Milliseconds: 20 s until an answer counts as interrupted, 30 s between two tries to connect, and a busy machine."""


def questions_like(server: Server, text: str) -> int:
    with server.database():
        return Message.objects.filter(role="user", content=text).count()


async def test_question_asked_offline_goes_out_once_when_the_line_is_back(
    tab: Tab, server: Server, fake: FakeProviderProcess
) -> None:
    tab.may_lose_line = True
    await tab.ask_and_wait("Before [[fake: chars=60]]")
    await tab.page.context.set_offline(True)
    await expect(tab.connection).to_have_text(LOST)
    await tab.ask(f"Asked in the tunnel {tab.path}")
    await expect(tab.questions.last).to_contain_text("Asked in the tunnel")
    await expect(tab.questions.last).to_contain_text("Waiting for the connection")
    await expect(tab.composer).to_have_value("")
    await tab.page.context.set_offline(False)
    await tab.be_online()
    await expect(tab.answers).to_have_count(2)
    assert await tab.finish() == answer_to(f"Asked in the tunnel {tab.path}")
    await expect(tab.connection).to_be_hidden()
    await expect(tab.messages).to_have_count(4)
    shown = await tab.shown_text()
    await tab.reload()
    assert await tab.shown_text() == shown
    assert questions_like(server, f"Asked in the tunnel {tab.path}") == 1
    assert len(fake.calls()) == 2


async def test_answer_goes_on_without_the_page_and_is_whole_when_it_returns(tab: Tab) -> None:
    tab.may_lose_line = True
    await tab.ask("Tell me [[fake: chars=2400 delay=0.02]]")
    await expect(tab.last_answer).to_contain_text("Sentence 3")
    await tab.page.context.set_offline(True)
    await expect(tab.connection).to_be_visible()
    await tab.page.context.set_offline(False)
    assert await tab.finish() == filler(2400)
    await expect(tab.messages).to_have_count(2)


async def test_killed_server_leaves_an_interrupted_answer_that_can_be_continued(
    tab: Tab, server: Server, fake: FakeProviderProcess
) -> None:
    tab.may_lose_line = True
    fake.script(chars=3000, hang=1200)
    await tab.ask("Tell me everything")
    await expect(tab.last_answer).to_contain_text("Sentence 15")
    wait_until(lambda: saved_answer(server, tab) == filler(1200), what="all of it to be saved")
    server.kill()
    await expect(tab.connection).to_have_text(LOST)
    await expect(tab.last_answer).to_contain_text("Sentence 15")
    server.start()
    await expect(tab.last_answer).to_have_attribute("data-status", "interrupted", timeout=AFTER_A_CRASH)
    assert await tab.source(tab.last_answer) == filler(1200)
    await expect(tab.connection).to_be_hidden()
    fake.script(text=" Here is the rest.")
    await tab.action("continue").click()
    await expect(tab.last_answer).to_contain_text("Here is the rest.")
    assert await tab.finish() == filler(1200) + " Here is the rest."
    await expect(tab.messages).to_have_count(2)


async def test_question_asked_while_the_server_is_down_survives_a_closed_tab(
    tab: Tab, tabs: OpenTab, server: Server
) -> None:
    tab.may_lose_line = True
    other = await tabs(server, context=tab.page.context)
    other.may_lose_line = True
    server.kill()
    await expect(tab.connection).to_have_text(LOST)
    text = f"Is anybody there? {server.port} {id(tab)}"
    await tab.ask(text)
    await expect(tab.questions.last).to_contain_text(text)
    await tab.page.close()
    server.start()
    await expect(other.page.locator("html")).to_have_attribute("data-connection", "online", timeout=AFTER_A_CRASH)
    await expect(other.rows.first.locator(".row-title")).to_have_text(text)
    await other.rows.first.locator("a").click()
    assert await other.finish() == answer_to(text)
    assert questions_like(server, text) == 1


async def test_restart_of_the_server_finishes_one_answer_and_delays_one_question(
    tab: Tab, tabs: OpenTab, server: Server, fake: FakeProviderProcess
) -> None:
    """A deploy: what runs is finished, what comes meanwhile waits and goes out by itself."""
    other = await tabs(server, context=tab.page.context)
    tab.may_lose_line = other.may_lose_line = True
    await tab.ask("Run through the restart [[fake: chars=2400 delay=0.03]]")
    await expect(tab.last_answer).to_contain_text("Sentence 3")
    server.terminate()
    text = f"Asked during the restart of {server.port} {id(tab)}"
    await other.ask(text)
    assert await tab.finish() == filler(2400)
    assert server.wait() == 0
    server.start()
    await expect(other.answers).to_have_count(1, timeout=AFTER_A_CRASH)
    assert await other.finish() == answer_to(text)
    assert questions_like(server, text) == 1
    assert len(fake.calls()) == 2
    shown = await tab.shown_text()
    await tab.reload()
    assert await tab.shown_text() == shown


async def test_lost_acknowledgement_does_not_ask_twice(tabs: OpenTab, server: Server, alice: Person) -> None:
    """The server takes the question, the page never hears of it, and asks again on the next line."""
    tab = await tabs(server, alice, None)
    tab.may_lose_line = True
    losses = iter([True, True])

    def relay(route: WebSocketRoute) -> None:
        upstream = route.connect_to_server()

        async def back(message: str | bytes) -> None:
            if '"message.accepted"' in str(message) and next(losses, False):
                await upstream.close()
                await route.close(code=1006)
            else:
                route.send(message)

        upstream.on_message(back)

    await tab.page.route_web_socket("**/ws/chat/", relay)
    await tab.open()
    text = "Did you hear me?"
    assert await tab.ask_and_wait(text) == answer_to(text)
    await expect(tab.messages).to_have_count(2)
    assert next(losses, "none left") == "none left"
    with server.database():
        assert Message.objects.filter(conversation__user=alice.user_id, role="user").count() == 1


async def test_page_over_a_bad_line_shows_every_word_once(tabs: OpenTab, server: Server, alice: Person) -> None:
    """Every third frame about the answer is lost, every fifth comes twice."""
    tab = await tabs(server, alice, None)
    count = 0

    def relay(route: WebSocketRoute) -> None:
        upstream = route.connect_to_server()

        def back(message: str | bytes) -> None:
            nonlocal count
            is_about_answer = any(f'"reply.{kind}"' in str(message) for kind in ("delta", "html"))
            count += is_about_answer
            if is_about_answer and count % 3 == 0:
                return
            route.send(message)
            if is_about_answer and count % 5 == 0:
                route.send(message)

        upstream.on_message(back)

    await tab.page.route_web_socket("**/ws/chat/", relay)
    await tab.open()
    await tab.page.evaluate(RECORD_LENGTHS)
    assert await tab.ask_and_wait("Tell me [[fake: chars=3000 delay=0.015]]") == filler(3000)
    lengths: list[int] = await tab.page.evaluate("() => window.lengths")
    assert lengths == sorted(lengths)
    await expect(tab.last_answer.locator(".message-body > p")).to_have_count(filler(3000).strip().count("\n\n") + 1)


async def test_signed_out_page_says_so_and_keeps_the_draft(tab: Tab, server: Server, alice: Person) -> None:
    tab.may_lose_line = True
    await tab.composer.fill("A long thought")
    signed_out = server.post("/accounts/logout/", alice)
    assert signed_out.status < 400
    link = tab.connection.locator("a")
    await expect(link).to_be_visible()
    await link.click()
    await expect(tab.page).to_have_url(f"{server.origin}/accounts/login/?next=%2Fc%2F")
    await tab.page.get_by_label("Email").fill(alice.email)
    await tab.page.get_by_label("Password", exact=True).fill(alice.password)
    await tab.page.get_by_role("button", name="Sign in").click()
    await tab.be_online()
    await expect(tab.composer).to_have_value("A long thought")


async def test_session_that_ended_while_the_server_was_away_is_noticed(tab: Tab, server: Server, alice: Person) -> None:
    tab.may_lose_line = True
    server.kill()
    await expect(tab.connection).to_have_text(LOST)
    with server.database():
        Session.objects.filter(session_key=alice.session_key).delete()
    server.start()
    await expect(tab.connection).to_contain_text("You are signed out.", timeout=AFTER_A_CRASH)


async def test_reconnections_spread_over_up_to_half_a_minute(tab: Tab) -> None:
    """A thousand pages that lost their line at once, after so many failures."""
    draw = """async ([module, failures]) => {
      const {reconnectDelay} = await import(module);
      return Array.from({length: 1000}, () => reconnectDelay(failures));
    }"""
    for failures, longest in enumerate([0.5, 1, 2, 4, 8, 16, 30, 30, 30]):
        waits: list[float] = await tab.page.evaluate(draw, ["/static/js/backoff.js", failures])
        assert all(0.1 <= wait <= longest for wait in waits)
        assert max(waits) > 0.9 * longest
        assert abs(sum(waits) / len(waits) - longest / 2) < 0.1 * longest


async def test_page_of_an_older_build_offers_to_reload(tabs: OpenTab, server: Server, alice: Person) -> None:
    tab = await tabs(server, alice, None)

    def relay(route: WebSocketRoute) -> None:
        upstream = route.connect_to_server()
        upstream.on_message(lambda message: route.send(str(message).replace('"build":"', '"build":"x')))

    await tab.page.route_web_socket("**/ws/chat/", relay)
    await tab.page.goto(f"{server.origin}/c/")
    await expect(tab.connection).to_contain_text("newer version")
    assert await tab.ask_and_wait("Still here? [[fake: chars=50]]") == filler(50)
    await tab.composer.fill("A draft")
    async with tab.page.expect_event("load"):
        await tab.connection.locator("button").click()
    await expect(tab.composer).to_have_value("A draft")
