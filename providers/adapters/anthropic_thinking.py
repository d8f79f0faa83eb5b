"""How hard a model of the Messages wire is asked to think."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from providers.port import ToolNamed

if TYPE_CHECKING:
    from providers.port import ChatRequest

_BUDGETED = re.compile(r"claude-(3-|(opus|sonnet|haiku)-4(-[0-5])?(-\d{8})?$)")
"""Models that are told how many tokens to think; newer ones find that themselves, and are told how hard to try."""

_BUDGETS = {"minimal": 1_024, "low": 2_048, "medium": 8_192, "high": 16_384, "xhigh": 32_768, "max": 65_536}
_SMALLEST_BUDGET = 1_024


def wire_thinking(request: ChatRequest) -> dict[str, Any]:
    """Give the fields that ask for thinking; nothing where the request says nothing of it, or where none may be."""
    effort = request.reasoning_effort
    if effort is None or not may_think(request):
        return {}
    if effort == "none":
        return {"thinking": {"type": "disabled"}}
    if not _BUDGETED.match(request.model):
        thinking = {"type": "adaptive", "display": "summarized"}
        return {"thinking": thinking, "effort": "low" if effort == "minimal" else effort}
    # Half of what may be written, at most, so that an answer can follow.
    budget = min(_BUDGETS[effort], (request.max_output_tokens or 0) // 2)
    return {"thinking": {"type": "enabled", "budget_tokens": budget}} if budget >= _SMALLEST_BUDGET else {}


def may_think(request: ChatRequest) -> bool:
    """Tell whether the wire takes thinking.

    It does not with a tool that must be called, nor where the thinking before calls of tools did not come back, as over
    wires that know no signed reasoning.
    """
    if request.tools and (request.tool_choice == "required" or isinstance(request.tool_choice, ToolNamed)):
        return False
    return not any(message.tool_calls and not message.reasoning for message in request.messages)
