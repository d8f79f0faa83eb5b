"""The end of a process: what runs ends or is saved, and what is being accepted is not forgotten."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from chatproject.database import in_database
from conversations import commands, generation
from conversations.models import Message, Status
from conversations.protocol import SendMessage
from tests.conversations.asking import ask, stored
from tests.fake_provider import Behaviour, FakeProvider, filler

if TYPE_CHECKING:
    from accounts.models import User
    from conversations.protocol import Frame

pytestmark = pytest.mark.django_db(transaction=True)


class Tab:
    """The least that a command needs of a socket."""

    def __init__(self) -> None:
        self.groups_open: set[str] = set()
        self.told: list[Frame] = []

    def reply(self, frame: Frame) -> None:
        self.told.append(frame)

    async def join(self, group: str) -> None:
        self.groups_open.add(group)

    async def leave(self, group: str) -> None:
        self.groups_open.discard(group)


async def test_drain_lets_short_answers_end_and_saves_long_ones(asker: User, fake: FakeProvider) -> None:
    fake.script(chars=200, delay=0.01)
    short, _ = await ask(asker, "short")
    await fake.next_call()
    fake.script(chars=50_000, delay=0.05)
    long, onlooker = await ask(asker, "long")
    await onlooker.wait_for("reply.delta")
    await generation.drain(2)
    assert (await stored(short)).status == Status.COMPLETE
    interrupted = await stored(long)
    assert interrupted.status == Status.INTERRUPTED
    assert interrupted.content
    assert filler(50_000).startswith(interrupted.content)


async def test_drain_waits_for_a_turn_that_is_being_committed(asker: User, fake: FakeProvider) -> None:
    fake.default = Behaviour(chars=50_000, delay=0.02)
    command = SendMessage("mine", None, None, "Hello", "openai/gpt-5.5", [])
    sending = asyncio.create_task(commands.send_message(Tab(), asker, command))
    await asyncio.sleep(0)  # it is on its way to the database
    await generation.drain(0)
    await sending
    reply = await in_database(Message.objects.get, conversation__user=asker, role="assistant")
    assert (reply.status, generation.running()) == (Status.INTERRUPTED, 0)
