"""The life of a message through real servers: commit, announce, run; stop, resume and restart."""

from __future__ import annotations

import asyncio
import signal
import time
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from conversations.models import Conversation, Message, Status
from tests.fake_provider import filler
from tests.support.server import Server, messages_of, on_both_servers

if TYPE_CHECKING:
    from tests.fake_provider import FakeProviderProcess
    from tests.support.socket import ChatSocket, Frame

MODEL = "openai/gpt-5.5"
RESTART_PATIENCE = 30.0


def _send_frame(text: str, **fields: Any) -> dict[str, Any]:
    return {
        "client_id": uuid4().hex,
        "conversation": None,
        "parent": None,
        "text": text,
        "model": MODEL,
        "attachments": [],
        **fields,
    }


async def _streaming(socket: ChatSocket, fake: FakeProviderProcess, *, chars: int = 50_000) -> Frame:
    """Ask for a long answer and wait until it has begun."""
    accepted = await socket.ask(f"Tell me much. [[fake: chars={chars} delay=0.02]]", MODEL)
    await socket.receive("reply.delta")
    return accepted


@on_both_servers
async def test_question_is_answered_and_stored(server: Server, fake: FakeProviderProcess) -> None:
    alice = server.sign_up()
    async with server.connect(alice) as socket:
        assert socket.hello["protocol"] == 1
        accepted = await socket.ask("Tell me. [[fake: chars=400]]", MODEL)
        finished = await socket.receive("reply.finished")
    assert finished["reply"] == accepted["reply"]
    assert (finished["status"], finished["text"]) == ("complete", filler(400))
    with server.database():
        question, reply = messages_of(accepted["conversation"])
        assert (str(question.pk), str(reply.pk)) == (accepted["message"], accepted["reply"])
        assert (reply.content, reply.model, reply.tokens_estimated) == (filler(400), MODEL, False)
        assert reply.tokens > 0
        assert Conversation.objects.get(pk=accepted["conversation"]).user_id == alice.user_id


@on_both_servers
async def test_accepted_comes_first_and_only_after_the_commit(server: Server, fake: FakeProviderProcess) -> None:
    alice = server.sign_up()
    async with server.connect(alice) as socket:
        accepted = await socket.ask("Hello", MODEL)
        with server.database():
            assert len(messages_of(accepted["conversation"])) == 2
        await socket.receive("reply.finished")
    kinds = [frame["type"] for frame in socket.frames]
    assert kinds[:5] == ["hello", "message.accepted", "message.created", "reply.started", "conversation.changed"]


@on_both_servers
async def test_ten_parallel_sends_are_one_question_one_reply_one_call(
    server: Server, fake: FakeProviderProcess
) -> None:
    alice = server.sign_up()
    frame = _send_frame(f"Only once {uuid4()} [[fake: chars=300 delay=0.01]]")
    sockets = [server.connect(alice) for _ in range(10)]
    for socket in sockets:
        await socket.open()
    await asyncio.gather(*(socket.send("message.send", **frame) for socket in sockets))
    accepted = await asyncio.gather(*(socket.receive("message.accepted") for socket in sockets))
    await asyncio.gather(*(socket.receive("reply.finished") for socket in sockets))
    assert len({(one["conversation"], one["message"], one["reply"]) for one in accepted}) == 1
    with server.database():
        assert Conversation.objects.filter(user=alice.user_id).count() == 1
        assert Message.objects.filter(conversation__user=alice.user_id).count() == 2
    asked = fake.calls()
    assert len(asked) == 1
    for socket in sockets:
        await socket.close()


@on_both_servers
async def test_stop_in_another_tab_closes_the_provider_within_a_second(
    server: Server, fake: FakeProviderProcess
) -> None:
    alice = server.sign_up()
    async with server.connect(alice) as one, server.connect(alice) as two:
        accepted = await _streaming(one, fake)
        await two.send("conversation.open", conversation=accepted["conversation"])
        await two.receive("reply.snapshot")
        pressed = time.time()
        await two.send("reply.stop", reply=accepted["reply"])
        ends = [await tab.receive("reply.finished") for tab in (one, two)]
        calls = fake.wait_until(lambda calls: calls[-1]["state"] != "open")
    shown = [frame for frame in one.frames if frame["type"] == "reply.delta"][-1]
    assert ends[0] == ends[1]
    assert ends[0]["status"] == "stopped"
    assert len(ends[0]["text"]) >= shown["offset"] + len(shown["text"])
    assert calls[-1]["state"] == "client_closed"
    assert calls[-1]["ended_at"] - pressed < 1.0
    with server.database():
        stored = Message.objects.get(pk=accepted["reply"])
        assert (stored.status, stored.content) == (Status.STOPPED, ends[0]["text"])
    page = server.get(f"/c/{accepted['conversation']}/", alice)
    assert ends[0]["text"] in page.text


@on_both_servers
async def test_disconnect_is_not_stop(server: Server, fake: FakeProviderProcess) -> None:
    alice = server.sign_up()
    async with server.connect(alice) as socket:
        accepted = await _streaming(socket, fake, chars=4_000)
    async with server.connect(alice) as socket:
        await socket.send("conversation.open", conversation=accepted["conversation"])
        snapshot = await socket.receive("reply.snapshot")
        finished = await socket.receive("reply.finished", within=20)
    assert snapshot["status"] == "streaming"
    assert filler(4_000).startswith(snapshot["text"])
    assert finished["text"] == filler(4_000)


