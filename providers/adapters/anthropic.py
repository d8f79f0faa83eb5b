"""Anthropic. What is sent stands in ``anthropic_request``, how an answer is read in ``anthropic_wire``."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING, Any

import anthropic
import httpx2

from providers import faults
from providers.adapters.anthropic_request import wire_body, wire_options, wire_request
from providers.adapters.anthropic_wire import Reply
from providers.answers import as_count, as_object, as_text, read_answer, read_list
from providers.http import TRANSPORT_ERRORS, USER_AGENT, posted, shared_client, timeout
from providers.port import ModelInfo
from providers.refusals import RefusedOptions, further_options

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from providers.port import ChatRequest, ProviderConfig, StreamEvent
    from providers.timeouts import Limits

_PAGE_SIZE = 1000


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
        further, body, wanted = further_options(request), wire_request(request, self._label), wire_options(request)
        while True:
            options = self._refused.fit(request.model, wanted)
            answer = Reply(self._label, request.model)
            try:
                async with (
                    posted(self._client, "/v1/messages", wire_body(request, further, body, options)) as response,
                    aclosing(read_answer(response, answer, self._label)) as events,
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
            listed = read_list(response.content)
        except anthropic.APIStatusError as error:
            raise faults.status_fault(self._label, "", error) from None
        except (anthropic.APIConnectionError, *TRANSPORT_ERRORS):
            raise faults.unreachable(self._label) from None
        except (ValueError, LookupError, TypeError):
            raise faults.wrong_address(self._label) from None
        return [_model(one) for one in listed if one.get("lifecycle") != "retired"]


def _model(listed: dict[str, Any]) -> ModelInfo:
    name = listed["id"]
    return ModelInfo(
        name,
        as_text(listed.get("display_name"), name),
        context_window=as_count(listed.get("max_input_tokens")) or None,
        largest_output=as_count(listed.get("max_tokens")) or None,
        has_vision=_supports(listed, "image_input"),
        has_reasoning=_supports(listed, "thinking"),
    )


def _supports(listed: dict[str, Any], capability: str) -> bool | None:
    """Tell whether a list says that a model can do something; None where it says nothing of it."""
    supported = as_object(as_object(listed.get("capabilities")).get(capability)).get("supported")
    return supported if isinstance(supported, bool) else None
