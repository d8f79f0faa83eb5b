"""The list of words at the doors: what comes in, and what goes out in pieces of several kinds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson
import pytest

from doors.arguments import Unwieldy
from doors.screening import AnswerScreen, screen_request
from moderation.models import Action, Incident
from moderation.services import BlockedWords, follow_list
from moderation.words import word_list
from providers.port import (
    ChatMessage,
    ChatRequest,
    Finished,
    JsonSchema,
    ReasoningDelta,
    SignedReasoning,
    TextDelta,
    Tool,
    ToolCall,
)
from tests.moderation.rows import add_words

if TYPE_CHECKING:
    from accounts.models import User
    from providers.port import StreamEvent

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def words(db: None) -> None:
    add_words(secretword=Action.MASK, badword=Action.BLOCK, oddword=Action.FLAG)
    word_list.refresh()


def screened(*events: StreamEvent) -> list[StreamEvent]:
    screen = AnswerScreen()
    return [told for event in events for told in screen.take(event)]


def joined(events: list[StreamEvent], kind: type[TextDelta | ReasoningDelta]) -> str:
    return "".join(one.text for one in events if isinstance(one, kind))


def signed(thinking: str) -> SignedReasoning:
    return SignedReasoning({"type": "thinking", "thinking": thinking, "signature": "s"})


def test_signed_thoughts_come_whole_before_their_signature() -> None:
    told = screened(
        ReasoningDelta("Think of a secret"), signed("Think of a secret"), TextDelta("So."), Finished("stop")
    )
    place = told.index(signed("Think of a secret"))
    assert joined(told[:place], ReasoningDelta) == "Think of a secret"
    assert joined(told[place:], ReasoningDelta) == ""


def test_words_that_wait_outlast_a_signature() -> None:
    told = screened(TextDelta("It is a secret"), signed(""), TextDelta(" of ours."), Finished("stop"))
    assert joined(told, TextDelta) == "It is a secret of ours."


def test_word_is_masked_across_a_signature() -> None:
    told = screened(TextDelta("It is a secret"), signed(""), TextDelta("word of ours."), Finished("stop"))
    assert "secretword" not in joined(told, TextDelta)
    assert joined(told, TextDelta).endswith("of ours.")


def test_masked_thoughts_are_not_signed() -> None:
    told = screened(ReasoningDelta("A secretword."), signed("A secretword."), Finished("stop"))
    assert signed("A secretword.") not in told
    assert "secretword" not in joined(told, ReasoningDelta)


def test_blocked_word_in_a_call_ends_the_answer() -> None:
    told = screened(TextDelta("Wait."), ToolCall("t", "find", '{"q": "badword"}'), Finished("tool_calls"))
    assert told == [TextDelta("Wait."), Finished("content_filter")]


def test_every_text_that_comes_in_is_masked(alice: User) -> None:
    follow_list()
    request = ChatRequest(
        "x",
        (
            ChatMessage("system", "system secretword"),
            ChatMessage("user", "user secretword"),
            ChatMessage("assistant", "said secretword", tool_calls=(ToolCall("t", "find", '{"q":"secretword"}'),)),
            ChatMessage("tool", "tool secretword", tool_call_id="t"),
        ),
        tools=(Tool("find", "finds secretword", {"description": "a secretword"}),),
        response_format=JsonSchema("x", {"title": "a secretword"}),
    )
    assert "secretword" not in repr(screen_request(alice, request).request)


@pytest.mark.parametrize("role", ["system", "user", "assistant", "tool"])
def test_blocked_word_is_refused_wherever_it_stands(alice: User, role: str) -> None:
    request = ChatRequest("x", (ChatMessage(role, "a badword"), ChatMessage("user", "hello")))  # type: ignore[arg-type]
    with pytest.raises(BlockedWords):
        screen_request(alice, request)
    assert Incident.objects.filter(person_id=alice.pk).count() == 1


def test_flagged_word_is_noted_only_where_it_is_new(alice: User) -> None:
    told = (ChatMessage("user", "an oddword"), ChatMessage("assistant", "yes"), ChatMessage("user", "hello"))
    assert screen_request(alice, ChatRequest("x", told)).findings == []
    assert len(screen_request(alice, ChatRequest("x", told[:1])).findings) == 1


HI = ChatMessage("user", "Hi")


def calling(arguments: str, name: str = "find") -> ChatMessage:
    return ChatMessage("assistant", "", tool_calls=(ToolCall("t", name, arguments),))


@pytest.mark.parametrize(
    "request_",
    [
        ChatRequest("x", (HI, calling('{"q": "\\u0062adword"}'))),
        ChatRequest("x", (HI, calling('{"q": "so\\nbadword"}'))),
        ChatRequest("x", (HI, calling('{"badword": 1}'))),
        ChatRequest("x", (HI, calling("badword, and no JSON"))),
        ChatRequest("x", (HI, calling('{"q": "a badword", "q": "twice"}'))),
        ChatRequest("x", (HI, calling("{}", "badword"))),
        ChatRequest("x", (HI,), tools=(Tool("badword", "", {}),)),
        ChatRequest("x", (HI,), tools=(Tool("f", "", {"properties": {"say badword": {}}}),)),
        ChatRequest("x", (HI,), response_format=JsonSchema("a", {"properties": {"badword": {}}})),
        ChatRequest("x", (HI,), response_format=JsonSchema("badword", {})),
        ChatRequest("x", (HI, ChatMessage("assistant", "x", reasoning=(signed("badword"),)), HI)),
    ],
)
def test_word_is_refused_also_behind_escapes_and_in_names(alice: User, request_: ChatRequest) -> None:
    with pytest.raises(BlockedWords):
        screen_request(alice, request_)


def test_words_are_masked_behind_escapes_and_other_arguments_stay_as_they_are(alice: User) -> None:
    plain, masked = '{"q" :  "a\\u0062c"}', '{"q": ["so\\nsecretword", 1e3]}'
    [_hi, one, other] = screen_request(alice, ChatRequest("x", (HI, calling(plain), calling(masked)))).request.messages
    assert one.tool_calls[0].arguments == plain
    assert orjson.loads(other.tool_calls[0].arguments)["q"][0].startswith("so\n")
    assert "secretword" not in other.tool_calls[0].arguments


@pytest.mark.parametrize("call", ['{"q": "\\u0062adword"}', '{"q": "so\\nbadword"}', '{"badword": 1}'])
def test_blocked_word_behind_escapes_in_a_call_ends_the_answer(call: str) -> None:
    assert screened(ToolCall("t", "find", call), Finished("tool_calls")) == [Finished("content_filter")]


def test_call_of_what_is_blocked_ends_the_answer() -> None:
    assert screened(ToolCall("t", "badword", "{}"), Finished("tool_calls")) == [Finished("content_filter")]


def test_arguments_that_nobody_can_walk_through_are_one_text_and_go_to_no_model(alice: User) -> None:
    def deep(word: str) -> str:
        return "[" * 900 + f'"so {word}"' + "]" * 900

    with pytest.raises(BlockedWords):
        screen_request(alice, ChatRequest("x", (HI, calling(deep("badword")))))
    with pytest.raises(Unwieldy):
        screen_request(alice, ChatRequest("x", (HI, calling(deep("what")))))
    assert screened(ToolCall("t", "f", deep("what"))) == [ToolCall("t", "f", deep("what"))]
    assert screened(ToolCall("t", "f", deep("badword"))) == [Finished("content_filter")]
