"""``store``: what was asked through a door, found in its person's list."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import anthropic
import openai
import pytest
from django.utils import timezone

from conversations.models import Conversation, Status
from tests.support.processes import wait_until
from tests.support.server import MODEL, messages_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.fake_provider import FakeProviderProcess
    from tests.support.people import Person
    from tests.support.server import Server

HELLO: Any = [{"role": "user", "content": "Hello **there**"}]
FIND: Any = {"type": "function", "function": {"name": "find", "parameters": {"type": "object"}}}
PICTURE: Any = {"type": "image_url", "image_url": {"url": "data:image/png;base64,QQ=="}}


@pytest.fixture
def alice(server: Server) -> Person:
    """Give somebody of the server's database."""
    return server.sign_up()


@pytest.fixture
def client(server: Server, alice: Person) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(api_key=server.give_token(alice), base_url=f"{server.url}/v1", max_retries=0) as client:
        yield client


def talks_of(server: Server, person: Person) -> list[list[tuple[str, str]]]:
    """List what is stored of a person's talks, each with the roles and words of its messages."""
    with server.database():
        talks = Conversation.objects.filter(user=person.user_id).order_by("pk")
        return [[(one.role, one.content) for one in messages_of(talk.pk)] for talk in talks]


@pytest.mark.parametrize("stream", [True, False])
def test_answer_of_the_openai_door_is_stored(
    server: Server, alice: Person, client: openai.OpenAI, fake: FakeProviderProcess, *, stream: bool
) -> None:
    fake.script(text="Good *day*.")
    asked: Any = [{"role": "system", "content": "Be brief."}, *HELLO]
    answer = client.chat.completions.create(model=MODEL, messages=asked, store=True, stream=stream)
    if stream:
        list(answer)
    with server.database():
        [talk] = Conversation.objects.filter(user=alice.user_id)
        question, reply = messages_of(talk.pk)
        assert (talk.title, talk.instructions) == ("Hello **there**", "Be brief.")
        assert (talk.model, talk.leaf_id) == (MODEL, reply.pk)
        assert (question.role, question.content) == ("user", "Hello **there**")
        assert (reply.content, reply.parent_id, reply.status) == ("Good *day*.", question.pk, Status.COMPLETE)
        assert (reply.model, reply.finish_reason) == (MODEL, "stop")
        assert "<em>day</em>" in reply.html
        assert question.html
        assert reply.tokens
        assert reply.prompt_tokens
    page = server.get(f"/c/{talk.pk}/", alice)
    assert "<em>day</em>" in page.text


def test_answer_of_the_anthropic_door_is_stored(server: Server, alice: Person, fake: FakeProviderProcess) -> None:
    client = anthropic.Anthropic(api_key=server.give_token(alice), base_url=server.url, max_retries=0)
    fake.script(text="Good day.")
    client.messages.create(model=MODEL, max_tokens=10, messages=HELLO, system="Be brief.", extra_body={"store": True})
    assert talks_of(server, alice) == [[("user", "Hello **there**"), ("assistant", "Good day.")]]


@pytest.mark.parametrize("store", [None, False])
def test_nothing_is_stored_unless_it_is_asked_for(
    server: Server,
    alice: Person,
    client: openai.OpenAI,
    store: bool | None,  # noqa: FBT001 - a case of the table
) -> None:
    client.chat.completions.create(model=MODEL, messages=HELLO, store=store)
    assert talks_of(server, alice) == []


def test_talk_that_goes_on_stays_one_conversation(
    server: Server, alice: Person, client: openai.OpenAI, fake: FakeProviderProcess
) -> None:
    talk = list(HELLO)
    for answer in ("One.", "Two.", "Three."):
        fake.script(text=answer)
        client.chat.completions.create(model=MODEL, messages=talk, store=True)
        talk += [{"role": "assistant", "content": answer}, {"role": "user", "content": f"After {answer}"}]
    told = [("user", "Hello **there**"), ("assistant", "One."), ("user", "After One."), ("assistant", "Two.")]
    assert talks_of(server, alice) == [[*told, ("user", "After Two."), ("assistant", "Three.")]]


def test_same_question_again_is_another_branch(
    server: Server, alice: Person, client: openai.OpenAI, fake: FakeProviderProcess
) -> None:
    fake.script(text="One.")
    client.chat.completions.create(model=MODEL, messages=HELLO, store=True)
    talk: Any = [*HELLO, {"role": "assistant", "content": "One."}, {"role": "user", "content": "And?"}]
    for _ in range(2):
        fake.script(text="Two.")
        client.chat.completions.create(model=MODEL, messages=talk, store=True)
    with server.database():
        [stored] = Conversation.objects.filter(user=alice.user_id)
        _question, first, *rest = messages_of(stored.pk)
        assert [one.content for one in rest] == ["And?", "Two.", "And?", "Two."]
        assert [one.parent_id for one in rest[::2]] == [first.pk, first.pk]
        assert stored.leaf_id == rest[-1].pk


