"""One person with a few tabs, who asks, loses the network, reloads, stops and continues; and what must hold then."""

from __future__ import annotations

import asyncio
import itertools
import shlex
import time
from typing import TYPE_CHECKING, TypeVar
from uuid import uuid4

from conversations.models import Message, Status
from tests.resume.tab import Tab, read_page
from tests.support.reader import ReplyReader, Truth

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from tests.support.reader import Frame
    from tests.support.server import Server

T = TypeVar("T")
Answer = tuple[str, str, str, str]
"""Its status, its text, what was thought before it, its HTML."""
MODEL = "openai/gpt-5.5"
PATIENCE = 150.0
LOOK_EVERY = 0.1
MOST_CONTINUES = 2
THINKING_SHARE = 0.6


def prose(name: str, characters: int) -> str:
    """Write sentences that carry their number, so that a gap or a repetition shows, in more than one script."""
    endings = itertools.cycle([" ", " 😀 ", " 漢字。", "\n\n"])
    sentences = (f"{name} {number} is **here** once.{next(endings)}" for number in itertools.count(1))
    text = ""
    while len(text) < characters:
        text += next(sentences)
    return text


def _what_is_shown(reader: ReplyReader) -> Answer:
    return reader.status, reader.text, reader.reasoning, "".join(reader.blocks)


def _what_to_show(stored: Message) -> Answer:
    return stored.status, stored.content, stored.reasoning, stored.html


class Talk:
    """``more`` and ``afterthought`` are what every Continue of an answer with words brings."""

    def __init__(self, server: Server, random: Random, more: str, afterthought: str) -> None:
        self.mark = f"mark-{uuid4().hex}"
        self.seconds = random.uniform(2.5, 5.0)
        self.answer = prose("Sentence", random.randint(300, 2500))
        self.thought = prose("Thought", random.randint(0, 600)) if random.random() < THINKING_SHARE else ""
        self.truth = Truth([self.answer], [self.thought])
        self.client_ids = [uuid4().hex]
        self._server = server
        self._random = random
        self._more = more
        self._afterthought = afterthought
        self._person = server.sign_up("talker")
        self.tabs: list[Tab] = []

    async def run(self) -> None:
        """Ask, live through the plan, go on where an answer was cut short, and compare everything at the end."""
        try:
            await self._ask()
            await asyncio.gather(self._live(), self._continue())
            await self._converge()
        finally:
            for tab in self.tabs:
                await tab.close()

    # what happens

    async def _ask(self) -> None:
        self.tabs = [self._new_tab() for _ in range(self._random.randint(1, 3))]
        chunk = self._random.randint(2, 60)
        delay = self.seconds * chunk / len(self.answer + self.thought)
        words = {"text": self.answer, "thoughts": self.thought}
        said = " ".join(f"{name}={shlex.quote(text)}" for name, text in words.items())
        said += f" chunk={chunk} delay={delay:.4f}"
        question = f"{self.mark} [[fake: {said}]]"
        for tab in self.tabs:  # a person who clicks everywhere
            await tab.ask(self.client_ids[0], question, MODEL)
        accepted = await self._until(lambda: self.tabs[0].accepted.get(self.client_ids[0]), "the question to arrive")
        self.reply, self.conversation = accepted["reply"], accepted["conversation"]

    async def _live(self) -> None:
        for _ in range(self._random.randint(3, 8)):
            await asyncio.sleep(self._random.uniform(0.0, 1.2))
            act = self._random.choice([self._lose_network, self._lose_network, self._reload, self._new_tab_opens])
            await act(self._random.choice(self.tabs))
        if self._random.random() < 0.3:
            await self._random.choice(self.tabs).stop()

    async def _lose_network(self, tab: Tab) -> None:
        await tab.go_away()
        await asyncio.sleep(self._random.uniform(0, 2.5))
        tab.come_back()

    async def _reload(self, tab: Tab) -> None:
        await tab.reload()

    async def _new_tab_opens(self, _tab: Tab) -> None:
        tab = self._new_tab()
        self.tabs.append(tab)
        await tab.visit(self.conversation)

    async def _continue(self) -> None:
        """Go on from any tab, as often as the answer ends early; the third time it may stay as it is."""
        for _ in range(MOST_CONTINUES):
            reply = await self._until(self._ended, "the answer to end")
            if reply.status == Status.COMPLETE:
                return
            self.client_ids.append(uuid4().hex)
            self.truth.texts.append(reply.content + self._more if reply.content else self.answer)
            self.truth.thoughts.append(reply.reasoning + (self._afterthought if reply.content else self.thought))
            tab = self._random.choice(self.tabs)
            await tab.command({"type": "reply.continue", "client_id": self.client_ids[-1], "reply": self.reply})
            await self._until(lambda tab=tab: not tab.outbox or None, "the command to be answered")  # type: ignore[misc]

    def _ended(self) -> Message | None:
        stored = self._stored()
        return None if stored.is_streaming else stored

    # what must hold

    async def _converge(self) -> None:
        """Wait until every tab shows what is stored."""

        def is_same() -> bool:
            stored = self._stored()
            shown = [tab.readers.get(self.reply) for tab in self.tabs]
            return not stored.is_streaming and all(
                one and _what_is_shown(one) == _what_to_show(stored) for one in shown
            )

        deadline = time.monotonic() + PATIENCE
        while not is_same():
            assert time.monotonic() < deadline, self._difference()
            self._raise_failures()
            await asyncio.sleep(LOOK_EVERY)

    def stored(self) -> Answer:
        return _what_to_show(self._stored())

    def shown_by_page(self) -> Answer:
        page = self._server.get(f"/c/{self.conversation}/", self._person).text
        return _what_is_shown(read_page(page, self.truth)[self.reply])

    def check(self, calls: list[Frame]) -> None:
        """See, once all is over, that a complete answer is whole, and that nothing happened twice."""
        stored = self._stored()
        if stored.status == Status.COMPLETE:
            assert (stored.content, stored.reasoning) == (self.truth.texts[-1], self.truth.thoughts[-1])
        with self._server.database():
            rows = Message.objects.filter(conversation__user=self._person.user_id)
            assert rows.filter(client_id=self.client_ids[0]).count() == 1, "an acknowledged question is one row"
            assert rows.count() == 2
        about_us = [call for call in calls if self.mark in str(call["body"]["messages"])]
        asked = [call for call in about_us if self.mark in str(call["body"]["messages"][-1])]
        assert len(about_us) <= len(self.client_ids)
        assert len(asked) <= 1 + sum(text == self.answer for text in self.truth.texts[1:])

    # within

    def _stored(self) -> Message:
        with self._server.database():
            return Message.objects.get(pk=self.reply)

    def _difference(self) -> str:
        stored = self._stored()
        lines = [f"stored {stored.status}, {len(stored.content)} characters: {stored.html!r}"]
        shown = [one for tab in self.tabs for one in tab.readers.values()]
        return "\n".join(lines + [f"shown {one.status}, {len(one.text)}: {''.join(one.blocks)!r}" for one in shown])

    def _new_tab(self) -> Tab:
        badness = self._random.choice([0.0, 0.1, 0.4])
        return Tab(self._server, self._person, self.truth, self._random, badness=badness)

    def _raise_failures(self) -> None:
        for tab in self.tabs:
            tab.raise_failure()

    async def _until(self, look: Callable[[], T | None], what: str) -> T:
        deadline = time.monotonic() + PATIENCE
        while (found := look()) is None:
            self._raise_failures()
            assert time.monotonic() < deadline, f"waited for {what}"
            await asyncio.sleep(LOOK_EVERY)
        return found
