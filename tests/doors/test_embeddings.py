"""Vectors for texts, through OpenAI's own client."""

from __future__ import annotations

import base64
from array import array
from typing import TYPE_CHECKING, Any

import openai
import pytest

from doors.embeddings import MOST_TEXTS, read_request
from doors.fields import BadField
from tests.fake_provider.embedding import vector_of
from tests.support.processes import wait_until
from tests.support.server import MODEL, on_both_servers

if TYPE_CHECKING:
    from tests.fake_provider import FakeProviderProcess
    from tests.support.people import Person
    from tests.support.server import Server

EMBEDDER = "openai/text-embedding-3-small"


@pytest.fixture
def person(server: Server) -> Person:
    return server.sign_up()


@pytest.fixture
def client(server: Server, person: Person) -> openai.OpenAI:
    """Give a client of a server that has fetched its lists of models."""
    client = openai.OpenAI(api_key=server.give_token(person), base_url=f"{server.url}/v1", max_retries=0)
    wait_until(lambda: EMBEDDER in {one.id for one in client.models.list()}, what="the models to be listed")
    return client


@on_both_servers
@pytest.mark.parametrize("encoding", [openai.omit, "float", "base64"])
@pytest.mark.parametrize("model", [EMBEDDER, "text-embedding-3-small"])
def test_texts_become_vectors(client: openai.OpenAI, encoding: Any, model: str) -> None:
    answer = client.embeddings.create(model=model, input=["One", "Zwei ü"], encoding_format=encoding)
    found = [one.embedding for one in answer.data]
    if encoding == "base64":
        found = [array("f", base64.b64decode(str(one))).tolist() for one in found]
    assert found == [vector_of("One"), vector_of("Zwei ü")]
    assert [one.index for one in answer.data] == [0, 1]
    assert answer.model == EMBEDDER
    assert answer.usage.prompt_tokens == answer.usage.total_tokens > 0


async def test_async_client_embeds_one_text(server: Server, person: Person) -> None:
    token = server.give_token(person)
    async with openai.AsyncOpenAI(api_key=token, base_url=f"{server.url}/v1", max_retries=0) as client:
        answer = await client.embeddings.create(model=EMBEDDER, input="One", dimensions=4)
    assert answer.data[0].embedding == vector_of("One", 4)


def test_use_is_in_the_ledger(client: openai.OpenAI, server: Server, person: Person) -> None:
    from providers.models import Outcome, Purpose, UsageRecord  # noqa: PLC0415 - the settings come first

    answer = client.embeddings.create(model=EMBEDDER, input="One and two and three")
    with server.database():
        [record] = UsageRecord.objects.filter(user_id=person.user_id)
        assert (record.model, record.purpose, record.outcome) == (EMBEDDER, Purpose.API, Outcome.COMPLETE)
        assert record.prompt_tokens == answer.usage.prompt_tokens
        assert record.completion_tokens == 0
        assert record.cost is not None


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"model": "openai/none-embedding"}, openai.NotFoundError),
        ({"model": MODEL}, openai.NotFoundError),
        ({"input": ""}, openai.BadRequestError),
        ({"input": []}, openai.BadRequestError),
        ({"input": [1, 2]}, openai.BadRequestError),
        ({"encoding_format": "hex"}, openai.BadRequestError),
        ({"dimensions": 0}, openai.BadRequestError),
        ({"n": 1}, openai.BadRequestError),
    ],
)
def test_what_is_wrong_is_refused(
    client: openai.OpenAI, fields: dict[str, Any], error: type[openai.APIStatusError]
) -> None:
    with pytest.raises(error):
        client.embeddings.create(model=EMBEDDER, input="One", extra_body=fields)


def test_failure_of_the_provider_is_told(client: openai.OpenAI, fake: FakeProviderProcess) -> None:
    fake.script(status=500, times=20)
    with pytest.raises(openai.InternalServerError):
        client.embeddings.create(model=EMBEDDER, input="One")


def test_words_that_are_not_used_here_are_refused(client: openai.OpenAI, server: Server) -> None:
    from tests.moderation.rows import add_word  # noqa: PLC0415 - the settings come first

    with server.database():
        add_word("verboten-xyz")

    def is_refused() -> bool:
        """Ask until the server knows the word, which takes it a second."""
        try:
            client.embeddings.create(model=EMBEDDER, input=["One", "so verboten-xyz too"])
        except openai.BadRequestError as refusal:
            return refusal.code == "blocked_words"
        return False

    wait_until(is_refused, within=10, what="the words to be refused")


@pytest.mark.parametrize(
    ("told", "param"),
    [
        ({"model": "x"}, "input"),
        ({"model": "x", "input": [[1], [2]]}, "input"),
        ({"model": "x", "input": ["a", ""]}, "input"),
        ({"model": "x", "input": ["a", True]}, "input"),
        ({"model": "x", "input": ["a"] * (MOST_TEXTS + 1)}, "input"),
        ({"input": "a"}, "model"),
    ],
)
def test_wrong_body_is_refused_with_its_place(told: dict[str, Any], param: str) -> None:
    with pytest.raises(BadField) as refusal:
        read_request(told)
    assert refusal.value.param == param
