"""A model's Markdown as HTML."""

from __future__ import annotations

import html
from functools import cache
from typing import TYPE_CHECKING

from .highlight import render_code
from .inline import InlineRenderer
from .links import settle_links
from .policy import ANSWER
from .source import BRACKET, TooComplexError, clean, parse
from .tree import PLACE, TreeBuilder, list_footnotes, take_references

if TYPE_CHECKING:
    import re

MAX_LENGTH = 500_000


@cache
def _inline() -> InlineRenderer:
    return InlineRenderer()


def render_answer(text: str) -> list[str]:
    """Safe HTML, one string for each top-level element. What has no measure comes back as ``escaped_blocks``."""
    if len(text) > MAX_LENGTH:
        return escaped_blocks(text)
    try:
        blocks = parse(clean(text))
    except TooComplexError:
        return escaped_blocks(text)
    references = take_references(blocks)
    builder = TreeBuilder()
    root = builder.build(blocks)
    _inline().run(root, references, list_footnotes(blocks))
    settle_links(root)

    def put_code(place: re.Match[str]) -> str:
        code = builder.codes[int(place[1])]
        return render_code("\n".join(code.lines), code.info, is_open=not code.is_closed)

    return [ANSWER.clean(PLACE.sub(put_code, _inline().serialize(element)).replace(BRACKET, "[")) for element in root]


def escaped_blocks(text: str) -> list[str]:
    """Return the text as it is, in one block: what is shown where rendering would take too long."""
    return [f'<pre class="plain">{html.escape(clean(text))}</pre>']
