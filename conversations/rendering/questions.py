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

# Stricter than bleach, which goes through the rest of a word it does not like in quadratic time. A name without bounds
# would do the same: each "www." in it is another place to begin.
_CANDIDATE = re.compile(
    r"""
    (?:https?://|www\.) (?:[\w-]{1,63}\.){1,20} [a-z](?:[a-z0-9-]*[a-z0-9])? (?![\w-]) (?::[0-9]+)? (?:[/?#]\S*)?
    """,
    re.IGNORECASE | re.VERBOSE,
)


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
    # Any name may be a top-level domain: bleach's list is old, and what comes here begins with a scheme or "www.".
    return Linker(callbacks=[], url_re=build_url_re(tlds=["[a-z][a-z0-9-]*"], protocols=["https", "http"]))
