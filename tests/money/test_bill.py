"""The ledger says what the provider's bill says, to the token: with stops, failures and cached tokens in the mix."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import TYPE_CHECKING, Any

from conversations.models import Message
from providers.models import Budget, BudgetAccount, UsageRecord
from providers.money.budgets import save_budget
from providers.money.cost import cost_of
from providers.port import Usage
from providers.pricing import MICRO, PriceTier
from tests.money.paying import store_model

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.fake_provider import FakeProviderProcess
    from tests.support.people import Person
    from tests.support.server import Server
    from tests.support.socket import Frame

MODELS = ("openai/fake-echo", "anthropic/fake-echo")
KINDS = ("prompt_tokens", "cached_tokens", "cache_write_tokens", "completion_tokens", "reasoning_tokens")
PRICE = {"input": 3 * MICRO, "cached_input": 300_000, "cache_write": 3_750_000, "output": 15 * MICRO}
SHOWN_BEFORE_STOP = 240
OUTAGES = 2
"""So many calls of those that are flaky fail at first."""

# What is asked, and how it ends.
MIX = (
    ("chars=300", "complete"),
    ("chars=5000 delay=0.001", "complete"),
    ("chars=200 prompt_tokens=5000 cached_tokens=4000 cache_write_tokens=500", "complete"),
    ("chars=120 prompt_tokens=777 cached_tokens=777 completion_tokens=333", "complete"),
    ("chars=100 reasoning=90", "complete"),
    ("chars=150 usage=missing", "complete"),
    ("chars=150 usage=null", "complete"),
    ("chars=400 cut=200", "interrupted"),
    ("chars=400 drop=200", "interrupted"),
    ("chars=400 error_at=100", "failed"),
    ("status=400", "failed"),
    ("status=404", "failed"),
    (f"chars=600 hang={SHOWN_BEFORE_STOP}", "stopped"),
    ("chars=90 flaky", "complete"),
)


async def live(server: Server, person: Person, model: str, told: str) -> Frame:
    """Ask one question, stop what hangs once all of it is shown, and let what was cut go on."""
    flaky = told.endswith(" flaky")
    text = f"{'Try twice. ' if flaky else ''}What now? [[fake: {told.removesuffix(' flaky')}]]"
    async with server.connect(person) as socket:
        accepted = await socket.ask(text, model)
        if "hang" in told:
            shown = 0
            while shown < SHOWN_BEFORE_STOP:
                delta = await socket.receive("reply.delta")
                shown = delta["offset"] + len(delta["text"])
            await socket.send("reply.stop", reply=accepted["reply"])
        finished = await socket.receive("reply.finished")
        if "cut" in told:
            await socket.send("reply.continue", client_id=f"on-{accepted['reply']}"[:64], reply=accepted["reply"])
            await socket.receive("reply.finished")
        return finished


def sum_of_ledger() -> Counter[tuple[str, str]]:
    sums: Counter[tuple[str, str]] = Counter()
    for record in UsageRecord.objects.all():
        for kind in KINDS:
            sums[record.model, kind] += getattr(record, kind)
    return sums


def sum_of_bill(bill: list[dict[str, Any]]) -> Counter[tuple[str, str]]:
    sums: Counter[tuple[str, str]] = Counter()
    for row in bill:
        provider = "anthropic" if "anthropic" in row["key"] else "openai"
        for kind in KINDS:
            sums[f"{provider}/{row['model']}", kind] += row[kind]
    return sums


async def test_ledger_says_what_the_provider_bills(
    fresh_server: Callable[..., Server], fake: FakeProviderProcess
) -> None:
    server = fresh_server("uvicorn")
    server.manage("prepare")
    with server.database():
        for model in MODELS:
            store_model(model, tiers=(PRICE,))
        save_budget(Budget(scope="site", period="month", limit=100 * MICRO))
        save_budget(Budget(scope="each", period="day", limit=100 * MICRO))
    server.start()
    alice, bob = server.sign_up("alice"), server.sign_up("bob")
    fake.script(status=503, contains="Try twice", times=OUTAGES)
    asked = [(person, model, told, ending) for told, ending in MIX for model in MODELS for person in (alice, bob)]

    finished = await asyncio.gather(*(live(server, person, model, told) for person, model, told, _ in asked))

    assert [one["status"] for one in finished] == [ending for *_, ending in asked]
    fake.wait_until(lambda calls: all(call["state"] != "open" for call in calls))
    with server.database():
        assert sum_of_ledger() == sum_of_bill(fake.bill())
        assert UsageRecord.objects.count() == len(fake.calls())
        assert UsageRecord.objects.filter(error_code="provider_unavailable", cost=0).count() == OUTAGES
        assert_books_agree()


def assert_books_agree() -> None:
    """Compare the costs in the ledger with its tokens, with the replies, and with the accounts."""
    tier = PriceTier(0, PRICE["input"], PRICE["cached_input"], PRICE["cache_write"], PRICE["output"])
    records = list(UsageRecord.objects.all())
    for record in records:
        usage = Usage(
            record.prompt_tokens,
            record.completion_tokens,
            cached_tokens=record.cached_tokens,
            cache_write_tokens=record.cache_write_tokens,
        )
        assert record.cost == cost_of(usage, (tier,))
        assert record.settled_at is not None
    total = sum(record.cost or 0 for record in records)
    assert total == sum(reply.cost or 0 for reply in Message.objects.all())
    for budget in Budget.objects.all():
        accounts = BudgetAccount.objects.filter(budget=budget)
        assert sum(account.spent for account in accounts) == total
        assert {account.reserved for account in accounts} == {0}
