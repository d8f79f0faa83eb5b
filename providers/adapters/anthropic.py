"""The Messages wire: Anthropic.

``stop_reason`` ends an answer; ``message_stop`` follows it. The prompt's tokens come at the start, with those read from
and written to the cache apart, the answer's tokens at the end. An answer is never begun for the model ("prefill"): to
continue one, the last message asks for it.
"""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING, Any

import anthropic
import httpx2
import orjson

from providers import faults
from providers.answers import as_object, as_text, read_answer
from providers.http import TRANSPORT_ERRORS, USER_AGENT, shared_client, timeout
from providers.port import ModelInfo, ReasoningDelta, TextDelta, Usage
from providers.refusals import RefusedOptions

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterator

    from providers.port import ChatRequest, FinishReason, ProviderConfig, StreamEvent
    from providers.sse import Event
    from providers.timeouts import Limits

_PAGE_SIZE = 1000
_FINISH: dict[str, FinishReason] = {
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "pause_turn": "length",
    "refusal": "content_filter",
}


class _Client(anthropic.AsyncAnthropic):
    """The official client, deaf to the environment: a key of one place must never reach another."""

    def __init__(self, config: ProviderConfig, limits: Limits) -> None:
        super().__init__(
            api_key=config.api_key,
            webhook_key="",
            base_url=config.base_url.rstrip("/").removesuffix("/v1"),
            timeout=timeout(limits),
            max_retries=0,
            open_telemetry=False,
            http_client=shared_client(anthropic.DefaultAioHttpClient),
        )
        self._custom_headers = {"User-Agent": USER_AGENT}


class AnthropicProvider:
    def __init__(self, config: ProviderConfig, limits: Limits) -> None:
        self._label = config.label
        self._refused = RefusedOptions()
        self._client = _Client(config, limits)

    async def stream(self, request: ChatRequest) -> AsyncGenerator[StreamEvent, None]:
        create: Any = self._client.messages.with_streaming_response.create
        while True:
            # The client has no argument for the temperature any more, the wire still has.
            wanted = {} if request.temperature is None else {"temperature": request.temperature}
            options = self._refused.fit(request.model, wanted)
            try:
                answer = _Answer(self._label, request.model)
                async with (
                    create(**_body(request), extra_body=options) as response,
                    aclosing(read_answer(response.iter_bytes(), answer, self._label)) as events,
                ):
                    async for event in events:
                        yield event
                    return
            except anthropic.APIStatusError as error:
                if not self._refused.learn(request.model, options, error):
                    raise faults.status_fault(self._label, request.model, error) from None
            except (anthropic.APIConnectionError, *TRANSPORT_ERRORS):
                raise faults.unreachable(self._label) from None

    async def list_models(self) -> list[ModelInfo]:
        try:
            options: Any = {"params": {"limit": _PAGE_SIZE}}
            response = await self._client.get("/v1/models", cast_to=httpx2.Response, options=options)
            listed = orjson.loads(response.content)["data"]
            return [_model(one) for one in listed if one.get("lifecycle") != "retired"]
        except anthropic.APIStatusError as error:
            raise faults.status_fault(self._label, "", error) from None
        except (anthropic.APIConnectionError, *TRANSPORT_ERRORS):
            raise faults.unreachable(self._label) from None
        except (ValueError, LookupError, TypeError, AttributeError):
            raise faults.wrong_address(self._label) from None


def _model(listed: dict[str, Any]) -> ModelInfo:
    name = listed["id"]
    return ModelInfo(name, listed.get("display_name") or name, listed.get("max_input_tokens"))


def _body(request: ChatRequest) -> dict[str, Any]:
    """Put the system's words apart, leave out empty messages, and join those that one side wrote in a row."""
    system = "\n\n".join(message.content for message in request.messages if message.role == "system")
    messages: list[dict[str, str]] = []
    for message in request.messages:
        if message.role == "system" or not message.content.strip():
            continue
        if messages and messages[-1]["role"] == message.role:
            messages[-1]["content"] += "\n\n" + message.content
        else:
            messages.append({"role": message.role, "content": message.content})
    body: dict[str, Any] = {"model": request.model, "messages": messages, "stream": True}
    body["max_tokens"] = request.max_output_tokens
    return {**body, "system": system} if system.strip() else body


class _Answer:
    """See :class:`providers.answers.Answer`."""

    def __init__(self, label: str, model: str) -> None:
        self._label, self._model = label, model
        self._counts: dict[str, int] = {}
        self.finish: FinishReason | None = None
        self.is_over = False

    def take(self, event: Event) -> Iterator[StreamEvent]:
        data = event.data
        kind = as_text(data.get("type"), event.name)
        if kind == "error":
            raise faults.stream_fault(self._label, self._model, data)
        if kind == "content_block_delta" and self.finish is None:
            yield from self._take_delta(as_object(data.get("delta")))
        elif kind == "message_start":
            self._count(as_object(data.get("message")).get("usage"))
        elif kind == "message_delta":
            self._count(data.get("usage"))
            reason = as_text(as_object(data.get("delta")).get("stop_reason"))
            if reason and self.finish is None:
                self.finish = _FINISH.get(reason, "stop")
        elif kind == "message_stop":
            self.finish = self.finish or "stop"
            self.is_over = True

    def _take_delta(self, delta: dict[str, Any]) -> Iterator[StreamEvent]:
        if text := as_text(delta.get("text")):
            yield TextDelta(text)
        elif thought := as_text(delta.get("thinking")):
            yield ReasoningDelta(thought)

    def _count(self, usage: object) -> None:
        self._counts |= {name: count for name, count in as_object(usage).items() if isinstance(count, int)}

    @property
    def usage(self) -> Usage | None:
        names = ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")
        prompt = sum(self._counts.get(name, 0) for name in names)
        return Usage(prompt, self._counts.get("output_tokens", 0)) if self._counts else None
