"""OpenAI, and every server that is compatible with it.

What is sent stands in ``openai_request``, how an answer is read in ``openai_wire``.
"""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING, Any

import httpx2
import openai

from providers import faults
from providers.adapters.openai_embeddings import most_bytes, read_vectors, wire_texts
from providers.adapters.openai_embeddings import wire_options as embedding_options
from providers.adapters.openai_models import compatible_model, openai_models
from providers.adapters.openai_request import wire_options, wire_request
from providers.adapters.openai_wire import ChatCompletion
from providers.answers import read_answer, read_list, read_whole
from providers.http import TRANSPORT_ERRORS, USER_AGENT, posted, shared_client, timeout
from providers.refusals import RefusedOptions, further_options

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from providers.port import ChatRequest, EmbeddingRequest, Embeddings, ModelInfo, ProviderConfig, StreamEvent
    from providers.timeouts import Limits


class OpenAIClient(openai.AsyncOpenAI):
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
        self._client = OpenAIClient(config, limits)

    async def stream(self, request: ChatRequest) -> AsyncGenerator[StreamEvent, None]:
        body = {**further_options(request), **wire_request(request)}
        while True:
            options = self._refused.fit(request.model, self._options(request))
            answer = ChatCompletion(self._label, request.model)
            try:
                async with (
                    posted(self._client, "/chat/completions", {**body, **options}) as response,
                    aclosing(read_answer(response, answer, self._label)) as events,
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
        options: dict[str, Any] = {"stream_options": {"include_usage": True}, **wire_options(request)}
        if self._is_openai:
            options["stream_options"]["include_obfuscation"] = False
        if request.max_output_tokens is not None:
            options["max_completion_tokens" if self._is_openai else "max_tokens"] = request.max_output_tokens
        return options

    async def embed(self, request: EmbeddingRequest) -> Embeddings:
        body = wire_texts(request)
        while True:
            options = self._refused.fit(request.model, embedding_options(request))
            try:
                async with posted(self._client, "/embeddings", {**body, **options}) as response:
                    return read_vectors(await read_whole(response, most_bytes(request)), request.inputs)
            except openai.APIStatusError as error:
                if not self._refused.learn(request.model, options, error):
                    raise faults.status_fault(self._label, request.model, error) from None
            except (openai.APIConnectionError, *TRANSPORT_ERRORS):
                raise faults.unreachable(self._label) from None
            except (ValueError, LookupError, TypeError):
                raise faults.unreadable(self._label) from None

    async def list_models(self) -> list[ModelInfo]:
        try:
            response = await self._client.get("/models", cast_to=httpx2.Response)
            models = read_list(response.content)
        except openai.APIStatusError as error:
            raise faults.status_fault(self._label, "", error) from None
        except (openai.APIConnectionError, *TRANSPORT_ERRORS):
            raise faults.unreachable(self._label) from None
        except (ValueError, LookupError, TypeError):
            raise faults.wrong_address(self._label) from None
        return openai_models(models) if self._is_openai else [compatible_model(one) for one in models]
