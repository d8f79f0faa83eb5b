"""Parsed HTML for the tests: as a browser would see it, and in a shape that two renderers can be compared by."""

from __future__ import annotations

import re
from importlib import import_module
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from markdown_it import MarkdownIt
from mdit_py_plugins.tasklists import tasklists_plugin

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

# The parser that bleach carries follows the HTML standard, so it builds the tree that a browser builds.
_html5lib: Any = import_module("bleach._vendor.html5lib")

Node = str | tuple[str, dict[str, str], list[Any]]

_INLINE = {"a", "strong", "em", "del", "code", "br", "span", "input", "text"}


def parse_fragment(html: str) -> Element:
    root: Element = _html5lib.parseFragment(html, namespaceHTMLElements=False)
    return root


def oracle_html(text: str) -> str:
    """Return what a CommonMark and GFM renderer makes of it, but for indented code and HTML."""
    oracle = MarkdownIt("gfm-like", {"html": False, "linkify": True}).use(tasklists_plugin)
    return str(oracle.disable("code").render(text))


def shape(html: str) -> list[Node]:
    """Return the tree without what is a matter of dress: classes, labels, wrappers, ways to write an address."""
    return _tidy(_children(parse_fragment(html)))


def _children(element: Element) -> list[Node]:
    nodes: list[Node] = [element.text or ""]
    for child in element:
        nodes += _node(child)
        nodes.append(child.tail or "")
    return nodes


def _node(element: Element) -> list[Node]:
    tag, cls = str(element.tag), element.get("class", "")
    if tag in ("pre", "figure"):
        return [_code_block(element)]
    if tag == "img" or cls == "image":
        words = element.get("alt", "") if tag == "img" else (element.text or "").rstrip()
        source = element.get("src", "") or element.get("href", "")
        return [("image", {"src": unquote(source)}, [words or "Image"])]
    is_link = re.match(r"https?:|mailto:", element.get("href", "")) is not None
    if tag in ("div", "span") or (tag == "a" and not is_link):
        return _children(element)
    return [({"s": "del"}.get(tag, tag), _attributes(element), _tidy(_children(element)))]


def _code_block(element: Element) -> Node:
    code = next(element.iter("code"))
    language = element.get("data-language", "")
    for name in code.get("class", "").split():
        language = name.removeprefix("language-").lower() if name.startswith("language-") else language
    return ("codeblock", {"language": language}, ["".join(code.itertext()).rstrip("\n")])


def _attributes(element: Element) -> dict[str, str]:
    found: dict[str, str] = {}
    if "href" in element.attrib:
        found["href"] = unquote(element.attrib["href"]).removesuffix("/").replace("http://www.", "https://www.")
    if "start" in element.attrib:
        found["start"] = element.attrib["start"]
    alignment = element.get("style", "").removeprefix("text-align:") or element.get("class", "")
    if element.tag in ("td", "th") and alignment:
        found["align"] = alignment
    if element.tag == "input" and "checked" in element.attrib:
        found["checked"] = ""
    return found


def _tidy(nodes: list[Node]) -> list[Node]:
    """Join neighbouring text, collapse white space, drop what only separates blocks."""
    joined: list[Node] = []
    for node in nodes:
        if isinstance(node, str) and joined and isinstance(joined[-1], str):
            joined[-1] += node
        else:
            joined.append(node)
    tidy: list[Node] = []
    for index, node in enumerate(joined):
        if not isinstance(node, str):
            tidy.append(node)
            continue
        text = re.sub(r"\s+", " ", node)
        if _is_edge(joined, index - 1):
            text = text.lstrip()
        if _is_edge(joined, index + 1):
            text = text.rstrip()
        if text:
            tidy.append(text)
    return tidy


def _is_edge(nodes: list[Node], index: int) -> bool:
    if not 0 <= index < len(nodes):
        return True
    node = nodes[index]
    return not isinstance(node, str) and (node[0] not in _INLINE or node[0] in ("br", "input"))
