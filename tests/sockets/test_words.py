"""Sensitive words through a real server: a change of the list counts within five seconds, also for what is written."""

from __future__ import annotations

import json
import secrets
import time
from typing import TYPE_CHECKING, Any

from moderation.models import Action, Incident
from tests.moderation.rows import add_word

if TYPE_CHECKING:
    from tests.fake_provider import FakeProviderProcess
    from tests.support.server import Server
    from tests.support.socket import ChatSocket, Frame

MODEL = "openai/gpt-5.5"
FIVE_SECONDS = 5.0


def make_word() -> str:
    """Make up a word that no other test of the shared server says."""
    return "w" + "".join(chr(ord("a") + byte % 26) for byte in secrets.token_bytes(11))


async def try_to_say(socket: ChatSocket, text: str) -> Frame:
    """Send a message; return how it ended: refused or answered."""
    message: dict[str, Any] = {"conversation": None, "parent": None, "text": text, "model": MODEL, "attachments": []}
    await socket.send("message.send", client_id=secrets.token_hex(8), **message)
    return await socket.receive(where=lambda frame: frame["type"] in {"error", "reply.finished"}, within=30)


async def test_answer_in_flight_follows_a_list_that_changes(server: Server, fake: FakeProviderProcess) -> None:
    alice, word = server.sign_up(), make_word()
    fake.script(contains=word, text=f"A {word} again. " * 2_000, chunk=9, delay=0.02)
    with server.database():
        add_word(make_word())  # another entry, so that there is something to filter
    async with server.connect(alice) as socket:
        accepted = await socket.ask(f"Say {word[:-1]}\u200b{word[-1]}. {word}", MODEL)
        await socket.receive("reply.delta")
        with server.database():
            add_word(word)
        changed = time.monotonic()
        finished = await socket.receive("reply.finished", within=30)
    assert finished["status"] == "blocked"
    assert time.monotonic() - changed < FIVE_SECONDS
    assert finished["error"]["code"] == "blocked_words"
    with server.database():
        assert Incident.objects.get(subject=accepted["reply"]).person_id == alice.user_id


async def test_message_with_a_word_just_listed_is_refused_within_five_seconds(server: Server) -> None:
    alice, word = server.sign_up(), make_word()
    with server.database():
        add_word(word)
    changed = time.monotonic()
    async with server.connect(alice) as socket:
        told = await try_to_say(socket, f"You {word.upper()}")
        while told["type"] != "error" and time.monotonic() - changed < FIVE_SECONDS:
            told = await try_to_say(socket, f"You {word.upper()}")
    assert told["code"] == "blocked_words"
    assert word not in json.dumps(told).lower()
    with server.database():
        assert Incident.objects.filter(person=alice.user_id, subject=None, matched=word.upper()).exists()


async def test_masked_word_never_reaches_a_socket(server: Server, fake: FakeProviderProcess) -> None:
    alice, word = server.sign_up(), make_word()
    with server.database():
        add_word(word, Action.MASK, direction="out")
    server.restart()  # and knows the list from its first answer on
    fake.script(contains="Say it", text=f"It is {word}, it is.", chunk=2, delay=0.005)
    async with server.connect(alice) as socket:
        await socket.ask("Say it", MODEL)
        finished = await socket.receive("reply.finished", within=30)
    assert finished["text"] == f"It is {'•' * len(word)}, it is."
    assert len(socket.frames) > 3
    assert word[:5] not in json.dumps(socket.frames)
