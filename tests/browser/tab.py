"""One tab of somebody's browser, with an eye on everything that must not happen in it."""

from __future__ import annotations

import asyncio
import re
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from uuid import UUID

from playwright.async_api import expect

from conversations.selectors import get_snapshot
from tests.support.server import messages_of

if TYPE_CHECKING:
    from playwright.async_api import ConsoleMessage, Dialog, Locator, Page, Request, WebSocket

    from tests.support.server import Server

SLOWLY = 20_000.0
"""Milliseconds that a busy machine may need for what usually takes one second; every `expect` waits so long."""
FRAME_SHOWN = 160
CUT_LINE = re.compile(r"WebSocket connection|fetching the script|ERR_(CONNECTION|INTERNET|EMPTY|SOCKET|NETWORK)")
SHOWN_TEXT = """() => [...document.querySelectorAll("#transcript > .message")].map((message) => {
  const copy = message.cloneNode(true);
  for (const own of copy.querySelectorAll(".message-actions, .message-source, .code-buttons")) own.remove();
  return copy.textContent.replace(/\\s+/g, " ").trim();
}).join("\\n")"""
"""What the transcript shows, without the parts that only scripts add to code."""


@dataclass
class Tab:
    """``problems`` collects errors of scripts, violations of the CSP and requests to other sites."""

    page: Page
    origin: str
    may_lose_line: bool = False
    problems: list[str] = field(default_factory=list)
    frames: list[str] = field(default_factory=list)
    """What went over the line, cut short: sent, received, and the end of a socket."""

    def watch(self) -> None:
        self.page.on("console", self._said)
        self.page.on("pageerror", lambda error: self.problems.append(f"error: {error}"))
        self.page.on("request", self._requested)
        self.page.on("websocket", self._connected)
        self.page.on("dialog", self._asked)

    def _said(self, message: ConsoleMessage) -> None:
        if message.type not in {"error", "warning"}:
            return
        if not (self.may_lose_line and CUT_LINE.search(message.text)):
            self.problems.append(f"console: {message.text}")

    async def _asked(self, dialog: Dialog) -> None:
        self.problems.append(f"dialog: {dialog.message}")
        await dialog.dismiss()

    def _connected(self, socket: WebSocket) -> None:
        self.frames.append("(new socket)")
        socket.on("framesent", lambda frame: self.frames.append(f"> {frame!s:.{FRAME_SHOWN}}"))
        socket.on("framereceived", lambda frame: self.frames.append(f"< {frame!s:.{FRAME_SHOWN}}"))
        socket.on("close", lambda _: self.frames.append("(closed)"))

    def _requested(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if f"{parts.scheme}://{parts.netloc}" != self.origin and parts.scheme not in {"data", "blob"}:
            self.problems.append(f"foreign request: {request.url}")

    # Where things are

    @property
    def composer(self) -> Locator:
        return self.page.locator("#composer-text")

    @property
    def messages(self) -> Locator:
        return self.page.locator("#transcript > .message")

    @property
    def questions(self) -> Locator:
        return self.page.locator('#transcript > .message[data-role="user"]')

    @property
    def answers(self) -> Locator:
        return self.page.locator('#transcript > .message[data-role="assistant"]')

    @property
    def last_answer(self) -> Locator:
        return self.answers.last

    @property
    def toast(self) -> Locator:
        return self.page.locator("#toasts .toast-text")

    @property
    def connection(self) -> Locator:
        return self.page.locator("#connection")

    @property
    def rows(self) -> Locator:
        return self.page.locator("#conversations .row")

    def action(self, name: str, within: Locator | None = None) -> Locator:
        return (within or self.page).locator(f'[data-action="{name}"]:visible').last

    # What people do

    async def open(self, path: str = "/c/") -> None:
        await self.page.goto(f"{self.origin}{path}")
        await self.be_online()

    async def reload(self) -> None:
        await self.page.reload()
        await self.be_online()

    async def be_online(self) -> None:
        """Wait until the scripts run and the server has greeted them."""
        await expect(self.page.locator("html")).to_have_attribute("data-connection", "online")

    async def ask(self, text: str) -> None:
        await self.composer.fill(text)
        await self.composer.press("Enter")

    async def ask_and_wait(self, text: str) -> str:
        """Ask, wait for the whole answer, return its text."""
        before = await self.answers.count()
        await self.ask(text)
        await expect(self.answers).to_have_count(before + 1)
        return await self.finish()

    async def finish(self, status: str = "complete") -> str:
        """Wait until the last question is answered and its answer has ended like this; return its raw text."""
        await expect(self.messages.last).to_have_attribute("data-role", "assistant")
        await expect(self.last_answer).to_have_attribute("data-status", status)
        return await self.source(self.last_answer)

    async def source(self, message: Locator) -> str:
        return await message.locator(".message-source").input_value()

    async def shown_text(self) -> str:
        found: str = await self.page.evaluate(SHOWN_TEXT)
        return found

    async def until(self, script: str, *, within: float = SLOWLY / 1000) -> Any:
        """Wait until an expression is true in the page (which lets nothing be evaluated by itself); return it."""
        deadline = time.monotonic() + within
        while not (found := await self.page.evaluate(script)):
            assert time.monotonic() < deadline, f"waited {within} s for {script}"
            await asyncio.sleep(0.05)
        return found

    async def press(self, *keys: str) -> None:
        for key in keys:
            await self.page.keyboard.press(key)

    @property
    def path(self) -> str:
        return urlsplit(self.page.url).path

    @property
    def conversation(self) -> UUID:
        return UUID(self.path.split("/")[2])


def saved_answer(server: Server, tab: Tab) -> str:
    """Give what is saved of the last answer of the conversation on show, also while it is written."""
    with server.database():
        return get_snapshot(messages_of(tab.conversation)[-1].pk).text
