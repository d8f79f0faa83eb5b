"""Markdown to safe HTML: normalise, render, sanitise, in processes that can be killed.

Imports neither Django nor anything of ours outside this package: it runs in small worker processes.

    text -> blocks (the normaliser) -> tree -> Python-Markdown's inline patterns -> Pygments -> nh3, the trust boundary
"""

from __future__ import annotations

from .answers import escaped_blocks, render_answer
from .pool import RendererPool, get_pool
from .questions import render_question
from .source import closed_length
from .titles import plain_title

RENDERER_VERSION: int = 2
"""Goes up when the same text renders differently; what was stored under a lower number is rendered anew."""

__all__ = [
    "RENDERER_VERSION",
    "RendererPool",
    "closed_length",
    "escaped_blocks",
    "get_pool",
    "plain_title",
    "render_answer",
    "render_question",
]
