"""``/api/queued``: what waits while an answer is written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from django.utils import timezone

from conversations.models import Conversation, QueuedMessage, Role, Status
from tests.api.asking import Api
from tests.support.factories import make_conversation, make_message

if TYPE_CHECKING:
    from accounts.models import User


@pytest.fixture
def talk(alice: User) -> Conversation:
    """Make a conversation in which an answer is being written."""
    talk = make_conversation(alice)
    make_message(talk)
    make_message(talk, "", role=Role.ASSISTANT, status=Status.STREAMING, heartbeat_at=timezone.now())
    return talk


def make_waiting(talk: Conversation, text: str = "Next", **fields: Any) -> QueuedMessage:
    fields = {"model": "demo/demo", "client_id": uuid4().hex, **fields}
    return QueuedMessage.objects.create(conversation=talk, text=text, **fields)


def test_what_waits_is_told_in_its_order(api: Api, talk: Conversation) -> None:
    first, second = make_waiting(talk, "One", held=True, problem="Wait."), make_waiting(talk, "Two")
    told = api.get(f"/conversations/{talk.pk}/queue").json()["data"]
    assert [one["text"] for one in told] == ["One", "Two"]
    assert told[0] | {"created_at": ""} == {
        "id": str(first.pk),
        "conversation": str(talk.pk),
        "client_id": first.client_id,
        "text": "One",
        "model": "demo/demo",
        "models": [],
        "attachments": [],
        "held": True,
        "problem": "Wait.",
        "created_at": "",
    }
    assert api.get(f"/queued/{second.pk}").json() == told[1]


def test_what_waits_is_changed_let_go_and_taken_back(api: Api, talk: Conversation) -> None:
    queued = make_waiting(talk, held=True, problem="Wait.")
    path = f"/queued/{queued.pk}"
    assert api.send("post", f"{path}/send").json()["held"] is False
    changed = api.send("put", path, {"text": "Other"})
    assert (changed.json()["text"], "X-RateLimit-Remaining" in changed) == ("Other", True)
    assert api.send("delete", path).status_code == 204
    assert [api.get(path).status_code, api.send("delete", path).status_code] == [404, 404]


@pytest.mark.parametrize(
    "body", [{}, {"text": ""}, {"text": " "}, {"text": "x" * 100_001}, {"text": "x", "model": "m"}]
)
def test_wrong_words_change_nothing(api: Api, talk: Conversation, body: dict[str, Any]) -> None:
    queued = make_waiting(talk)
    assert api.send("put", f"/queued/{queued.pk}", body).status_code == 400
    assert QueuedMessage.objects.get().text == "Next"


def test_strangers_find_nothing_and_change_nothing(talk: Conversation, bob: User) -> None:
    queued, stranger = make_waiting(talk, held=True), Api(bob)
    path = f"/queued/{queued.pk}"
    answers = [
        stranger.get(f"/conversations/{talk.pk}/queue"),
        stranger.get(path),
        stranger.send("put", path, {"text": "His"}),
        stranger.send("post", f"{path}/send"),
        stranger.send("delete", path),
    ]
    assert [answer.status_code for answer in answers] == [404] * 5
    assert QueuedMessage.objects.values_list("text", "held").get() == ("Next", True)
