"""What people wrote, as HTML: their own words, not Markdown."""

from __future__ import annotations

import html
import re
from functools import cache

from bleach.linkifier import Linker, build_url_re

from .policy import QUESTION
from .source import clean

MAX_LINKS = 200
MAX_ADDRESS = 2_000
QUICK_LENGTH = 4_000
QUICK_LINKS = 3

_CANDIDATE = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)


def is_quick_question(text: str) -> bool:
    """Whether rendering takes so little (under 2 ms) that another process is not worth it."""
    return len(text) <= QUICK_LENGTH and len(_CANDIDATE.findall(text)) <= QUICK_LINKS


def escaped_question(text: str) -> str:
    """Return the text with its line ends and without links. Any size, in no time."""
    return html.escape(clean(text), quote=False).replace("\n", "<br>")


def render_question(text: str) -> str:
    """Escaped text with ``<br>`` for line ends and links for addresses. Linear: only addresses are parsed."""
    links = 0

    def link(found: re.Match[str]) -> str:
        nonlocal links
        links += 1
        escaped = html.escape(found[0], quote=False)
        return _linker().linkify(escaped) if links <= MAX_LINKS and len(found[0]) <= MAX_ADDRESS else escaped

    parts: list[str] = []
    end = 0
    text = clean(text)
    for found in _CANDIDATE.finditer(text):
        parts += (html.escape(text[end : found.start()], quote=False), link(found))
        end = found.end()
    parts.append(html.escape(text[end:], quote=False))
    return QUESTION.clean("".join(parts).replace("\n", "<br>"))


@cache
def _linker() -> Linker:
    return Linker(callbacks=[], url_re=build_url_re(protocols=["https", "http"]))
