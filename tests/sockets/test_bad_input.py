"""Whatever a client sends: a clear error frame, the socket stays, nothing accepted is lost."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from websockets.exceptions import ConnectionClosed

from conversations.models import Message
from conversations.protocol import MAX_FRAME_BYTES, MAX_TEXT_LENGTH
from tests.support.processes import wait_until
from tests.support.server import Server, messages_of, on_both_servers

if TYPE_CHECKING:
    from tests.fake_provider import FakeProviderProcess

MODEL = "openai/gpt-5.5"


def _send(**fields: Any) -> str:
    frame: dict[str, Any] = {
        "type": "message.send",
        "client_id": "mine",
        "conversation": None,
        "parent": None,
        "text": "Hello",
        "model": MODEL,
        "attachments": [],
    }
    return json.dumps({**frame, **fields})


BAD = {
    "not json": ("{", "bad_request"),
    "nested": ("[" * 10_000, "bad_request"),
    "unknown type": ('{"type": "message.destroy"}', "bad_request"),
    "missing field": ('{"type": "reply.stop"}', "bad_request"),
    "malformed id": ('{"type": "reply.stop", "reply": "1 OR 1=1"}', "bad_request"),
    "foreign id": (json.dumps({"type": "reply.stop", "reply": str(uuid4())}), "not_found"),
    "foreign conversation": (_send(conversation=str(uuid4())), "not_found"),
    "empty": (_send(text=" \n "), "bad_request"),
    "too long": (_send(text="x" * (MAX_TEXT_LENGTH + 1)), "bad_request"),
    "nul": (_send(text="a\x00b"), "bad_request"),
    "lone surrogate": (_send(text="a\ud800b"), "bad_request"),
    "unknown model": (_send(model="openai/nothing-like-it"), "unknown_model"),
    "unconfigured provider": (_send(model="local/llama3"), "provider_not_configured"),
    "attachments": (_send(attachments=["x"]), "bad_request"),
    "forged role": (_send(role="system"), "bad_request"),
}


@on_both_servers
async def test_bad_frames_are_answered_and_the_socket_stays(server: Server, fake: FakeProviderProcess) -> None:
    alice = server.sign_up()
    wait_until(lambda: "fake-echo" in server.get("/models/", alice).text, what="the list of models")
    async with server.connect(alice) as socket:
        for name, (text, code) in BAD.items():
            await socket.send_text(text)
            error = await socket.receive("error")
            assert (error["code"], error["message"][-1]) == (code, "."), name
        accepted = await socket.ask("Still here?", MODEL)
        await socket.receive("reply.finished")
    with server.database():
        assert len(messages_of(accepted["conversation"])) == 2
        assert Message.objects.filter(conversation__user=alice.user_id).count() == 2


async def test_error_names_the_send_it_refuses(server: Server, fake: FakeProviderProcess) -> None:
    alice = server.sign_up()
    async with server.connect(alice) as socket:
        await socket.send_text(_send(text=""))
        assert (await socket.receive("error"))["client_id"] == "mine"


async def test_same_id_with_other_words_is_a_conflict(server: Server, fake: FakeProviderProcess) -> None:
    alice = server.sign_up()
    async with server.connect(alice) as socket:
        await socket.send_text(_send())
        accepted = await socket.receive("message.accepted")
        await socket.receive("reply.finished")
        await socket.send_text(_send(text="Other words"))
        assert (await socket.receive("error"))["code"] == "conflict"
    with server.database():
        assert [message.content for message in messages_of(accepted["conversation"])][:1] == ["Hello"]


@on_both_servers
async def test_frame_over_a_mebibyte_is_told_and_the_socket_stays(server: Server, fake: FakeProviderProcess) -> None:
    alice = server.sign_up()
    async with server.connect(alice) as socket:
        await socket.send_text(_send(text="x" * MAX_FRAME_BYTES))
        error = await socket.receive("error")
        assert "1 MiB" in error["message"]
        await socket.send("ping")
        await socket.receive("pong")


@on_both_servers
async def test_frame_over_what_is_read_closes_the_socket_only(server: Server, fake: FakeProviderProcess) -> None:
    alice = server.sign_up()
    async with server.connect(alice) as socket:
        with suppress(ConnectionClosed):  # it may be closed before all of it is sent
            await socket.send_text(_send(text="x" * 3 * MAX_FRAME_BYTES))
        assert await socket.receive_close() in {1009, 1006}
    async with server.connect(alice) as socket:
        await socket.ask("Hello", MODEL)
        await socket.receive("reply.finished")


@pytest.mark.parametrize("frame", ["conversation.open", "reply.stop", "reply.sync", "reply.continue"])
async def test_frames_about_other_peoples_things_are_not_found(
    server: Server, fake: FakeProviderProcess, frame: str
) -> None:
    alice, bob = server.sign_up("alice"), server.sign_up("bob")
    async with server.connect(alice) as hers, server.connect(bob) as his:
        accepted = await hers.ask("Private [[fake: chars=200]]", MODEL)
        await hers.receive("reply.finished")
        fields = {"conversation": accepted["conversation"]} if "open" in frame else {"reply": accepted["reply"]}
        if frame == "reply.continue":
            fields["client_id"] = "c"
        await his.send(frame, **fields)
        assert (await his.receive("error"))["code"] == "not_found"