@on_both_servers
async def test_kill_keeps_the_text_marks_it_and_continue_works(server: Server, fake: FakeProviderProcess) -> None:
    alice = server.sign_up()
    async with server.connect(alice) as socket:
        accepted = await _streaming(socket, fake)
        await socket.receive("reply.delta", where=lambda frame: frame["offset"] > 0)
        shown = await socket.receive("reply.delta", where=lambda frame: frame["offset"] > 500)
        server.kill()
    server.start()
    killed_at = time.monotonic()
    async with server.connect(alice) as socket:
        await socket.send("conversation.open", conversation=accepted["conversation"])
        snapshot = await socket.receive("reply.snapshot")
        finished = await socket.receive("reply.finished", within=RESTART_PATIENCE)
        assert time.monotonic() - killed_at < RESTART_PATIENCE
        assert finished["status"] == "interrupted"
        assert finished["text"] == snapshot["text"]
        assert len(finished["text"]) >= shown["offset"], "what a checkpoint held is there"
        assert filler(50_000).startswith(finished["text"])
        fake.script(chars=100)
        await socket.send("reply.continue", client_id=uuid4().hex, reply=accepted["reply"])
        await socket.receive("reply.started", where=lambda frame: frame["reply"] == accepted["reply"])
        whole = await socket.receive("reply.finished", where=lambda frame: frame["status"] == "complete")
    assert whole["text"] == finished["text"] + filler(100)


@on_both_servers
async def test_kill_keeps_what_was_thought_and_continue_appends(server: Server, fake: FakeProviderProcess) -> None:
    alice = server.sign_up()
    async with server.connect(alice) as socket:
        accepted = await socket.ask("Think. [[fake: reasoning=50000 delay=0.02]]", MODEL)
        shown = await socket.receive("reply.reasoning", where=lambda frame: frame["offset"] > 500)
        server.kill()
    server.start()
    fake.script(thoughts="Once more.", text="So.")
    async with server.connect(alice) as socket:
        await socket.send("conversation.open", conversation=accepted["conversation"])
        snapshot = await socket.receive("reply.snapshot")
        finished = await socket.receive("reply.finished", within=RESTART_PATIENCE)
        assert (finished["status"], finished["text"], finished["can_continue"]) == ("interrupted", "", True)
        assert finished["reasoning"] == snapshot["reasoning"]
        assert len(finished["reasoning"]) >= shown["offset"], "what a checkpoint held is there"
        assert filler(50_000).startswith(finished["reasoning"])
        await socket.send("reply.continue", client_id=uuid4().hex, reply=accepted["reply"])
        whole = await socket.receive("reply.finished", where=lambda frame: frame["status"] == "complete")
    assert (whole["reasoning"], whole["text"]) == (finished["reasoning"] + "Once more.", "So.")


@on_both_servers
async def test_termination_saves_what_is_running_and_says_come_back(server: Server, fake: FakeProviderProcess) -> None:
    alice = server.sign_up()
    async with server.connect(alice) as socket:
        short = await socket.ask("Short. [[fake: chars=600 delay=0.05]]", MODEL)
        await socket.receive("reply.delta")
        server.terminate()
        code = await socket.receive_close(within=40)
    assert server.wait() in {0, -signal.SIGTERM}, "uvicorn ends by the signal it was sent"
    assert code == 1012
    with server.database():
        assert Message.objects.get(pk=short["reply"]).content == filler(600)
    server.start()


@on_both_servers
async def test_edit_regenerate_and_history(server: Server, fake: FakeProviderProcess) -> None:
    alice = server.sign_up()
    async with server.connect(alice) as socket:
        first = await socket.ask("First question", MODEL)
        await socket.receive("reply.finished")
        second = await socket.ask("Second question", MODEL, conversation=first["conversation"])
        await socket.receive("reply.finished")
        await socket.send("reply.regenerate", client_id="r" * 8, reply=second["reply"], model=MODEL)
        again = await socket.receive("message.accepted", where=lambda frame: frame["client_id"] == "r" * 8)
        await socket.receive("reply.finished")
        await socket.send(
            "message.edit", client_id="e" * 8, message=second["message"], text="Other question", model=MODEL
        )
        edited = await socket.receive("message.accepted", where=lambda frame: frame["client_id"] == "e" * 8)
        await socket.receive("reply.finished")
    assert again["message"] == second["message"]
    assert again["reply"] != second["reply"]
    assert edited["message"] != second["message"]
    asked = [call["body"]["messages"] for call in fake.calls()]
    assert [message["role"] for message in asked[1]] == ["user", "assistant", "user"]
    assert asked[1] == asked[2]
    assert asked[3][-1]["content"] == "Other question"
    assert len(asked[3]) == 3


@on_both_servers
async def test_two_people_never_hear_each_other(server: Server, fake: FakeProviderProcess) -> None:
    alice, bob = server.sign_up("alice"), server.sign_up("bob")
    async with server.connect(alice) as hers, server.connect(bob) as his:
        accepted = await hers.ask("Private", MODEL)
        await his.send("conversation.open", conversation=accepted["conversation"])
        refused = await his.receive("error")
        await hers.receive("reply.finished")
        await his.send("ping")
        await his.receive("pong")
    assert refused["code"] == "not_found"
    assert [frame["type"] for frame in his.frames] == ["hello", "error", "pong"]
