"""From blocks to the element tree that Python-Markdown's inline half works on."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement

from markdown.util import ETX, STX, AtomicString

from .formulas import tex_of
from .guard import guarded
from .nodes import Block, Code, Footnote, Formula, Heading, Item, ItemList, Paragraph, Quote, Rule, Table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from .tables import Alignment

PLACE = re.compile(rf"<figure>{STX}code:(\d+){ETX}</figure>")
"""Where finished code goes after serialising: it must not pass through the inline patterns."""

MAX_PADDING = 1_000

References = dict[str, tuple[str, str]]

_REFERENCE = re.compile(r"""\[(?!\^)([^\[\]]{1,200})\]:[ ]*(<[^<>]*>|\S+)(?:[ ]+("[^"]*"|'[^']*'|\([^()]*\)))?[ ]*""")
_TASK = re.compile(r"\[([ xX])\] +(?=\S)")


class TreeBuilder:
    """Builds one tree; ``codes`` holds the code blocks that PLACE refers to by number."""

    def __init__(self) -> None:
        self.codes: list[Code] = []
        self._padding = MAX_PADDING

    def build(self, blocks: Iterable[Block]) -> Element:
        """Return a ``div`` with one child for each block that shows something."""
        root = Element("div")
        self._append_all(root, blocks)
        return root

    def _append_all(self, parent: Element, blocks: Iterable[Block]) -> None:
        for block in blocks:
            self._append(parent, block)

    def _append(self, parent: Element, block: Block) -> None:
        match block:
            case Paragraph() | Heading() | Rule():
                _append_simple(parent, block)
            case Code():
                self._append_code(parent, block)
            case Formula():
                _append_formula(parent, block)
            case Quote():
                self._append_all(SubElement(parent, "blockquote"), block.children)
            case Footnote():
                note = SubElement(parent, "div", {"class": "footnote", "data-note": block.label})
                self._append_all(note, block.children)
            case ItemList():
                self._append_list(parent, block)
            case Table():
                self._append_table(parent, block)

    def _append_code(self, parent: Element, block: Code) -> None:
        if block.is_closed and block.info.lower() == "math":
            _append_tex(parent, "\n".join(block.lines))
            return
        SubElement(parent, "figure").text = AtomicString(f"{STX}code:{len(self.codes)}{ETX}")
        self.codes.append(block)

    def _append_list(self, parent: Element, block: ItemList) -> None:
        element = SubElement(parent, "ul" if block.start is None else "ol")
        if block.start not in (None, 1):
            element.set("start", str(block.start))
        fill = self._append_all if block.is_loose else self._append_tight
        for item in block.items:
            self._append_item(element, item, fill)

    def _append_item(self, parent: Element, item: Item, fill: Callable[[Element, Iterable[Block]], None]) -> None:
        element = SubElement(parent, "li")
        first = item.children[0] if item.children else None
        task = _TASK.match(first.lines[0]) if isinstance(first, Paragraph) and first.lines else None
        if task is None or not isinstance(first, Paragraph):
            fill(element, item.children)
            return
        first.lines[0] = first.lines[0][task.end() :]
        fill(element, item.children)
        element.set("class", "task")
        _insert_checkbox(element if element.text else element[0], is_done=task[1] != " ")

    def _append_tight(self, parent: Element, blocks: Iterable[Block]) -> None:
        """Like ``_append_all``, but without paragraphs: what a list without blank lines looks like."""
        for block in blocks:
            if not isinstance(block, Paragraph):
                self._append(parent, block)
            elif block.lines and len(parent):
                parent[-1].tail = guarded(_text(block))
            elif block.lines:
                parent.text = guarded(_text(block))

    def _append_table(self, parent: Element, block: Table) -> None:
        frame = SubElement(parent, "div", {"class": "table-scroll", "tabindex": "0"})
        table = SubElement(frame, "table")
        self._append_row(SubElement(table, "thead"), "th", block.rows[0], block.alignments)
        if len(block.rows) > 1:
            body = SubElement(table, "tbody")
            for row in block.rows[1:]:
                self._append_row(body, "td", row, block.alignments)

    def _append_row(self, parent: Element, tag: str, row: list[str], alignments: Sequence[Alignment]) -> None:
        """Append a row as wide as the header; missing cells are made up, though not without end."""
        missing = min(max(0, len(alignments) - len(row)), self._padding)
        self._padding -= missing
        element = SubElement(parent, "tr")
        for text, alignment in zip(row + [""] * missing, alignments, strict=False):
            cell = SubElement(element, tag, {"class": alignment} if alignment else {})
            cell.text = guarded(text)


def take_references(blocks: Iterable[Block]) -> References:
    """Take the link reference definitions out of the paragraphs: label -> (address, title)."""
    found: References = {}
    for block in blocks:
        if isinstance(block, Paragraph):
            _take_from(block, found)
        elif isinstance(block, ItemList):
            found = take_references(block.items) | found
        elif isinstance(block, Quote | Item):
            found = take_references(block.children) | found
    return found


def list_footnotes(blocks: Iterable[Block]) -> frozenset[str]:
    """List the labels of the footnotes, which stand at the top level only."""
    return frozenset(block.label for block in blocks if isinstance(block, Footnote))


def _append_simple(parent: Element, block: Paragraph | Heading | Rule) -> None:
    match block:
        case Paragraph():
            if block.lines:
                SubElement(parent, "p").text = guarded(_text(block))
        case Heading():
            SubElement(parent, f"h{block.level}").text = guarded(block.text)
        case Rule():
            SubElement(parent, "hr")


def _append_formula(parent: Element, formula: Formula) -> None:
    """Append it, or, where it does not end, the words that it is made of."""
    if formula.is_closed:
        _append_tex(parent, tex_of(formula.lines, formula.mark))
    else:
        SubElement(parent, "p").text = guarded("\n".join(formula.lines))


def _append_tex(parent: Element, tex: str) -> None:
    SubElement(parent, "div", {"class": "math"}).text = AtomicString(tex.replace("&", "&amp;"))


def _take_from(paragraph: Paragraph, found: References) -> None:
    while paragraph.lines and (definition := _REFERENCE.fullmatch(paragraph.lines[0])):
        label, address, title = definition.groups()
        found.setdefault(" ".join(label.lower().split()), (address.strip("<>"), (title or "")[1:-1]))
        del paragraph.lines[0]


def _text(paragraph: Paragraph) -> str:
    return "\n".join(paragraph.lines).strip(" ")


def _insert_checkbox(element: Element, *, is_done: bool) -> None:
    box = Element("input", {"aria-label": "Done" if is_done else "Not done"})
    if is_done:
        box.set("checked", "")
    box.tail, element.text = element.text, None
    element.insert(0, box)
