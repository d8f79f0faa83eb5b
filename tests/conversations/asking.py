"""What the engine's tests share: the engine, somebody who asks, and a listener that keeps all that is told."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from threading import Barrier
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from chatproject.database import in_database
from conversations import broadcast, generation, services
from conversations.announcing import announce
from conversations.models import Message
from providers.gateway import get_gateway
from providers.port import ProviderConfig
from tests.fake_provider import FakeProvider

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from pytest_django.fixtures import Settings

    from accounts.models import User
    from conversations.questions import Turn

PATIENCE = 20


@asynccontextmanager
async def running_engine(settings: Settings) -> AsyncIterator[FakeProvider]:
    """Let this process write and save replies as a server does; gives the provider that it asks."""
    async with FakeProvider() as provider:
        settings.PROVIDERS = (
            ProviderConfig("openai", "openai", "OpenAI", provider.base_url, ("sk-test",)),
            ProviderConfig("anthropic", "anthropic", "Anthropic", provider.root_url, ("sk-test",)),
        )
        get_gateway.cache_clear()
        await get_gateway().refresh()
        saving = asyncio.create_task(generation.keep_saving())
        try:
            yield provider
        finally:
            await generation.drain(0)
            saving.cancel()
            await get_gateway().close()
            get_gateway.cache_clear()
            await threads_are_idle(settings.DATABASE_THREADS)


async def threads_are_idle(number: int) -> None:
    """Wait until no database thread has work: who was cancelled left it there, and tables are emptied next."""
    together = Barrier(number)
    await asyncio.gather(*(in_database(together.wait, PATIENCE) for _ in range(number)))


class Onlooker:
    """A listener that keeps every frame, as a very patient socket would."""

    def __init__(self) -> None:
        self.frames: list[dict[str, Any]] = []
        self._arrived = asyncio.Event()

    def deliver(self, text: str, replaces: str) -> None:
        self.frames.append(json.loads(text))
        self._arrived.set()

    def check_session(self) -> None:
        raise AssertionError("nobody signed out")

    async def wait_until(self, condition: Callable[[], bool]) -> None:
        """Wait for a condition, looked at when frames come; raises TimeoutError."""
        async with asyncio.timeout(PATIENCE):
            while not condition():
                self._arrived.clear()
                await self._arrived.wait()

    async def wait_for(self, kind: str, **fields: object) -> dict[str, Any]:
        def fitting() -> list[dict[str, Any]]:
            return [one for one in self.of(kind) if all(one[name] == value for name, value in fields.items())]

        await self.wait_until(lambda: bool(fitting()))
        return fitting()[0]

    async def wait_for_length(self, kind: str, length: int) -> None:
        """Wait until this much has been told in deltas, which begin anew at each checkpoint."""
        await self.wait_until(lambda: any(one["offset"] + len(one["text"]) == length for one in self.of(kind)))

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [frame for frame in self.frames if frame["type"] == kind]


async def ask(
    user: User,
    text: str = "Hello",
    conversation: Any = None,
    onlooker: Onlooker | None = None,
    model: str = "openai/gpt-5.5",
) -> tuple[Turn, Onlooker]:
    def send() -> Turn:
        return services.send_message(
            user,
            client_id=uuid4().hex,
            conversation_id=conversation,
            parent_id=None,
            text=text,
            model=model,
        )

    return await follow(user, await in_database(send), onlooker)


async def follow(user: User, turn: Turn, onlooker: Onlooker | None = None) -> tuple[Turn, Onlooker]:
    """Announce and run a turn, as a command does, before the eyes of an onlooker."""
    onlooker = onlooker or Onlooker()
    await broadcast.hub.join(broadcast.conversation(turn.conversation.pk), onlooker)
    await broadcast.hub.join(broadcast.person(user.pk), onlooker)
    await announce(turn)
    generation.start(turn)
    return turn, onlooker


async def go_on(user: User, turn: Turn) -> None:
    def command() -> Turn:
        return services.continue_reply(user, client_id=uuid4().hex, reply_id=turn.reply.pk)

    generation.start(await in_database(command))


async def stop(user: User, turn: Turn) -> None:
    await in_database(services.request_stop, user, turn.reply.pk)
    generation.stop(turn.reply.pk)


async def stored(turn: Turn) -> Message:
    return await in_database(Message.objects.get, pk=turn.reply.pk)
