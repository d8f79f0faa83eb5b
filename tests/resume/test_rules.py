"""The rules of reading against the real draft: frames get lost, doubled and late, tabs and processes come and go."""

from __future__ import annotations

import os
from dataclasses import dataclass, field

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from conversations.models import Status
from conversations.rendering import render_answer
from tests.resume.world import World
from tests.support.reader import Frame, ReplyReader, elements_of

IS_SOAK = bool(os.environ.get("SOAK_ROUNDS"))
PIECES = st.sampled_from(
    [
        "word ",
        "😀 ",
        "漢字。",
        "e\u0301 ",
        "A **bold** end.\n\n",
        "\n\n",
        "* point\n",
        "```\ncode\n",
        "```\n\n",
        "# Head\n",
        "a",
    ]
)
FATES = st.sampled_from(["arrives", "arrives", "arrives", "dropped", "twice", "late"])


@dataclass
class Tab:
    reader: ReplyReader
    line: list[Frame] = field(default_factory=list)
    """What the server has sent and the tab has not got; None of it survives a reconnection."""
    is_connected: bool = True


class Reading(RuleBasedStateMachine):
    tabs: list[Tab]

    @initialize()
    def begin(self) -> None:
        self.world = World()
        self.tabs = [self._new_tab(), self._new_tab()]

    # the writing side

    @precondition(lambda self: self.world.draft)
    @rule(pieces=st.lists(PIECES, min_size=1, max_size=4))
    def write(self, pieces: list[str]) -> None:
        self.world.write("".join(pieces))

    @precondition(lambda self: self.world.draft)
    @rule(piece=PIECES)
    def write_and_tell(self, piece: str) -> None:
        self.world.write(piece)
        self._broadcast(self.world.tell())

    @precondition(lambda self: self.world.draft)
    @rule(piece=PIECES, is_told=st.booleans())
    def think(self, piece: str, is_told: bool) -> None:  # noqa: FBT001 - drawn by hypothesis
        self.world.think(piece)
        if is_told:
            self._broadcast(self.world.tell_thoughts())

    @precondition(lambda self: self.world.draft)
    @rule()
    def render(self) -> None:
        self._broadcast(self.world.render())

    @precondition(lambda self: self.world.draft)
    @rule()
    def take_checkpoint(self) -> None:
        self.world.take_checkpoint()

    @precondition(lambda self: self.world.draft)
    @rule()
    def commit_checkpoint(self) -> None:
        self.world.commit_checkpoint()

    @precondition(lambda self: self.world.draft)
    @rule(status=st.sampled_from([Status.COMPLETE, Status.STOPPED, Status.INTERRUPTED]))
    def end(self, status: Status) -> None:
        self._broadcast(self.world.end(status))

    @precondition(lambda self: self.world.draft)
    @rule()
    def kill(self) -> None:
        self.world.kill()
        for tab in self.tabs:
            tab.is_connected = False

    @precondition(lambda self: self.world.message.is_streaming and not self.world.draft)
    @rule()
    def sweep(self) -> None:
        self._broadcast(self.world.sweep())

    @precondition(lambda self: not self.world.message.is_streaming)
    @rule()
    def go_on(self) -> None:
        """Tell of the new run; what is still under way of the old one arrives before, as on a real line."""
        self._broadcast(self.world.go_on())

    # the reading side

    @rule(which=st.integers(0, 1), fates=st.lists(FATES, min_size=1, max_size=6))
    def deliver(self, which: int, fates: list[str]) -> None:
        tab = self.tabs[which]
        for fate in fates:
            if tab.line:
                self._deliver(tab, fate)

    @rule(which=st.integers(0, 1))
    def disconnect(self, which: int) -> None:
        self.tabs[which].is_connected = False
        self.tabs[which].line.clear()

    @rule(which=st.integers(0, 1))
    def reconnect(self, which: int) -> None:
        tab = self.tabs[which]
        tab.is_connected = True
        if tab.reader.reconnected():
            tab.line += self.world.snapshot()

    @rule(which=st.integers(0, 1))
    def reload(self, which: int) -> None:
        saved = self.world.saved
        blocks = [element for block in saved.blocks for element in elements_of(block)]
        status = str(self.world.message.status)
        reader = ReplyReader(
            self.world.reply,
            self.world.truth,
            text=saved.text,
            blocks=blocks,
            upto=saved.upto,
            status=status,
            reasoning=saved.reasoning,
        )
        self.tabs[which] = Tab(reader)

    @precondition(lambda self: self.world.draft)
    @rule()
    def heal(self) -> None:
        """One snapshot and the next delta make it whole, whatever was missed."""
        for tab in self.tabs:
            tab.is_connected = True
            tab.reader.reconnected()
            tab.line = [*self.world.snapshot(), self.world.tell_thoughts(), self.world.tell()]
            self._deliver_all(tab)
            assert self.world.draft
            if tab.reader.is_running:
                shown = tab.reader.text, tab.reader.reasoning
                written = self.world.draft.text, self.world.draft.reasoning.text
                assert all(one.startswith(other) for one, other in zip(shown, written, strict=True))
                assert shown == written or self.world.truth.is_torn

    @invariant()
    def blocks_stand_for_the_text(self) -> None:
        for tab in getattr(self, "tabs", ()):
            stand_for = [cut(text, tab.reader.upto) for text in self.world.truth.texts]
            assert any(tab.reader.blocks == render_answer(text) for text in stand_for)

    def teardown(self) -> None:
        """At the end every tab shows what is stored."""
        if not hasattr(self, "world"):
            return
        if self.world.message.is_streaming:
            self._broadcast(self.world.end(Status.COMPLETE) if self.world.draft else self.world.sweep())
        for tab in self.tabs:
            self._deliver_all(tab)
            tab.line += self.world.snapshot()
            self._deliver_all(tab)
            assert tab.reader.text == self.world.message.content
            assert tab.reader.reasoning == self.world.message.reasoning
            assert "".join(tab.reader.blocks) == self.world.message.html
            assert tab.reader.status == self.world.message.status

    # within

    def _new_tab(self) -> Tab:
        return Tab(ReplyReader(self.world.reply, self.world.truth))

    def _broadcast(self, frame: Frame | None) -> None:
        for tab in self.tabs:
            if tab.is_connected and frame:
                tab.line.append(frame)

    def _deliver_all(self, tab: Tab) -> None:
        while tab.line:
            self._deliver(tab, "arrives")

    def _deliver(self, tab: Tab, fate: str) -> None:
        frame = tab.line.pop(0)
        if fate == "late" and not any(later["type"] == "reply.started" for later in tab.line[:3]):
            tab.line.insert(3, frame)
            return
        for _ in range({"dropped": 0, "twice": 2}.get(fate, 1)):
            if tab.reader.read(frame):
                tab.line += self.world.snapshot()


def cut(text: str, upto: int) -> str:
    return text.encode("utf-16-le")[: 2 * upto].decode("utf-16-le", errors="replace")


Reading.TestCase.settings = settings(
    max_examples=5_000 if IS_SOAK else 300,
    stateful_step_count=60,
    deadline=None,
    derandomize=not IS_SOAK,
    suppress_health_check=list(HealthCheck),
)
TestReading = Reading.TestCase
