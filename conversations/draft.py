"""The words of a reply while they grow: what is written, what of it is saved, what of it is rendered.

No input or output here. All lengths are UTF-16 code units. ``delta`` and ``html`` always tell everything since the last
checkpoint, so that *what is saved + any next frame = all there is*; nobody has to have seen the frames between. A delta
never begins after what was told before, so that whoever saw every frame never meets a gap. What a model says and what
it thought grow by the same rules.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from conversations.text import cut_utf16, utf16_length

if TYPE_CHECKING:
    from collections.abc import Sequence

    from moderation.stream import Finding


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a draft gained since the last checkpoint."""

    offset: int
    text: str
    blocks: list[str]
    upto: int
    reasoning_offset: int = 0
    reasoning: str = ""
    findings: Sequence[Finding] = ()

    @property
    def has_news(self) -> bool:
        return bool(self.text or self.blocks or self.reasoning)


class Growth:
    """A text that grows, from what is saved of it."""

    def __init__(self, base: str = "") -> None:
        self._pieces = [base]
        self._length = self._saved_length = self._told_length = self._recent_offset = utf16_length(base)
        self._base_characters = self.characters = len(base)
        self._recent = ""
        self.unsaved = ""

    @property
    def text(self) -> str:
        self._pieces = ["".join(self._pieces)]
        return self._pieces[0]

    @property
    def gain(self) -> str:
        """What came since the beginning."""
        return self.text[self._base_characters :]

    @property
    def has_gained(self) -> bool:
        return self.characters > self._base_characters

    @property
    def is_told(self) -> bool:
        return self._told_length == self._length

    @property
    def saved_length(self) -> int:
        return self._saved_length

    def append(self, text: str) -> None:
        self._pieces.append(text)
        self.unsaved += text
        self._recent += text
        self._length += utf16_length(text)
        self.characters += len(text)

    def delta(self) -> tuple[int, str]:
        """Tell all text since the last checkpoint, or since the last delta where that was earlier, and its offset."""
        offset, text = self._recent_offset, self._recent
        self._told_length = self._length
        self._forget_recent()
        return offset, text

    def saved(self, text: str) -> None:
        """Note that the beginning of what was unsaved is committed."""
        self.unsaved = self.unsaved[len(text) :]
        self._saved_length += utf16_length(text)
        self._forget_recent()

    def _forget_recent(self) -> None:
        """Drop from the next deltas what is both saved and told."""
        settled = min(self._saved_length, self._told_length)
        self._recent = cut_utf16(self._recent, settled - self._recent_offset)
        self._recent_offset = settled


class Draft:
    """``words`` is the answer, ``reasoning`` what was thought before it."""

    def __init__(self, base: str = "", reasoning: str = "") -> None:
        """Begin with what is saved of a reply that is being continued, or with nothing."""
        self.words = Growth(base)
        self.reasoning = Growth(reasoning)
        self._saved_blocks = 0
        self._unsaved_blocks: list[str] = []
        self._open = [base]
        self._upto = 0

    @property
    def text(self) -> str:
        return self.words.text

    @property
    def characters(self) -> int:
        return self.words.characters + self.reasoning.characters

    @property
    def has_gained(self) -> bool:
        return self.words.has_gained or self.reasoning.has_gained

    @property
    def open_text(self) -> str:
        """The text that no closed block holds yet."""
        self._open = ["".join(self._open)]
        return self._open[0]

    def append(self, text: str) -> None:
        self.words.append(text)
        self._open.append(text)

    def add_blocks(self, source: str, blocks: list[str]) -> None:
        """Note that ``source``, the beginning of the open text, is rendered as ``blocks``."""
        self._open = [self.open_text[len(source) :]]
        self._upto += utf16_length(source)
        self._unsaved_blocks += blocks

    def html(self) -> tuple[int, list[str], int]:
        """Return the number of saved blocks, all blocks since, and how far in the text they reach."""
        return self._saved_blocks, list(self._unsaved_blocks), self._upto

    def checkpoint(self) -> Checkpoint:
        return Checkpoint(
            offset=self.words.saved_length,
            text=self.words.unsaved,
            blocks=list(self._unsaved_blocks),
            upto=self._upto,
            reasoning_offset=self.reasoning.saved_length,
            reasoning=self.reasoning.unsaved,
        )

    def saved(self, checkpoint: Checkpoint) -> None:
        """Note that a checkpoint is committed; the draft may have grown since it was taken."""
        self.words.saved(checkpoint.text)
        self.reasoning.saved(checkpoint.reasoning)
        self._unsaved_blocks = self._unsaved_blocks[len(checkpoint.blocks) :]
        self._saved_blocks += len(checkpoint.blocks)
