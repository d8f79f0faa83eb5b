"""A tab that follows one conversation through whatever happens to its line, as the page does."""

from __future__ import annotations

import asyncio
import json
import re
import time
from contextlib import suppress
from html import unescape
from http.client import HTTPException
from typing import TYPE_CHECKING

from websockets.exceptions import ConnectionClosed, InvalidHandshake

from tests.resume.line import BadLine
from tests.support.reader import Frame, ReplyReader, Truth, elements_of

if TYPE_CHECKING:
    from random import Random

    from tests.support.people import Person
    from tests.support.server import Server
    from tests.support.socket import ChatSocket

# The page waits longer; the rules are the same.
SYNC_AT_MOST_EVERY = 0.2
QUIET_FOR = 1.5
LONGEST_RECONNECT = 0.6


class Tab:
    """``readers`` are the replies on show; ``outbox`` holds the commands that are not answered yet."""

    def __init__(self, server: Server, person: Person, truth: Truth, random: Random, *, badness: float) -> None:
        self.readers: dict[str, ReplyReader] = {}
        self.outbox: dict[str, Frame] = {}
        self.accepted: dict[str, Frame] = {}
        self.conversation: str | None = None
        self._server = server
        self._person = person
        self._truth = truth
        self._random = random
        self._line = BadLine(random, badness)
        self._socket: ChatSocket | None = None
        self._may_connect = asyncio.Event()
        self._may_connect.set()
        self._asked: dict[str, float] = {}
        self._heard: dict[str, float] = {}
        self.tasks = [asyncio.create_task(self._live()), asyncio.create_task(self._watch())]

    # what a person does with it

    async def ask(self, client_id: str, text: str, model: str) -> None:
        frame = {"type": "message.send", "client_id": client_id, "text": text, "model": model}
        await self.command({**frame, "conversation": None, "parent": None, "attachments": []})

    async def command(self, frame: Frame) -> None:
        """Send a command again and again, until it is answered."""
        self.outbox[frame["client_id"]] = frame
        await self._send(frame)

    async def stop(self) -> None:
        for reply in self.readers:
            await self._send({"type": "reply.stop", "reply": reply})

    async def visit(self, conversation: str) -> None:
        self.conversation = conversation
        await self.reload()

    async def go_away(self) -> None:
        """Lose the network: nobody says goodbye."""
        self._may_connect.clear()
        if self._socket:
            self._socket.connection.transport.abort()
            await self._socket.connection.wait_closed()

    def come_back(self) -> None:
        self._may_connect.set()

    async def reload(self) -> None:
        """Load the page anew: what the tab knew is gone, what the server wrote into the page counts."""
        await self.go_away()
        if self.conversation:
            self.readers |= read_page(await self._load(), self._truth)
        self.come_back()

    async def close(self) -> None:
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)

    def raise_failure(self) -> None:
        """Raise what went wrong in the background."""
        for task in self.tasks:
            if task.done():
                task.result()

    # its line

    async def _live(self) -> None:
        while True:
            await self._may_connect.wait()
            socket = self._server.connect(self._person)
            with suppress(OSError, ConnectionClosed, InvalidHandshake, TimeoutError):
                await socket.open()
                try:
                    await self._listen(socket)
                finally:
                    self._socket = None
                    socket.connection.transport.abort()
            self._line.cut()
            await asyncio.sleep(self._random.uniform(0, LONGEST_RECONNECT))

    async def _listen(self, socket: ChatSocket) -> None:
        hello = json.loads(await socket.connection.recv())
        assert hello["type"] == "hello"
        self._socket = socket
        if self.conversation:
            await self._send({"type": "conversation.open", "conversation": self.conversation})
        for frame in list(self.outbox.values()):
            await self._send(frame)
        for reply, reader in self.readers.items():
            if reader.reconnected():
                await self._sync(reply)
        while True:
            for frame in self._line.carry(json.loads(await socket.connection.recv())):
                await self._take(frame)

    async def _take(self, frame: Frame) -> None:
        if frame["type"] == "message.accepted":
            self.accepted[frame["client_id"]] = frame
            self.outbox.pop(frame["client_id"], None)
            self.conversation = frame["conversation"]
            self._reader(frame["reply"])
        elif frame["type"] == "error":
            await self._refused(frame)
        elif frame["type"].startswith("reply."):
            self._heard[frame["reply"]] = time.monotonic()
            if self._reader(frame["reply"]).read(frame):
                await self._sync(frame["reply"])

    async def _refused(self, error: Frame) -> None:
        client_id = error["client_id"]
        if error["code"] == "unavailable" and client_id in self.outbox:
            await asyncio.sleep(min(error["retry_after"] or 0.5, 0.5))
            await self._send(self.outbox[client_id])
        else:
            assert error["code"] in {"busy", "conflict"}, error
            self.outbox.pop(client_id, None)

    def _reader(self, reply: str) -> ReplyReader:
        if reply not in self.readers:
            self.readers[reply] = ReplyReader(reply, self._truth)
        return self.readers[reply]

    async def _sync(self, reply: str) -> None:
        now = time.monotonic()
        if now - self._asked.get(reply, 0) >= SYNC_AT_MOST_EVERY:
            self._asked[reply] = now
            await self._send({"type": "reply.sync", "reply": reply})

    async def _watch(self) -> None:
        """Ask for replies that have gone quiet."""
        while True:
            await asyncio.sleep(QUIET_FOR / 4)
            for reply, reader in self.readers.items():
                if reader.is_running and time.monotonic() - self._heard.get(reply, 0) > QUIET_FOR:
                    await self._sync(reply)

    async def _send(self, frame: Frame) -> None:
        if self._socket:
            with suppress(ConnectionClosed):
                await self._socket.send(**frame)

    async def _load(self) -> str:
        while True:
            with suppress(OSError, HTTPException):  # the latter when the server dies in the middle of a page
                answer = await asyncio.to_thread(self._server.get, f"/c/{self.conversation}/", self._person)
                assert answer.status == 200, answer.text
                return answer.text
            await asyncio.sleep(self._random.uniform(0, LONGEST_RECONNECT))


def read_page(html: str, truth: Truth) -> dict[str, ReplyReader]:
    """Read the replies as the page shows them."""
    articles = re.findall(r'<article class="message" id="m-([^"]+)"([^>]*)>(.*?)</article>', html, re.DOTALL)
    return {
        reply: _read_article(reply, head + body, truth)
        for reply, head, body in articles
        if 'data-role="assistant"' in head
    }


def _read_article(reply: str, article: str, truth: Truth) -> ReplyReader:
    def part(pattern: str) -> str:
        inner = re.search(pattern, article, re.DOTALL)
        assert inner, f"the page lacks {pattern}"
        return inner[1]

    blocks = elements_of(part(r'<div class="message-body[^>]*>(.*?)</div>\s*<div class="message-tail'))
    assert len(blocks) >= int(part(r'data-count="(\d+)"'))
    return ReplyReader(
        reply,
        truth,
        text=unescape(part(r'<textarea class="message-source"[^>]*>\n(.*?)</textarea>')),
        blocks=blocks,
        upto=int(part(r'data-upto="(\d+)"')),
        status=part(r'data-status="(\w+)"'),
        reasoning=unescape(part(r'<div class="thinking-text"[^>]*>(.*?)</div>')),
    )
