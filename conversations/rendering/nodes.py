"""The blocks of a text, as the parser finds them."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .tables import Alignment


@dataclass(slots=True)
class Block:
    """``first`` and ``last`` are the numbers of its first line and of its last one that is not blank."""

    first: int
    last: int


@dataclass(slots=True)
class Paragraph(Block):
    lines: list[str]


@dataclass(slots=True)
class Heading(Block):
    level: int
    text: str


@dataclass(slots=True)
class Rule(Block):
    pass


@dataclass(slots=True)
class Code(Block):
    fence: str
    indent: int
    info: str
    lines: list[str] = field(default_factory=list)
    is_closed: bool = False


@dataclass(slots=True)
class Formula(Block):
    """A formula on lines of its own; ``lines`` still have the marks, of which ``mark`` is the closing one."""

    mark: str
    lines: list[str]
    is_closed: bool


@dataclass(slots=True)
class Table(Block):
    alignments: list[Alignment]
    rows: list[list[str]]


@dataclass(slots=True)
class Quote(Block):
    children: list[Block] = field(default_factory=list)


@dataclass(slots=True)
class Item(Block):
    offset: int
    children: list[Block] = field(default_factory=list)


@dataclass(slots=True)
class Footnote(Item):
    label: str = ""


@dataclass(slots=True)
class ItemList(Block):
    mark: str
    start: int | None
    items: list[Item] = field(default_factory=list)

    @property
    def is_loose(self) -> bool:
        """Whether a blank line stands between two items or between two blocks of one item."""
        return _has_gap(self.items) or any(_has_gap(item.children) for item in self.items)


def _has_gap(blocks: list[Item] | list[Block]) -> bool:
    return any(_last_line(one) + 1 < other.first for one, other in pairwise(blocks))


def _last_line(block: Block) -> int:
    return block.items[-1].last if isinstance(block, ItemList) else block.last
