"""Texts turned into vectors: over the wire, by the gateway, and apart from the models people talk with."""

from __future__ import annotations

import json
from array import array
from contextlib import aclosing
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from chatproject.database import in_database
from providers.adapters.openai_embeddings import read_vectors
from providers.catalogue import UnknownModel
from providers.gateway import Gateway
from providers.models import LanguageModel, Provider
from providers.port import (
    BadCredentials,
    CallBegun,
    CallFailed,
    ChatRequest,
    EmbeddingRequest,
    Embeddings,
    ProviderTimeout,
    ProviderUnavailable,
    RequestRefused,
    StreamInterrupted,
    Usage,
)
from providers.pricing import MICRO, PriceTier, known_prices
from providers.registry import make_provider
from providers.timeouts import Limits
from providers.tokens import estimate_tokens
from tests.fake_provider.embedding import DIMENSIONS, EMBEDDING_MODELS, vector_of
from tests.providers.asking import config_for, hear

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from providers.port import Embedder, EmbeddingEvent
    from tests.fake_provider import FakeProvider

(NAME,) = EMBEDDING_MODELS
MODEL = f"openai/{NAME}"
TEXTS = ("One.", "", "漢字 🎉", "One.")
REQUEST = EmbeddingRequest(NAME, TEXTS)
COUNTED = Usage(sum(map(estimate_tokens, TEXTS)), 0)
VECTORS = tuple(array("f", vector_of(text)) for text in TEXTS)


@pytest.fixture
async def embedder(fake: FakeProvider) -> Embedder:
    embedder: Any = make_provider(config_for("openai", fake))
    return embedder  # type: ignore[no-any-return]


# --- over the wire ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("only_floats", [False, True])
async def test_each_text_gets_its_vector(embedder: Embedder, fake: FakeProvider, *, only_floats: bool) -> None:
    fake.script(only_floats=only_floats)

    assert await embedder.embed(REQUEST) == Embeddings(VECTORS, COUNTED)
    assert fake.calls[0].body == {"model": NAME, "input": list(TEXTS), "encoding_format": "base64"}


async def test_dimensions_and_options_are_said(embedder: Embedder, fake: FakeProvider) -> None:
    options = {"input": "other", "model": "dearer", "truncate": "END"}

    found = await embedder.embed(replace(REQUEST, dimensions=3, user_label="u-1", options=options))

    assert {len(vector) for vector in found.vectors} == {3}
    body = fake.calls[0].body
    assert (body["dimensions"], body["user"], body["truncate"]) == (3, "u-1", "END")
    assert (body["model"], body["input"]) == (NAME, list(TEXTS))


async def test_server_that_refuses_the_short_form_is_asked_without(embedder: Embedder, fake: FakeProvider) -> None:
    fake.script(refuse=("encoding_format",), times=10)

    found = [await embedder.embed(REQUEST), await embedder.embed(REQUEST)]

    assert [one.vectors for one in found] == [VECTORS, VECTORS]
    assert ["encoding_format" in call.body for call in fake.calls] == [True, False, False]


async def test_tokens_that_nobody_counted_are_guessed(embedder: Embedder, fake: FakeProvider) -> None:
    fake.script(usage="missing")

    assert (await embedder.embed(REQUEST)).usage == replace(COUNTED, estimated=True)


@pytest.mark.parametrize(
    ("values", "error"),
    [
        ({"status": 401}, BadCredentials),
        ({"status": 503}, ProviderUnavailable),
        ({"hangs_up": True}, ProviderUnavailable),
        ({"refuse": ("dimensions",)}, RequestRefused),
        ({"html": True}, StreamInterrupted),
        ({"not_json": True}, StreamInterrupted),
    ],
    ids=str,
)
async def test_failures_are_the_ports_own(
    embedder: Embedder, fake: FakeProvider, values: dict[str, Any], error: type[Exception]
) -> None:
    fake.script(**values)

    with pytest.raises(error):
        await embedder.embed(replace(REQUEST, dimensions=4))


def entries(*vectors: Any, **values: Any) -> bytes:
    return json.dumps({"data": [{"embedding": one, **values} for one in vectors]}).encode()


