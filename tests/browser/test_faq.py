"""Answers for which no model is asked, as people see them: where they come from, and the way to the model."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from faq.entries import save_entry
from faq.models import Entry
from tests.browser.tab import SLOWLY
from tests.money.paying import store_model
from tests.support.server import MODEL

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.browser.conftest import OpenTab
    from tests.fake_provider import FakeProviderProcess
    from tests.support.server import Server

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.once]


@pytest.fixture
def knowing_server(fresh_server: Callable[..., Server]) -> Server:
    """Give a server with one entry, whose default model repeats its answers."""
    server = fresh_server()
    server.manage("prepare")
    with server.database():
        store_model(MODEL, is_default=True, reuses_answers=True)
        save_entry(Entry(question="How do I reset my password?", answer="Under **Settings**, then _Password_."))
    server.start()
    return server


async def test_answer_from_the_faq_says_so_and_leads_to_the_model(
    tabs: OpenTab, knowing_server: Server, fake: FakeProviderProcess
) -> None:
    tab = await tabs(knowing_server, knowing_server.sign_up("alice"))
    await tab.ask_and_wait("how do I reset my password")
    origin = tab.last_answer.locator(".message-origin")
    await expect(origin).to_have_text("From the FAQ Ask the model now", use_inner_text=True)
    await expect(tab.last_answer.locator("strong")).to_have_text("Settings")
    await expect(tab.last_answer.get_by_role("heading")).to_have_text("Answer by the FAQ")
    live = await tab.shown_text()
    await tab.reload()
    assert await tab.shown_text() == live
    assert fake.calls() == []
    fake.script(text="I am the model.")
    await origin.get_by_role("button").click()
    await expect(tab.last_answer).to_contain_text("I am the model.", timeout=SLOWLY)
    await expect(origin).to_be_hidden()
    await expect(tab.last_answer.locator(".message-model")).to_be_visible()


async def test_answer_of_before_names_its_day(tabs: OpenTab, knowing_server: Server, fake: FakeProviderProcess) -> None:
    fake.script(text="It is Paris.")
    alice, bob = knowing_server.sign_up("alice"), knowing_server.sign_up("bob")
    first = await tabs(knowing_server, alice)
    await first.ask_and_wait("What is the capital of France?")
    await expect(first.last_answer.locator(".message-origin")).to_be_hidden()
    tab = await tabs(knowing_server, bob)
    assert await tab.ask_and_wait(" what is the  capital of France?") == "It is Paris."
    now = datetime.now(UTC)
    told = f"Answered before, on {now.day} {now:%B %Y}"
    await expect(tab.last_answer.locator(".message-origin")).to_contain_text(told)
    live = await tab.shown_text()
    await tab.reload()
    assert await tab.shown_text() == live
    assert len(fake.calls()) == 1
