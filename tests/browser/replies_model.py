"""What a server might tell of one reply over a bad line, made from the server's own draft; and what the page must show.

A schedule is a list of *steps* ``{"frames", "snapshot", "truth"}``: what arrives, the snapshot that a ``reply.sync``
asked for before this step is answered with, and the whole text at that moment.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from conversations.draft import Draft
from conversations.text import utf16_length

if TYPE_CHECKING:
    from collections.abc import Iterator

REPLY = "r"
WORDS = ("word {} ", "😀 {} ", "e\u0301 {} ", "block {}.\n\n", "two {}.\n\nthree {}.\n\n", "\n\n")


def block_of(source: str) -> str:
    return f"<p>{source.strip()}</p>"


@dataclass
class Server:
    """The writing side: a draft, and what of it is saved."""

    draft: Draft = field(default_factory=Draft)
    base: str = ""
    saved_text: str = ""
    saved_blocks: list[str] = field(default_factory=list)
    saved_upto: int = 0
    saved_reasoning: str = ""

    def do(self, text: str, *, thinks: bool, renders: bool, saves: bool) -> list[dict[str, Any]]:
        """Write or think, and perhaps render and save; returns the frames that say so."""
        frames = [self.think(text) if thinks else self.write(text), *(self.render() if renders else ())]
        if saves:
            self.save()
        return frames

    def step(self, frames: list[dict[str, Any]], status: str = "streaming") -> dict[str, Any]:
        return {
            "frames": frames,
            "snapshot": self.snapshot(status),
            "truth": self.draft.text,
            "thought": self.draft.reasoning.text,
        }

    def write(self, text: str) -> dict[str, Any]:
        self.draft.append(text)
        offset, since = self.draft.words.delta()
        return {"type": "reply.delta", "reply": REPLY, "offset": offset, "text": since}

    def think(self, text: str) -> dict[str, Any]:
        self.draft.reasoning.append(text)
        offset, since = self.draft.reasoning.delta()
        return {"type": "reply.reasoning", "reply": REPLY, "offset": offset, "text": since}

    def render(self) -> Iterator[dict[str, Any]]:
        closed = self.draft.open_text.rfind("\n\n")
        if closed > 0:
            source = self.draft.open_text[: closed + 2]
            parts = [part for part in source.split("\n\n") if part.strip()]
            self.draft.add_blocks(source, [block_of(part) for part in parts])
        index, blocks, upto = self.draft.html()
        growing = self.draft.open_text
        sketch = [block_of(growing)] if growing.strip() else []
        yield {
            "type": "reply.html",
            "reply": REPLY,
            "index": index,
            "blocks": blocks + sketch,
            "closed": len(blocks),
            "upto": upto + utf16_length(growing),
        }

    def save(self) -> None:
        gain = self.draft.checkpoint()
        self.draft.saved(gain)
        self.saved_text += gain.text
        self.saved_reasoning += gain.reasoning
        self.saved_blocks += gain.blocks
        self.saved_upto = gain.upto if self.saved_blocks else 0

    def snapshot(self, status: str = "streaming") -> dict[str, Any]:
        if status == "streaming":
            text, blocks, upto = self.saved_text, list(self.saved_blocks), self.saved_upto
            reasoning = self.saved_reasoning
        else:
            text, blocks, reasoning = self.draft.text, [self.html()], self.draft.reasoning.text
            upto = utf16_length(text)
        return {
            "type": "reply.snapshot",
            "reply": REPLY,
            "status": status,
            "text": text,
            "blocks": blocks,
            "upto": upto,
            "reasoning": reasoning,
        }

    def html(self) -> str:
        return "".join(block_of(part) for part in self.draft.text.split("\n\n") if part.strip())

    def finished(self) -> dict[str, Any]:
        return {
            "type": "reply.finished",
            "reply": REPLY,
            "status": "complete",
            "text": self.draft.text,
            "html": self.html(),
            "reasoning": self.draft.reasoning.text,
            "reasoning_seconds": None,
        }


WRITTEN = st.tuples(st.sampled_from(WORDS), st.booleans(), st.booleans(), st.sampled_from([False, False, True]))
LINE = st.sampled_from(["arrives", "dropped", "twice", "late"])


@st.composite
def schedules(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Draw what arrives: frames get lost, come twice, come some steps late; snapshots come unasked."""
    server = Server()
    steps: list[dict[str, Any]] = []
    late: list[tuple[int, dict[str, Any]]] = []
    events = draw(st.lists(WRITTEN, min_size=6, max_size=25))
    for number, (text, renders, saves, thinks) in enumerate(events):
        arriving = [frame for due, frame in late if due == number]
        for frame in server.do(text.format(number, number), thinks=thinks, renders=renders, saves=saves):
            line = draw(LINE)
            arriving += [frame] * {"arrives": 1, "twice": 2}.get(line, 0)
            if line == "late":
                late.append((number + draw(st.integers(1, 4)), frame))
        if draw(st.integers(0, 9)) == 0:
            arriving.append(server.snapshot())
        steps.append(server.step(arriving))
    is_told = draw(st.booleans())
    ends = [server.finished()] if is_told else [server.snapshot("complete"), server.finished()]
    stale = [server.snapshot()] if draw(st.booleans()) else []
    overdue = [frame for due, frame in late if due >= len(events)]
    steps.append(server.step([*ends, *stale, *overdue], status="complete"))
    return steps
