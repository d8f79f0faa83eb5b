"""What people see when money runs out: a sentence, and their own words where they were."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from providers.models import Budget
from providers.money.budgets import save_budget
from tests.money.paying import a_dollar_each, store_model
from tests.support.server import MODEL

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.browser.conftest import OpenTab
    from tests.fake_provider import FakeProviderProcess
    from tests.support.server import Server

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.once]


@pytest.fixture
def costly_server(fresh_server: Callable[..., Server]) -> Server:
    """Give a server of which each token costs one micro-dollar, and each person has 10,000 a day."""
    server = fresh_server()
    server.manage("prepare")
    with server.database():
        store_model(MODEL, tiers=a_dollar_each(), is_default=True)
        save_budget(Budget(scope="each", period="day", limit=10_000))
    server.start()
    return server


async def test_budget_gets_low_then_refuses_and_the_words_stay(
    tabs: OpenTab, costly_server: Server, fake: FakeProviderProcess
) -> None:
    person = costly_server.sign_up("saver")
    tab = await tabs(costly_server, person)
    await tab.ask_and_wait("First [[fake: chars=40 prompt_tokens=8000 completion_tokens=500]]")
    await expect(tab.toast).to_have_text("Your budget for today ($0.01): 85 % used. It renews at midnight (UTC).")
    calls = len(fake.calls())
    await tab.ask("A long question that I would hate to lose")
    await expect(tab.toast).to_contain_text("left, and this answer may cost up to")
    await expect(tab.toast).to_contain_text("Your draft is kept.")
    await expect(tab.composer).to_have_value("A long question that I would hate to lose")
    await expect(tab.messages).to_have_count(2)
    assert len(fake.calls()) == calls
    await tab.reload()
    await expect(tab.messages).to_have_count(2)
    await expect(tab.composer).to_have_value("A long question that I would hate to lose")
    await tab.page.goto(f"{costly_server.origin}/accounts/settings/usage/")
    await expect(tab.page.locator(".budget-note")).to_have_text("Nearly used up. It renews at midnight (UTC).")
