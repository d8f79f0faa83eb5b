"""What holds for every question at the doors: limits, words, money, hanging up, and the end of the process."""

from __future__ import annotations

import http.client
import json
import socket
from typing import TYPE_CHECKING, Any

import openai
import pytest

from moderation.models import Action, Direction, Incident
from providers.models import Outcome, Purpose, UsageRecord
from tests.fake_provider import filler
from tests.moderation.rows import add_word
from tests.money.paying import a_dollar_each, make_budget, store_model
from tests.sockets.test_words import make_word
from tests.support.processes import wait_until
from tests.support.server import MODEL, on_both_servers
from tests.support.tokens import bearer

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.fake_provider import FakeProviderProcess
    from tests.support.people import Person
    from tests.support.server import Server

HELLO: Any = [{"role": "user", "content": "Hello there"}]


@pytest.fixture
def alice(server: Server) -> Person:
    return server.sign_up()


def client_of(server: Server, person: Person) -> openai.OpenAI:
    return openai.OpenAI(api_key=server.give_token(person), base_url=f"{server.url}/v1", max_retries=0)


def records_of(server: Server, person: Person) -> list[UsageRecord]:
    with server.database():
        return list(UsageRecord.objects.filter(user=person.user_id).order_by("created_at"))


def incidents_of(server: Server, person: Person) -> list[tuple[str, str]]:
    with server.database():
        found = Incident.objects.filter(person=person.user_id).order_by("created_at")
        return [(one.pattern, one.direction) for one in found]


def hang_up_after_first_word(server: Server, person: Person, **further: Any) -> None:
    """Ask for a stream and close the connection in the middle of it."""
    body = json.dumps({"model": MODEL, "messages": HELLO, "stream": True, **further})
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    token = server.give_token(person)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    connection.request("POST", "/v1/chat/completions", body, headers)
    answer = connection.getresponse()
    answer.read(200)
    assert connection.sock or answer.fp
    answer.close()
    connection.close()


def test_what_an_answer_used_is_in_the_ledger_when_it_ends(
    server: Server, fake: FakeProviderProcess, alice: Person
) -> None:
    fake.script(text="Good day.", prompt_tokens=7, completion_tokens=3)
    list(client_of(server, alice).chat.completions.create(model=MODEL, messages=HELLO, stream=True))
    [record] = records_of(server, alice)
    assert (record.purpose, record.outcome, record.model) == (Purpose.API, Outcome.COMPLETE, MODEL)
    assert (record.prompt_tokens, record.completion_tokens, record.is_estimated) == (7, 3, False)


@on_both_servers
def test_who_hangs_up_ends_the_call_and_pays_for_what_was_written(
    server: Server, fake: FakeProviderProcess, alice: Person
) -> None:
    fake.script(endless=True, delay=0.01)
    hang_up_after_first_word(server, alice)
    fake.wait_until(lambda calls: calls[-1]["state"] == "client_closed")
    wait_until(lambda: records_of(server, alice)[0].settled_at, within=10)
    [record] = records_of(server, alice)
    assert (record.outcome, record.is_estimated) == (Outcome.STOPPED, True)
    assert record.completion_tokens


