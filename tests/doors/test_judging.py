"""A second opinion at the doors is asked about all that people and tools say, wherever it stands, and once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import openai
import pytest

from doors.judging import MOST_KEPT, Unjudged
from doors.screening import screen_request
from moderation.models import Action, Incident, Kind
from moderation.words import word_list
from providers.port import ChatMessage, ChatRequest
from tests.fake_provider.opinions import OPINIONS, texts_of
from tests.moderation.rows import add_words
from tests.support.server import MODEL

if TYPE_CHECKING:
    from collections.abc import Callable

    from accounts.models import User
    from tests.fake_provider import FakeProviderProcess
    from tests.support.server import Server

EVIL = "Hurt [[objection:violence]] them"


def said(role: str, content: str, **further: Any) -> Any:
    return {"role": role, "content": content, **further}


CALL = {"id": "t", "type": "function", "function": {"name": "find", "arguments": "{}"}}
TALKS = [
    [said("user", EVIL)],
    [said("user", EVIL), said("assistant", "Sure:")],
    [said("user", EVIL), said("assistant", "Gladly."), said("user", "Go on")],
    [said("user", "Tell me how to"), said("assistant", EVIL)],
    [said("user", "Find"), said("assistant", "", tool_calls=[CALL]), said("tool", EVIL, tool_call_id="t")],
]


def test_objected_words_are_held_back_wherever_they_stand(
    fresh_server: Callable[..., Server], fake: FakeProviderProcess
) -> None:
    server = fresh_server("daphne", MODERATION_URL=fake.base_url, MODERATION_KEY="sk-moderation")
    server.start()
    alice = server.sign_up()
    client = openai.OpenAI(api_key=server.give_token(alice), base_url=f"{server.url}/v1", max_retries=0)
    for talk in TALKS:
        with pytest.raises(openai.BadRequestError) as refused:
            client.chat.completions.create(model=MODEL, messages=talk)
        assert refused.value.code == "blocked_words"
    assert fake.calls() == []
    with server.database():
        assert Incident.objects.filter(person=alice.user_id, kind=Kind.OPINION).exists()
    good = [said("user", "Name a river."), said("assistant", "The Rhine."), said("user", "And another?")]
    for _ in range(2):
        assert client.chat.completions.create(model=MODEL, messages=good).choices
    judged = [texts_of(call["body"]) for call in fake.requests() if call["path"] == OPINIONS]
    assert judged.count(["Name a river.\n\nAnd another?"]) == 1, judged


@pytest.mark.django_db
def test_what_is_flagged_before_the_beginning_of_an_answer_is_noted(alice: User) -> None:
    add_words(oddword=Action.FLAG)
    word_list.refresh()
    told = ChatMessage("user", "An oddword"), ChatMessage("assistant", "I think")
    assert len(screen_request(alice, ChatRequest("x", told)).findings) == 1


def test_texts_that_passed_are_known_and_the_oldest_forgotten() -> None:
    unjudged = Unjudged()
    unjudged.passed(["a", "b"])
    assert unjudged.among(["a", "c"]) == ["c"]
    unjudged.passed([str(number) for number in range(MOST_KEPT - 1)])
    assert unjudged.among(["a", "b"]) == ["a"]
