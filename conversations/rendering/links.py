"""What becomes of links and images: only addresses that a browser opens elsewhere, and nothing that loads by itself."""

from __future__ import annotations

import html
import re
from urllib.parse import quote, urlsplit
from xml.etree.ElementTree import Element, SubElement

from markdown.util import AMP_SUBSTITUTE, ETX, STX, AtomicString

_SCHEME = re.compile(r"(?:https?://|mailto:)", re.IGNORECASE)
_ESCAPED = re.compile(rf"{STX}(\d+){ETX}")
_ENTITY = re.compile(r"&(?:#[0-9]+|#[xX][0-9a-fA-F]+|[a-zA-Z0-9]+);")
_UNSAFE = re.compile(r"[\s\\\"<>^`{|}\x00-\x1f\x7f]")


def settle_links(root: Element) -> None:
    """Make every link absolute, http, https or mailto, or plain text; make every image a link to it."""
    _settle(root, inside_link=False)


def _settle(element: Element, *, inside_link: bool) -> None:
    if element.tag == "img":
        _replace_image(element, inside_link=inside_link)
        return
    if element.tag == "a":
        address = None if inside_link else safe_address(element.attrib.pop("href", ""))
        _replace_link(element, address)
        inside_link = inside_link or address is not None
    for child in element:
        _settle(child, inside_link=inside_link)


def safe_address(source: str) -> str | None:
    """Return the address as a browser may have it, or None where it is relative, malformed or of another kind."""
    address = _ENTITY.sub(lambda found: html.unescape(found[0]), source.replace(AMP_SUBSTITUTE, "&"))
    address = _ESCAPED.sub(lambda found: chr(int(found[1])), address).strip()
    if not _SCHEME.match(address):
        return None
    address = _UNSAFE.sub(lambda found: quote(found[0]), address)
    return address if host_of(address) or address[:7].lower() == "mailto:" else None


def host_of(address: str) -> str:
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""


def _replace_link(element: Element, address: str | None) -> None:
    element.attrib.pop("title", None)
    if address is None:
        element.tag = "span"
        return
    element.set("href", _attribute(address))
    if isinstance(element.text, str) and AMP_SUBSTITUTE in element.text:
        element.text = AtomicString(element.text.replace(AMP_SUBSTITUTE, "&"))
    if (host := host_of(address)) and host not in "".join(element.itertext()).lower():
        element.set("title", _attribute(host))


def _replace_image(element: Element, *, inside_link: bool) -> None:
    """Put the words that stand for the image in its place, as a link to it that names the host."""
    source, words = element.attrib.pop("src", ""), element.attrib.pop("alt", "")
    element.attrib.clear()
    address = None if inside_link else safe_address(source)
    host = host_of(address) if address else ""
    element.tag = "a" if host else "span"
    element.set("class", "image")
    element.text = words if words.strip() else "Image"  # as written: a gap that goes would join what is around it
    if address and host:
        element.set("href", _attribute(address))
        element.text += " "
        SubElement(element, "span", {"class": "host"}).text = f"({host})"


def _attribute(value: str) -> str:
    """For the serialiser, which leaves alone what looks like an entity."""
    return value.replace("&", "&amp;")
