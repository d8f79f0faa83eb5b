"""The Chat Completions wire: OpenAI, and every server that is compatible with it.

``finish_reason`` ends an answer. ``[DONE]`` without one ends it only where the server never spoke of reasons: one that
wrote null so far was interrupted. Usage comes in a chunk without choices, or together with the reason, or not at all.
"""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING, Any

import httpx2
import openai
import orjson

from providers import faults
from providers.adapters.openai_models import compatible_model, openai_models
from providers.answers import as_object, as_text, read_answer
from providers.http import TRANSPORT_ERRORS, USER_AGENT, shared_client, timeout
from providers.port import ReasoningDelta, TextDelta, Usage
from providers.refusals import RefusedOptions
from providers.sse import DONE

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterator

    from providers.port import ChatRequest, FinishReason, ModelInfo, ProviderConfig, StreamEvent
    from providers.sse import Event
    from providers.timeouts import Limits

_FINISH: dict[str, FinishReason] = {
    "length": "length",
    "max_tokens": "length",
    "content_filter": "content_filter",
}
_FAILURES = {"error", "abort", "insufficient_system_resource"}


class _Client(openai.AsyncOpenAI):
    """The official client, deaf to the environment: a key of one place must never reach another."""

    def __init__(self, config: ProviderConfig, limits: Limits) -> None:
        super().__init__(
            api_key=config.api_key or "none",  # servers without keys ignore it, the client insists on one
            admin_api_key="",
            organization="",
            project="",
            webhook_secret="",
            base_url=config.base_url,
            timeout=timeout(limits),
            max_retries=0,
            http_client=shared_client(openai.DefaultAioHttpClient),
        )
        self.organization = self.project = None  # given as "" they were not read, but would be sent empty
        self._custom_headers = {"User-Agent": USER_AGENT}


class OpenAIProvider:
    def __init__(self, config: ProviderConfig, limits: Limits) -> None:
        self._label = config.label
        self._is_openai = f".{httpx2.URL(config.base_url).host}".endswith(".openai.com")
        self._refused = RefusedOptions(
            {"max_completion_tokens": "max_tokens"} if self._is_openai else {"max_tokens": "max_completion_tokens"}
        )
        self._client = _Client(config, limits)

    async def stream(self, request: ChatRequest) -> AsyncGenerator[StreamEvent, None]:
        messages = [{"role": message.role, "content": message.content} for message in request.messages]
        create: Any = self._client.chat.completions.with_streaming_response.create
        while True:
            options = self._refused.fit(request.model, self._options(request))
            body = {"model": request.model, "messages": messages, "stream": True, **options}
            try:
                answer = _Answer(self._label, request.model)
                async with (
                    create(**body) as response,
                    aclosing(read_answer(response.iter_bytes(), answer, self._label)) as events,
                ):
                    async for event in events:
                        yield event
                    return
            except openai.APIStatusError as error:
                if not self._refused.learn(request.model, options, error):
                    raise faults.status_fault(self._label, request.model, error) from None
            except (openai.APIConnectionError, *TRANSPORT_ERRORS):
                raise faults.unreachable(self._label) from None

    def _options(self, request: ChatRequest) -> dict[str, Any]:
        options: dict[str, Any] = {"stream_options": {"include_usage": True}}
        if self._is_openai:
            options["stream_options"]["include_obfuscation"] = False
        options["max_completion_tokens" if self._is_openai else "max_tokens"] = request.max_output_tokens
        if request.temperature is not None:
            options["temperature"] = request.temperature
        return options

    async def list_models(self) -> list[ModelInfo]:
        try:
            response = await self._client.get("/models", cast_to=httpx2.Response)
            listed = orjson.loads(response.content)["data"]
            models = [one for one in listed or [] if isinstance(one.get("id"), str)]
        except openai.APIStatusError as error:
            raise faults.status_fault(self._label, "", error) from None
        except (openai.APIConnectionError, *TRANSPORT_ERRORS):
            raise faults.unreachable(self._label) from None
        except (ValueError, LookupError, TypeError, AttributeError):
            raise faults.wrong_address(self._label) from None
        return openai_models(models) if self._is_openai else [compatible_model(one) for one in models]


class _Answer:
    """See :class:`providers.answers.Answer`."""

    def __init__(self, label: str, model: str) -> None:
        self._label, self._model = label, model
        self.finish: FinishReason | None = None
        self.usage: Usage | None = None
        self.is_over = False
        self._tells_reasons = False

    def take(self, event: Event) -> Iterator[StreamEvent]:
        if event.name == DONE:
            if not self._tells_reasons:
                self.finish = self.finish or "stop"
            self.is_over = True
        elif event.data.get("error") and not event.data.get("choices"):
            raise faults.stream_fault(self._label, self._model, event.data)
        else:
            self._take_usage(event.data.get("usage"))
            choices = event.data.get("choices")
            if isinstance(choices, list) and choices:
                yield from self._take_choice(as_object(choices[0]))

    def _take_choice(self, choice: dict[str, Any]) -> Iterator[StreamEvent]:
        if self.finish is not None:
            return
        delta = as_object(choice.get("delta"))
        if thought := as_text(delta.get("reasoning_content"), delta.get("reasoning")):
            yield ReasoningDelta(thought)
        if text := as_text(delta.get("content"), delta.get("refusal")):
            yield TextDelta(text)
        self._tells_reasons |= choice.get("finish_reason", "") is None
        reason = as_text(choice.get("finish_reason"))
        if reason in _FAILURES:
            raise faults.interrupted(self._label)
        if reason:
            self.finish = _FINISH.get(reason, "stop")

    def _take_usage(self, usage: object) -> None:
        match usage:
            case {"prompt_tokens": int(prompt), "completion_tokens": int(completion)}:
                self.usage = Usage(prompt, completion)
