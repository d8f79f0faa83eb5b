"""One reply in memory: the draft that a process writes, what is saved of it, and the frames that tell of it.

The draft, the renderer, the assembly of a snapshot and the frames are the real ones; only the database and the socket
are lists.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING
from uuid import uuid4

from conversations import frames
from conversations.draft import Checkpoint, Draft
from conversations.models import Message, ReplyChunk, Role, Status
from conversations.protocol import Frame as SentFrame
from conversations.protocol import ReplyDelta, ReplyHtml, ReplyReasoning, encode
from conversations.rendering import closed_length, render_answer
from conversations.selectors import assemble
from conversations.text import utf16_length
from tests.support.reader import Frame, Truth

if TYPE_CHECKING:
    from conversations.selectors import Snapshot


class World:
    """A process may write the reply (``draft``), or none does; ``truth`` grows with each run."""

    def __init__(self) -> None:
        self.truth = Truth([""])
        self.message = Message(conversation_id=uuid4(), parent_id=uuid4(), role=Role.ASSISTANT, model="demo/demo")
        self.message.status = Status.STREAMING
        self.chunks: list[ReplyChunk] = []
        self.draft: Draft | None = Draft()
        self._taken: Checkpoint | None = None

    @property
    def reply(self) -> str:
        return str(self.message.pk)

    @property
    def saved(self) -> Snapshot:
        return assemble(self.message, self.chunks)

    # what the writing process does

    def write(self, text: str) -> None:
        assert self.draft
        self.draft.append(text)
        self.truth.texts[-1] = self.draft.text

    def think(self, text: str) -> None:
        assert self.draft
        self.draft.reasoning.append(text)
        self.truth.thoughts[-1] = self.draft.reasoning.text

    def tell(self) -> Frame:
        assert self.draft
        return _sent(ReplyDelta(self.message.pk, *self.draft.words.delta()))

    def tell_thoughts(self) -> Frame:
        assert self.draft
        return _sent(ReplyReasoning(self.message.pk, *self.draft.reasoning.delta()))

    def render(self) -> Frame:
        assert self.draft
        source = self.draft.open_text
        if closed := closed_length(source):
            self.draft.add_blocks(source[:closed], render_answer(source[:closed]))
        index, blocks, upto = self.draft.html()
        growing = self.draft.open_text
        blocks_and_sketch = [*blocks, *render_answer(growing)]
        return _sent(ReplyHtml(self.message.pk, index, blocks_and_sketch, len(blocks), upto + utf16_length(growing)))

    def take_checkpoint(self) -> None:
        assert self.draft
        self._taken = self._taken or self.draft.checkpoint()

    def commit_checkpoint(self) -> None:
        if self.draft and (gain := self._taken):
            if gain.has_news:
                kept = {name: value for name, value in asdict(gain).items() if name != "findings"}
                self.chunks.append(ReplyChunk(**kept))
            self.draft.saved(gain)
            self._taken = None

    def end(self, status: Status) -> Frame:
        assert self.draft
        return self._end(status, self.draft.text, self.draft.reasoning.text)

    # what happens to it

    def kill(self) -> None:
        """End the process: what was not saved is gone."""
        self.draft = self._taken = None
        self.truth.is_torn = True

    def sweep(self) -> Frame:
        return self._end(Status.INTERRUPTED, self.saved.text, self.saved.reasoning)

    def go_on(self) -> Frame:
        """Continue a reply that ended early, as another run."""
        self.message.status = Status.STREAMING
        self.draft = Draft(self.message.content, self.message.reasoning)
        self.truth.texts.append(self.draft.text)
        self.truth.thoughts.append(self.message.reasoning)
        return _sent(frames.started(self.message))

    # what is told on request

    def snapshot(self) -> list[Frame]:
        told = [_sent(frames.snapshot(self.saved))]
        return told if self.message.is_streaming else [*told, _sent(frames.finished(self.message))]

    def _end(self, status: Status, text: str, reasoning: str) -> Frame:
        self.message.status = status
        self.message.content = text
        self.message.reasoning = reasoning
        self.message.html = "".join(render_answer(text)) if text else ""
        self.chunks.clear()
        self.draft = self._taken = None
        return _sent(frames.finished(self.message))


def _sent(frame: SentFrame) -> Frame:
    sent: Frame = json.loads(encode(frame))
    return sent
