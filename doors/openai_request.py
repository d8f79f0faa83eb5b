"""What a program asks in the shape of OpenAI's Chat Completions, as the port has it.

What changes nothing that a model is told (tiers, cache keys, labels) is taken and left out; what would be missed
(several answers, log probabilities, sounds) is refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast, get_args

from doors.fields import Fields
from doors.openai_content import read_message
from providers.port import ChatRequest, JsonSchema, ReasoningEffort, Tool, ToolNamed

if TYPE_CHECKING:
    from providers.port import ResponseFormat, ToolChoice

HINTS = ("service_tier", "prompt_cache_key", "prompt_cache_retention", "safety_identifier", "metadata", "verbosity")
EFFORTS = get_args(ReasoningEffort)
CHOICES = ("auto", "none", "required")
MOST_STOPS = 4
LARGEST_SEED = 2**63 - 1


@dataclass(frozen=True, slots=True)
class CompletionRequest:
    """A request; ``request.model`` is as it was named. Pictures are as they were sent, and not looked at."""

    request: ChatRequest
    is_streamed: bool = False
    tells_usage: bool = False
    """Whether a stream ends with what was used."""
    is_stored: bool = False


def read_request(body: object) -> CompletionRequest:
    """Read the body of ``/v1/chat/completions``; raises BadField."""
    fields = Fields(body)
    fields.ignore(*HINTS)
    _refuse_unserved(fields)
    is_streamed = bool(fields.flag("stream"))
    asked = CompletionRequest(
        _read_question(fields), is_streamed, _tells_usage(fields) and is_streamed, bool(fields.flag("store"))
    )
    fields.done()
    return asked


def _read_question(fields: Fields) -> ChatRequest:
    messages = [message for told in fields.objects("messages") for message in read_message(told)]
    if not messages:
        raise fields.fail("messages", "at least one message is required.")
    limits = [fields.count(name, least=1) for name in ("max_completion_tokens", "max_tokens")]
    return ChatRequest(
        model=fields.needed(fields.text, "model"),
        messages=tuple(messages),
        max_output_tokens=next(filter(None, limits), None),
        temperature=fields.number("temperature", 0.0, 2.0),
        tools=tuple(map(_read_tool, fields.objects("tools"))),
        tool_choice=_read_tool_choice(fields),
        parallel_tools=fields.flag("parallel_tool_calls"),
        top_p=fields.number("top_p", 0.0, 1.0),
        top_k=fields.count("top_k"),
        stop=_read_stop(fields),
        response_format=_read_format(fields),
        reasoning_effort=cast("ReasoningEffort | None", fields.choice("reasoning_effort", EFFORTS)),
        seed=fields.count("seed", least=-LARGEST_SEED, most=LARGEST_SEED),
        presence_penalty=fields.number("presence_penalty", -2.0, 2.0),
        frequency_penalty=fields.number("frequency_penalty", -2.0, 2.0),
        user_label=fields.text("user"),
    )


def _refuse_unserved(fields: Fields) -> None:
    if fields.count("n") not in {None, 1}:
        raise fields.fail("n", "one answer at a time is given here.")
    if fields.flag("logprobs") or fields.count("top_logprobs"):
        raise fields.fail("logprobs", "log probabilities are not given here.")
    if fields.raw("logit_bias"):
        raise fields.fail("logit_bias", "this cannot be passed on to every model.")
    if set(fields.texts("modalities")) - {"text"}:
        raise fields.fail("modalities", "answers are texts here.")


def _tells_usage(fields: Fields) -> bool:
    options = fields.object("stream_options")
    if options is None:
        return False
    options.flag("include_obfuscation")
    tells = bool(options.flag("include_usage"))
    options.done()
    return tells


def _read_stop(fields: Fields) -> tuple[str, ...]:
    stop = (fields.text("stop") or "",) if isinstance(fields.raw("stop"), str) else fields.texts("stop")
    if len(stop) > MOST_STOPS:
        raise fields.fail("stop", f"at most {MOST_STOPS} are taken.")
    return tuple(filter(None, stop))


def _read_tool(tool: Fields) -> Tool:
    if tool.needed(tool.text, "type") != "function":
        raise tool.fail("type", "only functions can be called here.")
    function = tool.needed(tool.object, "function")
    read = Tool(
        name=function.needed(function.text, "name"),
        description=function.text("description") or "",
        parameters=function.tree("parameters") or {"type": "object", "properties": {}},
        strict=function.flag("strict"),
    )
    function.done()
    tool.done()
    return read


def _read_tool_choice(fields: Fields) -> ToolChoice | None:
    if isinstance(fields.raw("tool_choice"), str):
        return cast("ToolChoice | None", fields.choice("tool_choice", CHOICES))
    choice = fields.object("tool_choice")
    if choice is None:
        return None
    choice.needed(lambda name: choice.choice(name, {"function"}), "type")
    function = choice.needed(choice.object, "function")
    named = ToolNamed(function.needed(function.text, "name"))
    function.done()
    choice.done()
    return named


def _read_format(fields: Fields) -> ResponseFormat | None:
    wanted = fields.object("response_format")
    if wanted is None:
        return None
    kind = wanted.needed(lambda name: wanted.choice(name, {"text", "json_object", "json_schema"}), "type")
    schema = wanted.object("json_schema")
    wanted.done()
    if kind != "json_schema":
        return "json_object" if kind == "json_object" else "text"
    if schema is None:
        raise wanted.fail("json_schema", "this field is required.")
    read = JsonSchema(
        name=schema.needed(schema.text, "name"),
        schema=schema.tree("schema") or {},
        strict=schema.flag("strict"),
        description=schema.text("description") or "",
    )
    schema.done()
    return read
