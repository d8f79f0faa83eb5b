"""The trust boundary: whatever we show as HTML has passed one of these two, last of all."""

from __future__ import annotations

import nh3

from .highlight import CLASSES

_INLINE = {"a", "br", "code", "del", "em", "span", "strong", "sup"}
_BLOCKS = {"blockquote", "div", "figcaption", "figure", "hr", "input", "p", "pre"}
_HEADINGS = {f"h{level}" for level in range(1, 7)}
_LISTS = {"li", "ol", "ul"}
_TABLES = {"table", "tbody", "td", "th", "thead", "tr"}
_ALIGNMENTS = {"left", "center", "right"}
_SCHEMES = {"http", "https", "mailto"}
_REL = "noopener noreferrer nofollow"

ANSWER = nh3.Cleaner(
    tags=_INLINE | _BLOCKS | _HEADINGS | _LISTS | _TABLES,
    attributes={
        "a": {"href", "title"},
        "div": {"data-note"},
        "figure": {"data-file", "data-language", "data-open"},
        "input": {"aria-label", "checked"},
        "ol": {"start"},
        "sup": {"data-note"},
    },
    tag_attribute_values={"div": {"tabindex": {"0"}}, "pre": {"tabindex": {"0"}}},
    set_tag_attribute_values={"a": {"target": "_blank"}, "input": {"type": "checkbox", "disabled": ""}},
    allowed_classes={
        "a": {"image"},
        "code": {"highlight"},
        "div": {"footnote", "math", "table-scroll"},
        "figure": {"code"},
        "li": {"task"},
        "pre": {"plain"},
        "span": {"display", "host", "image", "math", *CLASSES.values()},
        "sup": {"footnote-mark"},
        "td": _ALIGNMENTS,
        "th": _ALIGNMENTS,
    },
    link_rel=_REL,
    url_schemes=_SCHEMES,
    url_relative="deny",
)
"""For what models wrote. No ``id`` and no ``name``: nothing on the page can be shadowed."""

QUESTION = nh3.Cleaner(
    tags={"a", "br"},
    attributes={"a": {"href"}},
    set_tag_attribute_values={"a": {"target": "_blank"}},
    link_rel=_REL,
    url_schemes=_SCHEMES - {"mailto"},
    url_relative="deny",
)
"""For what people wrote: line breaks and links."""
