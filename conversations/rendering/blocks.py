"""The normaliser: the blocks of a model's Markdown, found line by line as CommonMark and GFM define them.

Python-Markdown has block rules of its own: a list right after a paragraph stays text, two spaces do not nest, a fence
inside a list breaks, an open fence is text, and some inputs cost it minutes. So only its inline half is used, and the
blocks are found here. The renderer and the splitter of the stream share this one parser; that is why rendering closed
pieces one by one gives the same as rendering the whole.

On purpose not CommonMark: four spaces do not make code (models indent by accident far more often than they mean it),
and raw HTML is text.

Every line costs time in proportion to its length: nesting is limited, and nothing looks back.
"""

from __future__ import annotations

import re

from .formulas import MARK, closes, opens
from .nodes import Block, Code, Footnote, Formula, Heading, Item, ItemList, Paragraph, Quote, Rule, Table
from .tables import delimiter_row, split_row

MAX_DEPTH = 16
"""Quotes and list items inside each other; deeper marks are text."""

MAX_INDENT = 3
"""Spaces before a mark that CommonMark overlooks; where a paragraph runs, more than these continue it."""

_SPACES = re.compile(" *")
_STARTERS = frozenset(">#`~=-*_+|:[$\\0123456789")
_ITEM = re.compile(r"(?:([-+*])|([0-9]{1,9})([.)]))(?= |$)")
_HEADING = re.compile(r"(#{1,6})(?: |$)")
_FENCE = re.compile(r"(`{3,})([^`]*)$|(~{3,})(.*)$", re.DOTALL)
_RULE = re.compile(r"(?:(?:\* *){3,}|(?:- *){3,}|(?:_ *){3,})$")
_UNDERLINE = re.compile(r"(=+|-+) *$")
_FOOTNOTE = re.compile(r"\[\^([^\[\]\s^]{1,40})\]:")
_FOOTNOTE_INDENT = 2
_LOOKED_BACK = 50