@on_both_servers
def test_who_hangs_up_on_a_whole_answer_ends_the_call_too(
    server: Server, fake: FakeProviderProcess, alice: Person
) -> None:
    fake.script(endless=True, delay=0.01)
    body = json.dumps({"model": MODEL, "messages": HELLO}).encode()
    head = (
        f"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {server.give_token(alice)}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.sendall(head.encode() + body)
        fake.wait_until(lambda calls: bool(calls) and calls[-1]["sent_chars"] > 0)
    fake.wait_until(lambda calls: calls[-1]["state"] == "client_closed")
    wait_until(lambda: records_of(server, alice)[0].settled_at, within=10)


def test_limit_of_messages_is_told_and_holds(fresh_server: Callable[..., Server], fake: FakeProviderProcess) -> None:
    server = fresh_server(RATE_LIMIT_MESSAGES="2/h")
    server.start()
    client = client_of(server, server.sign_up())
    left = []
    for _ in range(2):
        answer = client.chat.completions.with_raw_response.create(model=MODEL, messages=HELLO)
        left.append(answer.headers["x-ratelimit-remaining"])
    assert left == ["1", "0"]
    with pytest.raises(openai.RateLimitError) as refused:
        client.chat.completions.create(model=MODEL, messages=HELLO)
    headers = refused.value.response.headers
    assert refused.value.code == "rate_limit_exceeded"
    assert (headers["x-ratelimit-limit"], headers["x-ratelimit-remaining"]) == ("2", "0")
    assert 0 < int(headers["retry-after"]) <= 3601
    assert 0 < int(headers["x-ratelimit-reset"]) <= 3600
    assert len(fake.calls()) == 2


def test_no_more_answers_at_once_than_a_person_may_have(
    fresh_server: Callable[..., Server], fake: FakeProviderProcess
) -> None:
    server = fresh_server(MAX_RUNNING_REPLIES="1")
    server.start()
    alice = server.sign_up()
    client = client_of(server, alice)
    fake.script(endless=True, delay=0.01)
    with client.chat.completions.create(model=MODEL, messages=HELLO, stream=True) as stream:
        next(stream)
        with pytest.raises(openai.RateLimitError) as refused:
            client.chat.completions.create(model=MODEL, messages=HELLO)
    assert refused.value.code == "too_many_replies"
    wait_until(lambda: records_of(server, alice)[0].settled_at, within=10)
    assert client.chat.completions.create(model=MODEL, messages=HELLO).choices


@pytest.mark.parametrize("role", ["system", "user", "assistant", "tool"])
def test_words_that_are_not_used_here_are_refused_wherever_they_stand(
    server: Server, fake: FakeProviderProcess, alice: Person, role: str
) -> None:
    word = make_word()
    with server.database():
        add_word(word)
    message = {"role": role, "content": f"so {word} so", **({"tool_call_id": "x"} if role == "tool" else {})}

    refusals: list[openai.BadRequestError] = []

    def is_refused() -> bool:
        try:
            client_of(server, alice).chat.completions.create(model=MODEL, messages=[message, *HELLO])  # type: ignore[list-item]
        except openai.BadRequestError as error:
            refusals.append(error)
        return bool(refusals)

    wait_until(is_refused, within=10)
    assert refusals[0].code == "blocked_words"
    assert word not in refusals[0].message
    assert incidents_of(server, alice) == [(word, Direction.INPUT)]


def test_flag_is_noted_once_where_it_is_new(server: Server, fake: FakeProviderProcess, alice: Person) -> None:
    word = make_word()
    with server.database():
        add_word(word, Action.FLAG)
    client = client_of(server, alice)
    said: Any = [{"role": "user", "content": f"so {word} so"}]

    def is_noted() -> bool:
        client.chat.completions.create(model=MODEL, messages=said)
        return bool(incidents_of(server, alice))

    fake.set_default(text="Good day.")
    wait_until(is_noted, within=10)
    with server.database():
        Incident.objects.filter(person=alice.user_id).delete()
    client.chat.completions.create(model=MODEL, messages=[*said, {"role": "assistant", "content": "Yes."}, *HELLO])
    assert incidents_of(server, alice) == []


@pytest.mark.parametrize("is_streamed", [True, False])
def test_answer_ends_where_the_list_ends_it(
    server: Server, fake: FakeProviderProcess, alice: Person, *, is_streamed: bool
) -> None:
    word = make_word()
    with server.database():
        add_word(word)
    client = client_of(server, alice)

    def ended() -> tuple[str, str | None]:
        fake.script(text=f"All is well. {word} and more", chunk=4)
        if not is_streamed:
            [choice] = client.chat.completions.create(model=MODEL, messages=HELLO).choices
            return choice.message.content or "", choice.finish_reason
        chunks = list(client.chat.completions.create(model=MODEL, messages=HELLO, stream=True))
        return "".join(one.choices[0].delta.content or "" for one in chunks), chunks[-1].choices[0].finish_reason

    wait_until(lambda: ended() == ("All is well. ", "content_filter"), within=10)
    assert (word, Direction.OUTPUT) in incidents_of(server, alice)
    assert records_of(server, alice)[-1].error_code == "blocked_words"


def test_budget_that_is_used_up_is_told_as_openai_does(
    server: Server, fake: FakeProviderProcess, alice: Person
) -> None:
    with server.database():
        store_model("openai/priced", tiers=a_dollar_each())
        make_budget(10, scope="person", user_id=alice.user_id)
    client = client_of(server, alice)
    wait_until(lambda: "openai/priced" in [model.id for model in client.models.list()], within=10)
    with pytest.raises(openai.RateLimitError) as refused:
        client.chat.completions.create(model="openai/priced", messages=HELLO)
    assert (refused.value.code, refused.value.type) == ("insufficient_quota", "insufficient_quota")
    assert refused.value.response.headers["x-should-retry"] == "false"
    assert fake.calls() == []
    assert records_of(server, alice) == []


def test_suspended_person_is_a_stranger(server: Server, alice: Person) -> None:
    from accounts.models import User  # noqa: PLC0415 - the settings come first

    client = client_of(server, alice)
    assert client.chat.completions.create(model=MODEL, messages=HELLO).choices
    with server.database():
        User.objects.filter(pk=alice.user_id).update(is_active=False)
    with pytest.raises(openai.AuthenticationError):
        client.chat.completions.create(model=MODEL, messages=HELLO)


@on_both_servers
@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/messages"])
def test_answer_ends_with_its_token(server: Server, fake: FakeProviderProcess, alice: Person, path: str) -> None:
    from accounts.models import User  # noqa: PLC0415 - the settings come first
    from accounts.services import suspend_user  # noqa: PLC0415 - likewise

    fake.script(endless=True, delay=0.01)
    body = json.dumps({"model": MODEL, "messages": HELLO, "max_tokens": 9, "stream": True})
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    connection.request("POST", path, body, {"Content-Type": "application/json"} | bearer(server.give_token(alice)))
    answer = connection.getresponse()
    answer.read(200)
    with server.database():
        suspend_user(User.objects.get(pk=alice.user_id))
    assert b'"authentication_error"' in answer.read()  # to its end, which comes
    connection.close()
    fake.wait_until(lambda calls: calls[-1]["state"] == "client_closed")
    wait_until(lambda: records_of(server, alice)[0].settled_at, within=10)
    assert records_of(server, alice)[0].completion_tokens


@pytest.mark.parametrize("kind", ["daphne", "uvicorn"])
def test_drain_waits_for_a_running_answer(
    kind: str, fresh_server: Callable[..., Server], fake: FakeProviderProcess
) -> None:
    server = fresh_server(kind)
    server.start()
    alice = server.sign_up()
    fake.script(chars=300, delay=0.02)
    with client_of(server, alice).chat.completions.create(model=MODEL, messages=HELLO, stream=True) as stream:
        chunks = [next(stream)]
        server.terminate()
        chunks += stream
    assert "".join(one.choices[0].delta.content or "" for one in chunks) == filler(300)
    assert server.wait() in {0, -15}
    assert [record.outcome for record in records_of(server, alice)] == [Outcome.COMPLETE]


def test_draining_server_refuses_questions_and_ends_what_takes_too_long(
    fresh_server: Callable[..., Server], fake: FakeProviderProcess
) -> None:
    server = fresh_server()
    server.start()
    alice = server.sign_up()
    client = client_of(server, alice)
    fake.script(endless=True, delay=0.01)
    with client.chat.completions.create(model=MODEL, messages=HELLO, stream=True) as stream:
        next(stream)
        server.terminate()
        wait_until(lambda: server.get("/readyz").status == http.client.SERVICE_UNAVAILABLE, within=10)
        with pytest.raises(openai.InternalServerError) as refused:
            client.chat.completions.create(model=MODEL, messages=HELLO)
        assert (refused.value.status_code, refused.value.code) == (503, "unavailable")
        server.terminate()  # a second signal cuts the wait short
        with pytest.raises(openai.APIError):
            list(stream)
    server.wait()
    [record] = records_of(server, alice)
    assert record.settled_at
    assert record.outcome == Outcome.STOPPED