def test_answers_at_the_same_time_are_branches_of_one_conversation(
    server: Server, alice: Person, client: openai.OpenAI, fake: FakeProviderProcess
) -> None:
    fake.set_default(text="Yes.")
    client.chat.completions.create(model=MODEL, messages=HELLO, store=True)
    talk: Any = [*HELLO, {"role": "assistant", "content": "Yes."}, {"role": "user", "content": "And?"}]
    with ThreadPoolExecutor(6) as threads:
        list(threads.map(lambda _: client.chat.completions.create(model=MODEL, messages=talk, store=True), range(6)))
    [told] = talks_of(server, alice)
    assert len(told) == 2 + 6 * 2


def test_talk_that_was_deleted_begins_anew(
    server: Server, alice: Person, client: openai.OpenAI, fake: FakeProviderProcess
) -> None:
    fake.script(text="One.")
    client.chat.completions.create(model=MODEL, messages=HELLO, store=True)
    with server.database():
        Conversation.objects.filter(user=alice.user_id).update(deleted_at=timezone.now())
    talk: Any = [*HELLO, {"role": "assistant", "content": "One."}, {"role": "user", "content": "And?"}]
    client.chat.completions.create(model=MODEL, messages=talk, store=True)
    assert [len(one) for one in talks_of(server, alice)] == [2, 4]


def test_stored_talk_is_found(server: Server, alice: Person, client: openai.OpenAI, fake: FakeProviderProcess) -> None:
    fake.script(text="A rare word: ombrotrophic.")
    client.chat.completions.create(model=MODEL, messages=HELLO, store=True)
    with server.database():
        _question, reply = messages_of(Conversation.objects.get(user=alice.user_id).pk)
    assert f"?message={reply.pk}" in server.get("/search/?q=ombrotrophic", alice).text


def test_talk_of_somebody_else_does_not_go_on(
    server: Server, alice: Person, client: openai.OpenAI, fake: FakeProviderProcess
) -> None:
    fake.script(text="One.")
    client.chat.completions.create(model=MODEL, messages=HELLO, store=True)
    bob = server.sign_up("bob")
    other = openai.OpenAI(api_key=server.give_token(bob), base_url=f"{server.url}/v1", max_retries=0)
    talk: Any = [*HELLO, {"role": "assistant", "content": "One."}, {"role": "user", "content": "And?"}]
    other.chat.completions.create(model=MODEL, messages=talk, store=True)
    assert len(talks_of(server, alice)[0]) == 2
    assert [len(one) for one in talks_of(server, bob)] == [4]


@pytest.mark.parametrize(
    "fields",
    [
        {"tools": [FIND]},
        {"messages": [{"role": "user", "content": [{"type": "text", "text": "What?"}, PICTURE]}]},
        {"messages": [*HELLO, {"role": "assistant", "content": "Yes?"}]},
        {"messages": [{"role": "user", "content": "x" * 100_001}]},
        {"messages": [{"role": "system", "content": "x" * 20_001}, *HELLO]},
    ],
)
def test_what_a_conversation_cannot_show_is_refused_before_anybody_is_asked(
    server: Server, alice: Person, client: openai.OpenAI, fake: FakeProviderProcess, fields: dict[str, Any]
) -> None:
    with pytest.raises(openai.BadRequestError) as refusal:
        client.chat.completions.create(**{"model": MODEL, "messages": HELLO, "store": True, **fields})
    assert refusal.value.param == "store"
    assert fake.calls() == []
    assert talks_of(server, alice) == []


def test_answer_that_its_reader_left_is_stored_as_far_as_it_came(
    server: Server, alice: Person, client: openai.OpenAI, fake: FakeProviderProcess
) -> None:
    fake.script(chars=100_000, delay=0.01)
    stream = client.chat.completions.create(model=MODEL, messages=HELLO, store=True, stream=True)
    next(stream)
    next(stream)
    stream.close()
    wait_until(lambda: talks_of(server, alice), within=10, what="the talk to be stored")
    with server.database():
        _question, reply = messages_of(Conversation.objects.get(user=alice.user_id).pk)
        assert reply.status == Status.STOPPED
        assert 0 < len(reply.content) < 100_000
        assert reply.tokens_estimated


def test_answer_that_failed_before_its_first_word_leaves_nothing(
    server: Server, alice: Person, client: openai.OpenAI, fake: FakeProviderProcess
) -> None:
    fake.script(status=400, times=5)
    with pytest.raises(openai.BadRequestError):
        client.chat.completions.create(model=MODEL, messages=HELLO, store=True)
    assert talks_of(server, alice) == []
