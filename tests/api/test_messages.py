"""``/api/messages``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from conversations.models import Conversation, Message, Role, Status
from files.models import Attachment, Kind, Upload
from moderation.models import Incident
from tests.api.asking import Api
from tests.support.factories import make_conversation, make_message

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings

    from accounts.models import User

ANSWERED: dict[str, Any] = {
    "model": "demo/demo",
    "tokens": 7,
    "prompt_tokens": 5,
    "cost": 1200,
    "reasoning": "Hm.",
    "reasoning_ms": 1500,
    "finish_reason": "stop",
    "citations": [{"url": "https://example.org/", "title": "Example"}],
}


@pytest.fixture
def talk(alice: User) -> Conversation:
    talk = make_conversation(alice)
    make_message(talk, "question")
    make_message(talk, "answer", role=Role.ASSISTANT, **ANSWERED)
    return talk


def answer_of(talk: Conversation) -> Message:
    return talk.messages.get(role=Role.ASSISTANT)


def test_an_answer_is_told_whole(api: Api, talk: Conversation) -> None:
    reply = answer_of(talk)
    assert api.get(f"/messages/{reply.pk}").json() | {"created_at": ""} == {
        "id": str(reply.pk),
        "conversation": str(talk.pk),
        "parent": str(reply.parent_id),
        "role": "assistant",
        "status": "complete",
        "text": "answer",
        "created_at": "",
        "finished_at": None,
        "siblings": [str(reply.pk)],
        "attachments": [],
        "model": "demo/demo",
        "asked_model": "",
        "preset": None,
        "source": None,
        "source_at": None,
        "reasoning": "Hm.",
        "reasoning_seconds": 1.5,
        "finish_reason": "stop",
        "error": None,
        "can_continue": False,
        "compared": False,
        "omitted": 0,
        "citations": [{"url": "https://example.org/", "title": "Example"}],
        "usage": {"prompt_tokens": 5, "completion_tokens": 7, "estimated": False},
        "cost": 1200,
        "first_token_ms": None,
        "rating": None,
    }


def test_costs_are_told_only_where_the_page_tells_them(api: Api, talk: Conversation, settings: Settings) -> None:
    settings.SHOW_COST = False
    assert api.get(f"/messages/{answer_of(talk).pk}").json()["cost"] is None


def test_files_of_a_message_are_named_with_their_paths(api: Api, alice: User, talk: Conversation) -> None:
    question = talk.messages.get(role=Role.USER)
    fields: dict[str, Any] = {"name": "one.png", "kind": Kind.PICTURE, "size": 3, "kept": 3, "is_ready": True}
    upload = Upload.objects.create(user=alice, **fields)
    Attachment.objects.create(message=question, upload=upload)
    assert api.get(f"/messages/{question.pk}").json()["attachments"] == [
        {
            "id": str(upload.pk),
            "name": "one.png",
            "kind": "picture",
            "size": 3,
            "note": "",
            "content": f"/api/files/{upload.pk}/content",
            "thumbnail": f"/api/files/{upload.pk}/thumbnail",
        }
    ]


def test_a_message_is_deleted_and_comes_back(api: Api, talk: Conversation) -> None:
    reply = answer_of(talk)
    path = f"/messages/{reply.pk}"
    assert api.send("delete", path).json()["leaf"] == str(reply.parent_id)
    assert [api.get(path).status_code, api.send("delete", path).status_code] == [404, 404]
    assert api.send("post", f"{path}/restore").json()["leaf"] == str(reply.pk)
    assert api.get(path).status_code == 200


def test_another_branch_is_put_on_show(api: Api, talk: Conversation) -> None:
    first = answer_of(talk)
    second = make_message(talk, "second", role=Role.ASSISTANT, parent=first.parent)
    assert api.send("post", f"/messages/{first.pk}/show").json()["leaf"] == str(first.pk)
    assert api.send("post", f"/messages/{second.pk}/show").json()["leaf"] == str(second.pk)


def test_one_of_several_answers_is_kept(api: Api, talk: Conversation) -> None:
    first = answer_of(talk)
    make_message(talk, "second", role=Role.ASSISTANT, parent=first.parent, is_compared=True, model="demo/other")
    Message.objects.filter(pk=first.pk).update(is_compared=True)
    kept = api.send("post", f"/messages/{first.pk}/keep").json()
    assert (kept["leaf"], kept["model"]) == (str(first.pk), "demo/demo")
    assert not Message.objects.filter(is_compared=True).exists()


def test_a_fork_is_a_conversation_of_its_own(api: Api, talk: Conversation) -> None:
    answer = api.send("post", f"/messages/{answer_of(talk).pk}/fork")
    assert answer.status_code == 201
    fork = Conversation.objects.get(pk=answer.json()["id"])
    assert fork != talk
    assert list(fork.messages.values_list("content", flat=True)) == ["question", "answer"]


def test_a_fork_asked_for_again_under_one_key_is_one(api: Api, talk: Conversation) -> None:
    path = f"/messages/{answer_of(talk).pk}/fork"
    first, again = (api.send("post", path, Idempotency_Key="one") for _ in range(2))
    assert (first.status_code, again.status_code, again.json()) == (201, 201, first.json())
    assert Conversation.objects.count() == 2


def test_an_answer_is_rated_and_the_rating_taken_back(api: Api, talk: Conversation) -> None:
    path = f"/messages/{answer_of(talk).pk}/rating"
    rated = api.send("put", path, {"value": "bad", "reason": "wrong"}).json()
    assert rated["rating"] == {"value": "bad", "reason": "wrong"}
    assert api.send("put", path, {"value": "good"}).json()["rating"] == {"value": "good", "reason": None}
    assert api.send("delete", path).json()["rating"] is None


@pytest.mark.parametrize(
    "body",
    [{}, {"value": "best"}, {"value": 1}, {"value": "good", "reason": "wrong"}, {"value": "good", "reason": "x"}],
)
def test_wrong_ratings_are_refused(api: Api, talk: Conversation, body: dict[str, Any]) -> None:
    answer = api.send("put", f"/messages/{answer_of(talk).pk}/rating", body)
    assert (answer.status_code, answer_of(talk).rating) == (400, None)


def test_what_is_being_written_is_not_rated(api: Api, talk: Conversation) -> None:
    Message.objects.filter(role=Role.ASSISTANT).update(status=Status.STREAMING)
    answer = api.send("put", f"/messages/{answer_of(talk).pk}/rating", {"value": "good"})
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")


def test_a_report_reaches_the_operators_once(api: Api, talk: Conversation) -> None:
    path = f"/messages/{answer_of(talk).pk}/report"
    for _ in range(2):
        assert api.send("post", path, {"reason": "Wrong or made up", "remark": "No."}).status_code == 204
    assert Incident.objects.values_list("category", "remark").get() == ("Wrong or made up", "No.")
    assert api.send("post", path, {"reason": "Dull"}).status_code == 400


def test_strangers_find_nothing_and_change_nothing(talk: Conversation, bob: User) -> None:
    stranger, reply = Api(bob), answer_of(talk)
    path = f"/messages/{reply.pk}"
    answers = [
        stranger.get(path),
        stranger.send("delete", path),
        stranger.send("put", f"{path}/rating", {"value": "good"}),
        stranger.send("delete", f"{path}/rating"),
        stranger.send("post", f"{path}/report", {}),
        *(stranger.send("post", f"{path}/{verb}") for verb in ("restore", "show", "keep", "fork")),
    ]
    assert [answer.status_code for answer in answers] == [404] * 9
    reply.refresh_from_db()
    assert (reply.deleted_at, reply.rating, Conversation.objects.count(), Incident.objects.count()) == (
        None,
        None,
        1,
        0,
    )
