"""Many tabs at once, over real sockets and several processes: a budget for one more call pays for one more call."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from conversations.models import Conversation, Message
from providers.models import Budget, BudgetAccount, UsageRecord
from providers.money.budgets import save_budget
from tests.money.paying import a_dollar_each, store_model
from tests.support.server import MODEL

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.fake_provider import FakeProviderProcess
    from tests.support.homes import Home
    from tests.support.people import Person
    from tests.support.server import Server
    from tests.support.socket import ChatSocket, Frame

TABS = 50
QUESTION = "How much is left? [[fake: chars=400 delay=0.01]]"


@pytest.fixture
def processes(fresh_server: Callable[..., Server], home: Home) -> list[Server]:
    """Two processes on one database where it is PostgreSQL, else one; every token costs one micro-dollar."""
    first = fresh_server("uvicorn")
    first.manage("prepare")
    with first.database():
        store_model(MODEL, tiers=a_dollar_each())
    servers = [first]
    if home.name == "postgres":
        servers.append(fresh_server("uvicorn", DATABASE_URL=first.environment["DATABASE_URL"]))
    for server in servers:
        server.start()
    return servers


async def ask(socket: ChatSocket) -> Frame:
    """Send the question in a new conversation; give what it is answered with at once."""
    client_id = uuid4().hex
    fields: dict[str, Any] = {"conversation": None, "parent": None, "attachments": []}
    await socket.send("message.send", client_id=client_id, text=QUESTION, model=MODEL, **fields)
    return await socket.receive(where=lambda frame: frame.get("client_id") == client_id)


def budget_for_one_more(server: Server, person: Person) -> Budget:
    """Give the person what they have spent, and what one more of the same question sets aside."""
    with server.database():
        first = UsageRecord.objects.get()
        limit = (first.cost or 0) + worst_case(first)
        return save_budget(Budget(scope="person", user_id=person.user_id, period="month", limit=limit))


def worst_case(record: UsageRecord) -> int:
    return record.prompt_tokens * 150 // 100 + 2_000


async def test_balance_for_one_more_call_pays_for_one(processes: list[Server], fake: FakeProviderProcess) -> None:
    server = processes[0]
    alice = server.sign_up()
    async with AsyncExitStack() as stack:
        tabs = [
            await stack.enter_async_context(processes[number % len(processes)].connect(alice)) for number in range(TABS)
        ]
        await ask(tabs[0])
        await tabs[0].receive("reply.finished")
        budget = budget_for_one_more(server, alice)
        calls = len(fake.calls())

        answers = await asyncio.gather(*(ask(tab) for tab in tabs))

        [accepted] = [answer for answer in answers if answer["type"] == "message.accepted"]
        refusals = [answer for answer in answers if answer["type"] == "error"]
        assert len(refusals) == TABS - 1
        assert {refusal["code"] for refusal in refusals} == {"budget_exhausted"}
        reasons = ("It renews on", "is set aside for answers that are being written")
        assert all(any(reason in one["message"] for reason in reasons) for one in refusals)
        assert all(one["retry_after"] > 0 for one in refusals)
        assert all(one["message"].endswith("Your draft is kept.") for one in refusals)
        [winner] = [tab for tab in tabs if accepted in tab.frames]
        finished = await winner.receive("reply.finished", where=lambda frame: frame["reply"] == accepted["reply"])
        assert finished["status"] == "complete"
    assert len(fake.calls()) == calls + 1
    with server.database():
        assert Conversation.objects.count() == 2
        assert Message.objects.count() == 4
        assert UsageRecord.objects.count() == 2
        account = BudgetAccount.objects.get(budget=budget)
        assert account.spent == sum(record.cost or 0 for record in UsageRecord.objects.all())
        assert account.reserved == 0
        assert account.spent <= account.limit
