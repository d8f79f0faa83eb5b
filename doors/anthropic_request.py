"""What a program asks in the shape of Anthropic's Messages, as the port has it.

Further than the wire goes only ``store``. What changes nothing that a model is told (how a prompt is cached, which tier
answers) is taken and left out; what would be missed (tools that the provider runs, files that lie with it) is refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from doors.anthropic_content import read_system, read_turn
from doors.fields import BadField, Fields
from providers.port import ChatRequest, JsonSchema, Tool, ToolNamed

if TYPE_CHECKING:
    from providers.port import ReasoningEffort, ToolChoice

EFFORTS = ("low", "medium", "high", "xhigh", "max")
ADAPTIVE_EFFORT: ReasoningEffort = "high"
"""How hard a model thinks that may decide it for itself, where nothing else is said; so the wire has it."""

BUDGETS: tuple[tuple[int, ReasoningEffort], ...] = ((2_048, "low"), (8_192, "medium"))
"""Up to how many tokens of thinking which effort stands for; beyond, ``high``."""

HINTS = ("cache_control", "service_tier", "context_management", "diagnostics")
TOOL_HINTS = ("cache_control", "eager_input_streaming", "input_examples")
LARGEST_HEAT = 2.0
CHOICES: dict[str, ToolChoice] = {"auto": "auto", "any": "required", "none": "none"}


@dataclass(frozen=True, slots=True)
class MessagesRequest:
    """A request; ``request.model`` is as it was named. Pictures are as they were sent, and not looked at."""

    request: ChatRequest
    is_streamed: bool = False
    shows_thinking: bool = False
    is_stored: bool = False


def read_request(body: object) -> MessagesRequest:
    """Read the body of ``/v1/messages``; raises BadField."""
    fields = Fields(body)
    limit = fields.needed(lambda name: fields.count(name, least=1), "max_tokens")
    asked = MessagesRequest(
        _read_question(fields, limit),
        is_streamed=bool(fields.flag("stream")),
        shows_thinking=_thinks(fields.raw("thinking")),
        is_stored=bool(fields.flag("store")),
    )
    fields.done()
    return asked


def read_question(body: object) -> ChatRequest:
    """Read the body of ``/v1/messages/count_tokens``; raises BadField."""
    fields = Fields(body)
    request = _read_question(fields, None)
    fields.done()
    return request


def _read_question(fields: Fields, limit: int | None) -> ChatRequest:
    fields.ignore(*HINTS)
    tool_choice, parallel_tools = _read_tool_choice(fields)
    effort, answer_format = _read_output(fields)
    messages = [message for turn in fields.objects("messages") for message in read_turn(turn)]
    if not messages:
        raise fields.fail("messages", "at least one message is required.")
    return ChatRequest(
        model=fields.needed(fields.text, "model"),
        messages=(*read_system(fields), *messages),
        max_output_tokens=limit,
        temperature=fields.number("temperature", 0.0, LARGEST_HEAT),
        top_p=fields.number("top_p", 0.0, 1.0),
        top_k=fields.count("top_k"),
        stop=fields.texts("stop_sequences"),
        tools=tuple(map(_read_tool, fields.objects("tools"))),
        tool_choice=tool_choice,
        parallel_tools=parallel_tools,
        response_format=answer_format,
        reasoning_effort=_read_effort(fields, effort),
        user_label=_read_label(fields),
    )


def _read_tool(tool: Fields) -> Tool:
    if tool.text("type") not in {None, "custom"}:
        raise tool.fail("type", "tools that the provider runs cannot be used here, only tools of your own.")
    tool.ignore(*TOOL_HINTS)
    read = Tool(
        name=tool.needed(tool.text, "name"),
        description=tool.text("description") or "",
        parameters=tool.needed(tool.tree, "input_schema"),
        strict=tool.flag("strict"),
    )
    tool.done()
    return read


def _read_tool_choice(fields: Fields) -> tuple[ToolChoice | None, bool | None]:
    """Give what was said of which tools to call, and of calling several."""
    choice = fields.object("tool_choice")
    if choice is None:
        return None, None
    kind = choice.needed(lambda name: choice.choice(name, {*CHOICES, "tool"}), "type")
    named = ToolNamed(choice.needed(choice.text, "name")) if kind == "tool" else CHOICES[kind]
    is_single = choice.flag("disable_parallel_tool_use")
    choice.done()
    return named, None if is_single is None else not is_single


def _read_output(fields: Fields) -> tuple[ReasoningEffort | None, JsonSchema | None]:
    output = fields.object("output_config")
    if output is None:
        return None, None
    effort = cast("ReasoningEffort | None", output.choice("effort", EFFORTS))
    shape, schema = output.object("format"), None
    if shape is not None:
        shape.needed(lambda name: shape.choice(name, {"json_schema"}), "type")
        schema = JsonSchema("answer", shape.needed(shape.tree, "schema"))
        shape.done()
    output.done()
    return effort, schema


def _read_effort(fields: Fields, effort: ReasoningEffort | None) -> ReasoningEffort | None:
    """Give how hard to think; a number of tokens stands for an effort, since not every model takes one."""
    thinking = fields.object("thinking")
    if thinking is None:
        return effort
    kind = thinking.needed(lambda name: thinking.choice(name, {"enabled", "adaptive", "disabled"}), "type")
    budget = thinking.count("budget_tokens", least=1)
    thinking.choice("display", {"summarized", "omitted"})
    thinking.done()
    if kind == "disabled":
        return "none"
    if effort is None and kind == "enabled":
        if budget is None:
            raise BadField(thinking.at("budget_tokens"), "this field is required.")
        return next((effort for most, effort in BUDGETS if budget <= most), "high")
    return effort or ADAPTIVE_EFFORT


def _thinks(thinking: Any) -> bool:
    return isinstance(thinking, dict) and thinking.get("type") in {"enabled", "adaptive"}


def _read_label(fields: Fields) -> str | None:
    about = fields.object("metadata")
    if about is None:
        return None
    label = about.text("user_id")
    about.done()
    return label