@pytest.mark.parametrize(
    "content",
    [
        b"[]",
        b"null",
        b"{}",
        b'{"data": null}',
        b'{"data": [null, 7]}',
        entries(),
        entries([1.0]),
        entries([1.0], [1.0], [1.0]),
        entries([1.0], [1.0, 2.0]),
        entries([], []),
        entries(["1"], ["1"]),
        entries([None], [None]),
        entries([1e300], [1e300]),
        entries("AAA=", "AAA="),
        entries("AADAfw==", "AADAfw=="),
        entries("no base64", "no base64"),
        entries([1.0], [1.0], index=[]),
        entries({"a": 1}, {"a": 1}),
    ],
    ids=str,
)
def test_what_is_no_vector_is_none(content: bytes) -> None:
    with pytest.raises((ValueError, LookupError, TypeError)):
        read_vectors(content, ("one", "two"))


def test_vectors_are_put_in_the_order_of_their_texts() -> None:
    told = [{"embedding": [2.0], "index": 1}, {"embedding": [1.0], "index": 0}]

    found = read_vectors(json.dumps({"data": told}).encode(), ("one", "two"))

    assert [list(vector) for vector in found.vectors] == [[1.0], [2.0]]


# --- by the gateway -----------------------------------------------------------------------------------------------


@pytest.fixture
async def gateway(fake: FakeProvider, transactional_db: None) -> AsyncIterator[Gateway]:
    del transactional_db
    gateway = Gateway(
        [config_for("openai", fake, ("sk-one", "sk-two")), config_for("anthropic", fake)], Limits(stall=0.5)
    )
    await gateway.start()
    yield gateway
    await gateway.close()


async def embedded(gateway: Gateway, model: str = MODEL) -> list[EmbeddingEvent]:
    async with aclosing(gateway.embed(model, replace(REQUEST, model=""))) as events:
        return [event async for event in events]


async def test_gateway_tells_of_the_call_and_what_it_brought(gateway: Gateway) -> None:
    begun, found = await embedded(gateway)

    assert isinstance(begun, CallBegun)
    assert begun.model == MODEL
    assert begun.key_id is not None
    assert found == Embeddings(VECTORS, COUNTED)


async def test_another_key_embeds_where_one_is_refused(gateway: Gateway, fake: FakeProvider) -> None:
    fake.script(status=401)

    events = await embedded(gateway)

    assert [type(event) for event in events] == [CallBegun, CallFailed, CallBegun, Embeddings]
    assert len({call.key for call in fake.calls}) == 2


async def test_vectors_that_do_not_come_are_given_up(gateway: Gateway, fake: FakeProvider) -> None:
    fake.script(headers_delay=60, times=10)

    with pytest.raises(ProviderTimeout):
        await embedded(gateway)


async def test_models_to_talk_with_and_to_embed_are_kept_apart(gateway: Gateway) -> None:
    chat, embedders = gateway.list_models(), gateway.list_models("embedding")

    assert [entry.id for entry in embedders] == [MODEL]
    assert MODEL not in {entry.id for entry in chat}
    assert {entry.kind for entry in chat} == {"chat"}
    assert gateway.find_model(MODEL, None) == gateway.find_model(MODEL, "embedding") == embedders[0]
    with pytest.raises(UnknownModel):
        gateway.find_model(MODEL)
    with pytest.raises(UnknownModel):
        await embedded(gateway, "openai/fake-echo")
    with pytest.raises(UnknownModel):
        await hear(gateway.stream(MODEL, ChatRequest("", ())))


async def test_wire_without_embeddings_says_so(gateway: Gateway, fake: FakeProvider) -> None:
    def make() -> None:
        provider = Provider.objects.get(slug="anthropic")
        LanguageModel.objects.create(provider=provider, name="vectors", kind="embedding", edited=["name"])

    await in_database(make)
    await gateway.reload()

    with pytest.raises(RequestRefused, match="Anthropic refused this request"):
        await embedded(gateway, "anthropic/vectors")
    assert fake.calls == []


async def test_operator_says_what_a_model_is_for(gateway: Gateway) -> None:
    rows = LanguageModel.objects.filter(name=NAME)
    await in_database(lambda: rows.update(kind="chat", edited=["kind"]))

    await gateway.refresh()

    assert MODEL in {entry.id for entry in gateway.list_models()}


# --- what it costs ------------------------------------------------------------------------------------------------


def test_model_that_writes_nothing_has_a_price_all_the_same() -> None:
    assert known_prices("https://api.openai.com/v1", NAME, writes=False) == (
        PriceTier(0, 20 * MICRO // 1000, None, None, 0),
    )
    assert known_prices("https://api.openai.com/v1", NAME) == ()


def test_vector_of_the_fake_provider_has_its_length() -> None:
    assert len(vector_of("One.")) == DIMENSIONS
