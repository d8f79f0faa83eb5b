"""A deploy: SIGTERM lets running answers end, saves what does not, and sends the sockets elsewhere."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from conversations.models import Message, Status
from tests.fake_provider import filler
from tests.support.processes import wait_until
from tests.support.server import MODEL

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.fake_provider import FakeProviderProcess
    from tests.support.server import Server
    from tests.support.socket import ChatSocket

SERVICE_RESTART = 1012


async def start_answer(server: Server, fake: FakeProviderProcess, socket: ChatSocket, **behaviour: Any) -> UUID:
    """Ask, and wait for the first words; return the reply's id."""
    fake.script(**behaviour)
    accepted = await socket.ask("Tell me", MODEL)
    await socket.receive("reply.delta")
    return UUID(accepted["reply"])


def stored_reply(server: Server, reply_id: UUID) -> Message:
    with server.database():
        return Message.objects.get(pk=reply_id)


@pytest.mark.parametrize("kind", ["daphne", "uvicorn"])
async def test_running_answer_ends_before_the_server_does(
    kind: str, fresh_server: Callable[..., Server], fake: FakeProviderProcess
) -> None:
    server = fresh_server(kind)
    server.start()
    async with server.connect(server.sign_up()) as socket:
        reply_id = await start_answer(server, fake, socket, chars=300, delay=0.02)
        server.terminate()
        assert await socket.receive_close(within=30) == SERVICE_RESTART
    assert await asyncio.to_thread(server.wait) in {0, -15}
    reply = await asyncio.to_thread(stored_reply, server, reply_id)
    assert (reply.status, reply.content) == (Status.COMPLETE, filler(300))


async def test_draining_server_is_red_refuses_questions_and_shows_answers(
    fresh_server: Callable[..., Server], fake: FakeProviderProcess
) -> None:
    server = fresh_server()
    server.start()
    async with server.connect(server.sign_up()) as socket:
        await start_answer(server, fake, socket, chars=300, delay=0.05)
        server.terminate()
        await asyncio.to_thread(wait_until, lambda: server.get("/readyz").status == 503, what="readiness to turn red")
        assert server.get("/healthz").status == 200
        await socket.send(
            "message.send", client_id="late", conversation=None, parent=None, text="Late", model=MODEL, attachments=[]
        )
        refusal = await socket.receive("error")
        assert (refusal["code"], refusal["client_id"]) == ("unavailable", "late")
        assert refusal["retry_after"] > 0
        finished = await socket.receive("reply.finished", within=30)
        assert finished["status"] == "complete"
        assert await socket.receive_close() == SERVICE_RESTART


async def test_second_signal_saves_the_answer_as_interrupted(
    fresh_server: Callable[..., Server], fake: FakeProviderProcess
) -> None:
    server = fresh_server()
    server.start()
    async with server.connect(server.sign_up()) as socket:
        reply_id = await start_answer(server, fake, socket, chars=5000, delay=0.05)
        server.terminate()
        await asyncio.to_thread(wait_until, lambda: server.get("/readyz").status == 503, what="readiness to turn red")
        server.terminate()
        assert await socket.receive_close() == SERVICE_RESTART
    assert await asyncio.to_thread(server.wait) == 0
    assert "1 answer is still being written" in server.log
    assert "Stopped. Everything is saved." in server.log
    reply = await asyncio.to_thread(stored_reply, server, reply_id)
    assert reply.status == Status.INTERRUPTED
    assert reply.content
    assert filler(5000).startswith(reply.content)
