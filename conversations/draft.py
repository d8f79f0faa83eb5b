"""The text of a reply while it grows: what is written, what of it is saved, what of it is rendered.

No input or output here. All lengths are UTF-16 code units. ``delta`` and ``html`` always tell everything since the last
checkpoint, so that *what is saved + any next frame = all there is*; nobody has to have seen the frames between. A delta
never begins after what was told before, so that whoever saw every frame never meets a gap.
"""

from __future__ import annotations

from dataclasses import dataclass

from conversations.text import cut_utf16, utf16_length


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a draft gained since the last checkpoint."""

    offset: int
    text: str
    blocks: list[str]
    upto: int


class Draft:
    def __init__(self, base: str = "") -> None:
        """Begin with the saved text of a reply that is being continued, or with nothing."""
        self._pieces = [base]
        self._saved_length = self._told_length = self._recent_offset = utf16_length(base)
        self._unsaved = ""
        self._recent = ""
        self._saved_blocks = 0
        self._unsaved_blocks: list[str] = []
        self._open = [base]
        self._upto = 0
        self.characters = len(base)

    @property
    def text(self) -> str:
        return "".join(self._pieces)

    @property
    def open_text(self) -> str:
        """The text that no closed block holds yet."""
        self._open = ["".join(self._open)]
        return self._open[0]

    def append(self, text: str) -> None:
        self._pieces.append(text)
        self._unsaved += text
        self._recent += text
        self._open.append(text)
        self.characters += len(text)

    def add_blocks(self, source: str, blocks: list[str]) -> None:
        """Note that ``source``, the beginning of the open text, is rendered as ``blocks``."""
        self._open = [self.open_text[len(source) :]]
        self._upto += utf16_length(source)
        self._unsaved_blocks += blocks

    def delta(self) -> tuple[int, str]:
        """Tell all text since the last checkpoint, or since the last delta where that was earlier, and its offset."""
        offset, text = self._recent_offset, self._recent
        self._told_length = offset + utf16_length(text)
        self._forget_recent()
        return offset, text

    def html(self) -> tuple[int, list[str], int]:
        """Return the number of saved blocks, all blocks since, and how far in the text they reach."""
        return self._saved_blocks, list(self._unsaved_blocks), self._upto

    def checkpoint(self) -> Checkpoint:
        return Checkpoint(self._saved_length, self._unsaved, list(self._unsaved_blocks), self._upto)

    def saved(self, checkpoint: Checkpoint) -> None:
        """Note that a checkpoint is committed; the draft may have grown since it was taken."""
        self._unsaved = self._unsaved[len(checkpoint.text) :]
        self._saved_length += utf16_length(checkpoint.text)
        self._forget_recent()
        self._unsaved_blocks = self._unsaved_blocks[len(checkpoint.blocks) :]
        self._saved_blocks += len(checkpoint.blocks)

    def _forget_recent(self) -> None:
        """Drop from the next deltas what is both saved and told."""
        settled = min(self._saved_length, self._told_length)
        self._recent = cut_utf16(self._recent, settled - self._recent_offset)
        self._recent_offset = settled
