"""What the model gets to read of a conversation, and how much it may answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from chatproject.database import in_database
from conversations.history import Prompt, build_prompt
from conversations.models import Message, Role, Status
from providers.gateway import get_gateway
from providers.port import ProviderConfig
from tests.fake_provider import FakeProvider
from tests.support.factories import make_conversation, make_message, make_user

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from pytest_django.fixtures import Settings

pytestmark = pytest.mark.django_db(transaction=True)
WORDS = "word " * 320
"""400 tokens."""


@pytest.fixture
async def models(settings: Settings) -> AsyncIterator[None]:
    """Offer a model with a small window and one with a large one."""
    async with FakeProvider() as provider:
        provider.openai_models = [{"id": "small", "max_model_len": 2048}, {"id": "large", "max_model_len": 100_000}]
        settings.PROVIDERS = (ProviderConfig("local", "openai", "Local", provider.base_url),)
        get_gateway.cache_clear()
        await get_gateway().refresh()
        yield
        await get_gateway().close()
        get_gateway.cache_clear()


def _talk(turns: int, model: str, **reply: str) -> Message:
    """Make a talk whose last reply is to be written; returns that reply."""
    conversation = make_conversation(make_user(), instructions="Be brief.")
    for number in range(turns):
        make_message(conversation, f"{number} {WORDS}")
        make_message(conversation, f"Answer {number}", role=Role.ASSISTANT)
    make_message(conversation, "The last question")
    return make_message(
        conversation, role=Role.ASSISTANT, status=Status.STREAMING, model=model, **{"content": ""} | reply
    )


async def _prompt(make: Callable[[], Message]) -> Prompt:
    return await in_database(lambda: build_prompt(make()))


async def test_prompt_is_the_branch_after_the_instructions(models: None) -> None:
    prompt = await _prompt(lambda: _talk(2, "local/large"))
    assert [message.role for message in prompt.request.messages] == ["system", *["user", "assistant"] * 2, "user"]
    assert prompt.request.messages[-1].content == "The last question"
    assert (prompt.omitted, prompt.request.max_output_tokens, prompt.request.temperature) == (0, None, None)


async def test_prompt_is_cut_from_the_oldest_end_by_whole_turns(models: None) -> None:
    prompt = await _prompt(lambda: _talk(5, "local/small"))
    said = [message.content.split(" word")[0] for message in prompt.request.messages]
    assert said == ["Be brief.", "3", "Answer 3", "4", "Answer 4", "The last question"]
    assert prompt.omitted == 6


async def test_small_window_leaves_room_for_question_and_answer(models: None) -> None:
    prompt = await _prompt(lambda: _talk(0, "local/small"))
    assert prompt.request.max_output_tokens == 1024


async def test_continued_reply_is_shown_to_the_model_and_asked_for_the_rest(models: None) -> None:
    prompt = await _prompt(lambda: _talk(0, "local/large", content="Half an"))
    assert [message.role for message in prompt.request.messages] == ["system", "user", "assistant", "user"]
    assert prompt.request.messages[2].content == "Half an"
