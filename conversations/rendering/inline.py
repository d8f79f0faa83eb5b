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
from pymdownx.delimiterprocessor import PUNCT, Delimiter

from .formulas import IN_TEXT, in_text

if TYPE_CHECKING:
    from collections.abc import Collection

    from .tree import References

_TARGET = re.compile(
    r"""\(\s*
    (?: <([^<>\n]*)> | ((?:[^\s()<]|\((?:[^\s()]|\([^\s()]*\))*\)) (?:[^\s()]|\((?:[^\s()]|\([^\s()]*\))*\))*)? )
    (?: \s+ ("[^"]*"|'[^']*'|\([^()]*\)) )?
    \s*\)""",
    re.VERBOSE,
)
_BARE_LINK = r"(?i)(?<![a-z0-9@/])(?:https?://|www\.)[^\s<>*|`\"\x02\x03\ufdd0，。；：！？、（）】」』》《]+"
_FOOTNOTE_MARK = r"\[\^([^\[\]\s^]{1,40})\](?!\()"
_OPENING = {")": "(", "]": "["}
_HAN = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
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


class _Formula(InlineProcessor):
    """TeX, as it was written: the browser sets it."""

    def handleMatch(  # type: ignore[override]  # noqa: N802 - inherited name
        self,
        m: re.Match[str],
        data: str,  # noqa: ARG002 - inherited
    ) -> tuple[Element | None, int, int]:
        found = in_text(m)
        if found is None:
            return None, m.start(), m.end()
        tex, is_display = found
        element = Element("span", {"class": "math display" if is_display else "math"})
        element.text = AtomicString(_entity(tex))
        return element, m.start(), m.end()


class _FootnoteMark(InlineProcessor):
    """A number is always one; another label is where ``labels`` has it, else it is more likely what was meant."""

    labels: Collection[str] = ()

    def handleMatch(  # type: ignore[override]  # noqa: N802 - inherited name
        self,
        m: re.Match[str],
        data: str,  # noqa: ARG002 - inherited
    ) -> tuple[Element | None, int, int]:
        label = m[1]
        if not (label.isdecimal() or label in self.labels):
            return None, m.start(), m.end()
        element = Element("sup", {"class": "footnote-mark", "data-note": _entity(label)})
        element.text = AtomicString(_entity(label))
        return element, m.start(), m.end()


def _entity(text: str) -> str:
    """For the serialiser, which leaves alone what looks like an entity."""
    return text.replace("&", "&amp;")


def _without_punctuation(address: str) -> str:
    """Cut it before a bracket that closes nothing in it, and then what ends a sentence rather than an address."""
    opened = {"(": 0, "[": 0}
    for index, character in enumerate(address):
        opening = _OPENING.get(character, character)
        if opening in opened:
            opened[opening] += 1 if opening == character else -1
            if opened[opening] < 0:
                address = address[:index]
                break
    return address.rstrip("?!.,:;_~'([")


def _befriend_han(delimiter: Delimiter) -> None:
    """Let it open and close between punctuation and a script without spaces, where CommonMark lets it do neither."""
    token, first = re.escape(delimiter.token), "(?P<ambiguous>"
    run = f"(?<!{token}){token}+(?!{token})"
    both = f"(?<=[{_HAN}]){run}(?=[{PUNCT}])|(?<=[{PUNCT}]){run}(?=[{_HAN}])|"
    delimiter.boundary = re.compile(delimiter.boundary.pattern.replace(first, first + both))


class InlineRenderer:
    """Turns the text of a tree into inline elements, in place. One per process; not for two threads at once."""

    def __init__(self) -> None:
        emphasis = BetterEmExtension(punctuation=True)
        markdown = Markdown(extensions=[emphasis], output_format="html")
        emphasis.processor.add(Delimiter("~", "del", double=True))
        for token in "*~":
            _befriend_han(emphasis.processor.delimiters[token])
        markdown.ESCAPED_CHARS = list(string.punctuation)
        patterns = markdown.inlinePatterns
        patterns.deregister("html")
        patterns.deregister("entity")
        self._footnotes = _FootnoteMark(_FOOTNOTE_MARK, markdown)
        patterns.register(_Formula(IN_TEXT, markdown), "formula", 185)  # after code, before what TeX would escape
        patterns.register(self._footnotes, "footnote", 175)
        patterns.register(_Target(LINK_RE, markdown), "link", 160)
        patterns.register(_Image(IMAGE_LINK_RE, markdown), "image_link", 150)
        patterns.register(SubstituteTagInlineProcessor(_LINE_BREAK, "br"), "linebreak", 100)
        patterns.register(_BareLink(_BARE_LINK, markdown), "bare_link", 85)
        markdown.treeprocessors.deregister("prettify")
        self._markdown = markdown

    def run(self, root: Element, references: References, footnotes: Collection[str]) -> None:
        markdown = self._markdown.reset()
        self._footnotes.labels = footnotes
        markdown.references.update(references)
        for step in markdown.treeprocessors:
            step.run(root)

    def serialize(self, element: Element) -> str:
        """HTML that was not sanitised yet."""
        return self._markdown.serializer(element)
