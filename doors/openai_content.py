"""What the messages of a request hold in the shape of OpenAI's Chat Completions, as messages of the port."""

from __future__ import annotations

from typing import TYPE_CHECKING

from doors.pictures import ENDINGS
from providers.port import ChatMessage, Picture, ToolCall

if TYPE_CHECKING:
    from collections.abc import Iterator

    from doors.fields import Fields

ROLES = ("system", "developer", "user", "assistant", "tool")
BETWEEN = "\n\n"
"""Between two texts of one message."""

OWN_ANSWER = ("annotations", "reasoning_content", "reasoning", "refusal", "audio", "function_call", "parsed")
"""What an answer had further, or OpenAI's client made of it, and comes back with it as it was given."""


def read_message(told: Fields) -> Iterator[ChatMessage]:
    """Read one message, which becomes several where a picture follows a text; raises BadField."""
    role = told.needed(lambda name: told.choice(name, ROLES), "role")
    told.text("name")
    if role == "user":
        read = list(_read_user(told))
    elif role == "assistant":
        read = [_read_assistant(told)]
    elif role == "tool":
        read = [ChatMessage("tool", _read_texts(told), tool_call_id=told.needed(told.text, "tool_call_id"))]
    else:
        read = [ChatMessage("system", _read_texts(told))]
    told.done()
    yield from read


def _read_user(told: Fields) -> Iterator[ChatMessage]:
    pictures: list[Picture] = []
    texts: list[str] = []
    if isinstance(told.raw("content"), str):
        texts.append(told.text("content") or "")
    else:
        for part in told.objects(_filled(told)):
            if part.raw("type") == "image_url":
                if texts:  # of one message the port has the pictures first
                    yield ChatMessage("user", BETWEEN.join(texts), pictures=tuple(pictures))
                    pictures, texts = [], []
                pictures.append(_read_picture(part))
            else:
                texts.append(_read_text(part))
    yield ChatMessage("user", BETWEEN.join(texts), pictures=tuple(pictures))


def _read_assistant(told: Fields) -> ChatMessage:
    told.ignore(*OWN_ANSWER)
    calls = tuple(map(_read_call, told.objects("tool_calls")))
    refusal = told.raw("refusal")
    has_words = told.has("content") or not (calls or isinstance(refusal, str))
    words = _read_texts(told) if has_words else refusal if isinstance(refusal, str) else ""
    told.ignore("content")
    return ChatMessage("assistant", words, tool_calls=calls)


def _read_texts(told: Fields) -> str:
    if isinstance(told.raw("content"), str):
        return told.text("content") or ""
    return BETWEEN.join(map(_read_text, told.objects(_filled(told))))


def _filled(told: Fields) -> str:
    if not told.has("content"):
        raise told.fail("content", "this field is required.")
    return "content"


def _read_text(part: Fields) -> str:
    kind = part.needed(part.text, "type")
    if kind not in {"text", "refusal"}:
        raise part.fail("type", "a part of this kind cannot be taken here.")
    text = part.needed(part.text, kind)
    part.ignore("prompt_cache_breakpoint")
    part.done()
    return text


def _read_picture(part: Fields) -> Picture:
    """Give a picture as it was sent; its size is not known yet."""
    told = part.needed(part.object, "image_url")
    told.ignore("detail")
    head, _comma, data = told.needed(told.text, "url").partition(",")
    media_type = head.removeprefix("data:").removesuffix(";base64")
    if head != f"data:{media_type};base64" or media_type not in ENDINGS:
        raise told.fail("url", "pictures are not fetched from elsewhere; send a data: URL, in base64.")
    told.done()
    part.done()
    return Picture(media_type, 0, 0, data)


def _read_call(told: Fields) -> ToolCall:
    told.choice("type", {"function"})
    told.ignore("index")
    function = told.needed(told.object, "function")
    call = ToolCall(
        told.needed(told.text, "id"),
        function.needed(function.text, "name"),
        function.needed(function.text, "arguments"),
    )
    function.ignore("parsed_arguments")  # by OpenAI's client, of the same arguments
    function.done()
    told.done()
    return call
