"""Python-Markdown's inline half, with the patterns we want and no others."""

from __future__ import annotations

import re
import string
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element

from markdown import Markdown
from markdown.inlinepatterns import (
    IMAGE_LINK_RE,
    LINK_RE,
    ImageInlineProcessor,
    InlineProcessor,
    LinkInlineProcessor,
    SubstituteTagInlineProcessor,
)
from markdown.util import AtomicString
from pymdownx.betterem import BetterEmExtension
from pymdownx.delimiterprocessor import Delimiter

if TYPE_CHECKING:
    from .tree import References

_TARGET = re.compile(
    r"""\(\s*
    (?: <([^<>\n]*)> | ((?:[^\s()<]|\((?:[^\s()]|\([^\s()]*\))*\)) (?:[^\s()]|\((?:[^\s()]|\([^\s()]*\))*\))*)? )
    (?: \s+ ("[^"]*"|'[^']*'|\([^()]*\)) )?
    \s*\)""",
    re.VERBOSE,
)
_BARE_LINK = r"(?i)(?<![a-z0-9@/])(?:https?://|www\.)[^\s<>*|`\"\x02\x03\ufdd0，。；：！？、（）】」』》《]+"
_LINE_BREAK = r"(?: {2,}|\\)\n|<br ?/?>"


class _Target(LinkInlineProcessor):
    """Reads ``(address "title")`` by one pattern; the inherited loop is quadratic in lonely parentheses."""

    def getLink(self, data: str, index: int) -> tuple[str, str | None, int, bool]:  # noqa: N802 - inherited name
        found = _TARGET.match(data, index)
        if found is None:
            return "", None, index, False
        return self.unescape((found[1] or found[2] or "").strip()), None, found.end(), True


class _Image(_Target, ImageInlineProcessor):
    pass


class _BareLink(InlineProcessor):
    """Addresses in running text, without the punctuation that follows them, as GFM has it."""

    ANCESTOR_EXCLUDES = ("a",)

    def handleMatch(  # type: ignore[override]  # noqa: N802 - inherited name
        self,
        m: re.Match[str],
        data: str,  # noqa: ARG002 - inherited
    ) -> tuple[Element | None, int, int]:
        address = _without_punctuation(m[0])
        end = m.start() + len(address)
        if not re.search(r"[^\W_]\.?[^\W_]", address.partition("//")[2] or address):
            return None, m.start(), m.end()
        link = Element("a", {"href": address if "://" in address else f"https://{address}"})
        link.text = AtomicString(address)
        return link, m.start(), end


def _without_punctuation(address: str) -> str:
    while address:
        if address[-1] in "?!.,:;_~'" or (address[-1] in ")]" and _closes_nothing(address)):
            address = address[:-1]
        else:
            break
    return address


def _closes_nothing(address: str) -> bool:
    closing = address[-1]
    return address.count(closing) > address.count("(" if closing == ")" else "[")


class InlineRenderer:
    """Turns the text of a tree into inline elements, in place. One per process; not for two threads at once."""

    def __init__(self) -> None:
        emphasis = BetterEmExtension(punctuation=True)
        markdown = Markdown(extensions=[emphasis], output_format="html")
        emphasis.processor.add(Delimiter("~", "del", double=True))
        markdown.ESCAPED_CHARS = list(string.punctuation)
        patterns = markdown.inlinePatterns
        patterns.deregister("html")
        patterns.deregister("entity")
        patterns.register(_Target(LINK_RE, markdown), "link", 160)
        patterns.register(_Image(IMAGE_LINK_RE, markdown), "image_link", 150)
        patterns.register(SubstituteTagInlineProcessor(_LINE_BREAK, "br"), "linebreak", 100)
        patterns.register(_BareLink(_BARE_LINK, markdown), "bare_link", 85)
        markdown.treeprocessors.deregister("prettify")
        self._markdown = markdown

    def run(self, root: Element, references: References) -> None:
        markdown = self._markdown.reset()
        markdown.references.update(references)
        for step in markdown.treeprocessors:
            step.run(root)

    def serialize(self, element: Element) -> str:
        """HTML that was not sanitised yet."""
        return self._markdown.serializer(element)