class BlockParser:
    """Takes lines without their line ends; ``blocks`` is the structure so far, ``count`` how many blocks it has."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self.count = 0
        self._number = -1
        self._path: list[Quote | Item] = []
        self._leaf: Paragraph | Code | Formula | Table | None = None

    @property
    def is_open(self) -> bool:
        """Whether a further line could still belong to the last block."""
        if self._path or self._leaf is not None:
            return True
        return bool(self.blocks) and isinstance(self.blocks[-1], ItemList)

    @property
    def open_lines(self) -> int:
        """How many lines the open block has had; 0 for a fence at the top level, whose lines cost next to nothing."""
        if not self.is_open or (isinstance(self._leaf, Code) and not self._path):
            return 0
        return self._number - self.blocks[-1].first

    def feed(self, raw: str) -> None:
        self._number += 1
        line = raw.expandtabs(4) if "\t" in raw else raw
        matched, position = self._match_containers(line)
        if isinstance(self._leaf, Code) and matched == len(self._path):
            self._continue_code(self._leaf, raw, line, position)
            return
        if isinstance(self._leaf, Formula) and matched == len(self._path) and line[position:].strip(" "):
            self._continue_formula(self._leaf, line[position:])
            return
        while True:
            begin = _skip_spaces(line, position)
            if begin == len(line):
                self._close(matched)
                return
            if line[begin] not in _STARTERS or (begin - position > MAX_INDENT and self._runs_on(matched)):
                break
            if self._open_leaf(line, position, begin, matched):
                return
            inside = self._open_container(line, position, begin, matched)
            if inside is None:
                break
            position, matched = inside, len(self._path)
        self._add_text(line[begin:], matched)

    def _match_containers(self, line: str) -> tuple[int, int]:
        """How many of the open containers this line continues, and where in the line their content starts."""
        position = 0
        for depth, container in enumerate(self._path):
            begin = _skip_spaces(line, position)
            is_blank = begin == len(line)
            if isinstance(container, Quote):
                if is_blank or line[begin] != ">":
                    return depth, position
                position = _after_quote_mark(line, begin)
            elif is_blank:
                if not container.children:
                    return depth, position
                continue
            elif begin - position < container.offset:
                return depth, position
            else:
                position += container.offset
            container.last = self._number
        return len(self._path), position

    def _open_container(self, line: str, position: int, begin: int, matched: int) -> int | None:
        """Open a quote or a list item, if one begins here: where its content starts."""
        if matched >= MAX_DEPTH:
            return None
        if line[begin] == ">":
            self._close(matched)
            quote = Quote(self._number, self._number)
            self._add(quote)
            self._path.append(quote)
            return _after_quote_mark(line, begin)
        if line[begin] == "[":
            return self._open_footnote(line, begin, matched)
        return self._open_item(line, position, begin, matched)

    def _open_footnote(self, line: str, begin: int, matched: int) -> int | None:
        found = _FOOTNOTE.match(line, begin)
        if found is None or matched:
            return None
        self._close(matched)
        note = Footnote(self._number, self._number, _FOOTNOTE_INDENT, label=found[1])
        self._add(note)
        self._path.append(note)
        return found.end()

    def _open_item(self, line: str, position: int, begin: int, matched: int) -> int | None:
        found = _ITEM.match(line, begin)
        if found is None:
            return None
        bullet, digits, delimiter = found.groups()
        content = _skip_spaces(line, found.end())
        is_empty = content == len(line)
        if self._runs_on(matched) and (is_empty or (digits is not None and int(digits) != 1)):
            return None
        gap = content - found.end()
        offset = found.end() - position + (1 if is_empty or gap > MAX_INDENT + 1 else gap)
        self._close(matched)
        item = Item(self._number, self._number, offset)
        self._list_for(bullet or delimiter, int(digits) if digits else None).items.append(item)
        self._path.append(item)
        self.count += 1
        return min(position + offset, len(line))

    def _list_for(self, mark: str, start: int | None) -> ItemList:
        siblings = self._siblings()
        if siblings and isinstance(siblings[-1], ItemList) and siblings[-1].mark == mark:
            return siblings[-1]
        new = ItemList(self._number, self._number, mark, start)
        self._add(new)
        return new

    def _open_leaf(self, line: str, position: int, begin: int, matched: int) -> bool:
        """Open (and, where one line is all of it, close) a block that holds no others, if one begins here."""
        rest = line[begin:]
        if self._runs_on(matched) and (self._turn_into_table(rest) or self._turn_into_heading(rest)):
            return True
        block: Block | None = None
        if found := _HEADING.match(rest):
            block = Heading(self._number, self._number, len(found[1]), _heading_text(rest[found.end() :]))
        elif found := _FENCE.match(rest):
            info = (found[2] or found[4] or "").strip()
            block = Code(self._number, self._number, found[1] or found[3], begin - position, info)
        elif _RULE.match(rest):
            block = Rule(self._number, self._number)
        elif (mark := opens(rest)) and not (mark == MARK and self._is_inside_formula(matched)):
            block = Formula(self._number, self._number, mark, [rest], is_closed=closes(rest, mark, is_first=True))
        if block is None:
            return False
        self._close(matched)
        self._add(block)
        self._leaf = block if isinstance(block, Code | Formula) and not block.is_closed else None
        return True

    def _is_inside_formula(self, matched: int) -> bool:
        """Whether the paragraph that runs has begun a formula between two dollar signs that this line may end."""
        if not (isinstance(self._leaf, Paragraph) and self._runs_on(matched)):
            return False
        return sum(line.count(MARK) for line in self._leaf.lines[-_LOOKED_BACK:]) % 2 == 1

    def _turn_into_table(self, rest: str) -> bool:
        paragraph, alignments = self._leaf, delimiter_row(rest)
        if not (isinstance(paragraph, Paragraph) and alignments and "|" in paragraph.lines[-1]):
            return False
        header = split_row(paragraph.lines[-1])
        if len(header) != len(alignments):
            return False
        del paragraph.lines[-1]
        paragraph.last -= 1
        if not paragraph.lines:
            self._siblings().pop()
        self._leaf = Table(self._number - 1, self._number, alignments, [header])
        self._add(self._leaf)
        return True

    def _turn_into_heading(self, rest: str) -> bool:
        paragraph, found = self._leaf, _UNDERLINE.match(rest)
        if not (isinstance(paragraph, Paragraph) and found):
            return False
        level = 1 if found[1][0] == "=" else 2
        text = "\n".join(paragraph.lines).strip(" ")
        self._siblings()[-1] = Heading(paragraph.first, self._number, level, text)
        self._leaf = None
        return True

    def _continue_code(self, code: Code, raw: str, line: str, position: int) -> None:
        begin = _skip_spaces(line, position)
        code.last = self._number
        mark = line[begin:].rstrip(" ")
        if mark.startswith(code.fence) and not mark.strip(mark[0]) and begin - position <= max(MAX_INDENT, code.indent):
            code.is_closed = True
            self._leaf = None
        else:
            code.lines.append(_drop_columns(raw, min(begin, position + code.indent)))

    def _continue_formula(self, formula: Formula, text: str) -> None:
        formula.last = self._number
        formula.lines.append(text)
        if closes(text, formula.mark):
            formula.is_closed = True
            self._leaf = None

    def _add_text(self, text: str, matched: int) -> None:
        """Continue a paragraph (lazily, too) or a table, or begin a paragraph."""
        if isinstance(self._leaf, Paragraph):
            self._leaf.lines.append(text)
            for container in self._path:
                container.last = self._number
        elif isinstance(self._leaf, Table) and matched == len(self._path):
            self._leaf.rows.append(split_row(text))
        else:
            self._close(matched)
            self._leaf = Paragraph(self._number, self._number, [text])
            self._add(self._leaf)
        self._leaf.last = self._number

    def _close(self, matched: int) -> None:
        del self._path[matched:]
        self._leaf = None

    def _runs_on(self, matched: int) -> bool:
        """Whether a paragraph is open right where this line goes on."""
        return isinstance(self._leaf, Paragraph) and matched == len(self._path)

    def _siblings(self) -> list[Block]:
        return self._path[-1].children if self._path else self.blocks

    def _add(self, block: Block) -> None:
        self._siblings().append(block)
        self.count += 1


def _skip_spaces(line: str, position: int) -> int:
    found = _SPACES.match(line, position)
    return found.end() if found else position


def _after_quote_mark(line: str, begin: int) -> int:
    return begin + 2 if line[begin + 1 : begin + 2] == " " else begin + 1


def _heading_text(text: str) -> str:
    text = text.strip(" ")
    without = text.rstrip("#")
    return without.rstrip(" ") if not without or without.endswith(" ") else text


def _drop_columns(raw: str, columns: int) -> str:
    """Return the line without its first columns; a tab that is cut in the middle leaves spaces."""
    column = 0
    for index, character in enumerate(raw):
        if column >= columns:
            return " " * (column - columns) + raw[index:]
        column += 4 - column % 4 if character == "\t" else 1
    return " " * max(0, column - columns)
