"""``/api/conversations``."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from django.utils import timezone

from accounts.tokens import Scope
from conversations.models import Conversation, Folder, Message, ReplyChunk, Role, Status
from tests.api.asking import Api
from tests.support.factories import make_conversation, make_message

if TYPE_CHECKING:
    from accounts.models import User


def titles(answer: Any) -> list[str]:
    return [one["title"] for one in answer.json()["data"]]


def make_several(user: User, *names: str, **fields: Any) -> list[Conversation]:
    """Make conversations, each older than the one before."""
    now = timezone.now()
    made = enumerate(names)
    return [make_conversation(user, name, updated_at=now - timedelta(hours=age), **fields) for age, name in made]


def test_a_conversation_is_told_whole(api: Api, alice: User) -> None:
    folder = Folder.objects.create(user=alice, name="Work")
    talk = make_conversation(alice, "A talk", model="demo/demo", instructions="Be brief.", folder=folder)
    message = make_message(talk)
    answer = api.get(f"/conversations/{talk.pk}")
    assert answer.status_code == 200
    assert answer.json() | {"created_at": "", "updated_at": ""} == {
        "id": str(talk.pk),
        "title": "A talk",
        "model": "demo/demo",
        "instructions": "Be brief.",
        "folder": str(folder.pk),
        "tags": [],
        "pinned": False,
        "archived": False,
        "deleted": False,
        "temporary": False,
        "running": False,
        "leaf": str(message.pk),
        "created_at": "",
        "updated_at": "",
    }


def test_the_list_comes_a_page_at_a_time_and_nothing_twice(api: Api, alice: User, bob: User) -> None:
    make_several(alice, *"abcde")
    make_conversation(bob, "not hers")
    make_conversation(alice, "leaves nothing", is_temporary=True)
    found: list[list[str]] = []
    cursor: dict[str, str] = {}
    while True:
        answer = api.get("/conversations", limit=2, **cursor)
        found.append(titles(answer))
        if not answer.json()["next"]:
            break
        cursor = {"cursor": answer.json()["next"]}
    assert found == [["a", "b"], ["c", "d"], ["e"]]


def test_filters_narrow_the_list(api: Api, alice: User) -> None:
    folder = Folder.objects.create(user=alice, name="Work")
    talks = make_several(alice, "plain", "pinned", "filed", "put away", "deleted", "tagged")
    changes: list[dict[str, Any]] = [
        {"pinned": True},
        {"folder": str(folder.pk)},
        {"archived": True},
        {"title": "gone"},
    ]
    for talk, change in zip(talks[1:], changes, strict=False):
        assert api.send("patch", f"/conversations/{talk.pk}", change).status_code == 200
    assert api.send("delete", f"/conversations/{talks[4].pk}").status_code == 204
    assert api.send("patch", f"/conversations/{talks[5].pk}", {"tags": ["word"]}).json()["tags"] == ["word"]
    assert titles(api.get("/conversations")) == ["plain", "pinned", "filed", "tagged"]
    assert titles(api.get("/conversations", pinned="true")) == ["pinned"]
    assert titles(api.get("/conversations", pinned="false")) == ["plain", "filed", "tagged"]
    assert titles(api.get("/conversations", folder=folder.pk)) == ["filed"]
    assert titles(api.get("/conversations", archived="true")) == ["put away"]
    assert titles(api.get("/conversations", deleted="true")) == ["gone"]
    assert titles(api.get("/conversations", tag="word")) == ["tagged"]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"limit": 0}, 400),
        ({"limit": 101}, 400),
        ({"cursor": "x"}, 404),
        ({"cursor": "eA=="}, 404),
        ({"cursor": "ZmlyZQ\x00"}, 400),
        ({"pinned": "perhaps"}, 400),
        ({"folder": "x"}, 400),
        ({"folder": str(uuid4())}, 404),
        ({"tag": "unknown"}, 404),
        ({"tag": "a\x00b"}, 400),
    ],
)
def test_a_wrong_question_is_refused_in_shape(api: Api, query: dict[str, Any], status: int) -> None:
    answer = api.get("/conversations", **query)
    assert (answer.status_code, answer.json()["code"]) == (status, "bad_request" if status == 400 else "not_found")


def test_lists_ask_the_database_as_often_for_three_as_for_one(
    api: Api, alice: User, django_assert_max_num_queries: Any
) -> None:
    make_several(alice, "one")
    with django_assert_max_num_queries(20) as queries:
        api.get("/conversations")
    asked = len(queries)
    make_several(alice, "two", "three")
    with django_assert_max_num_queries(asked):
        assert len(titles(api.get("/conversations"))) == 3


def test_an_edit_names_the_version_it_saw(api: Api, alice: User) -> None:
    talk = make_conversation(alice, "Before")
    path = f"/conversations/{talk.pk}"
    seen = api.get(path)["ETag"]
    first = api.send("patch", path, {"title": "First"}, If_Match=seen)
    assert (first.status_code, first.json()["title"]) == (200, "First")
    assert first["ETag"] != seen
    late = api.send("patch", path, {"title": "Late"}, If_Match=seen)
    assert (late.status_code, late.json()["code"], late.json()["current"]["title"]) == (409, "conflict", "First")
    for agreed in (f"W/{first['ETag']}", "*"):  # as a proxy that compresses hands it on
        answer = api.send("patch", path, {"title": f"Again {agreed}"}, If_Match=agreed)
        assert answer.status_code == 200
    assert api.get(path)["ETag"] == answer["ETag"]


def test_what_is_said_meanwhile_is_no_other_version(api: Api, alice: User) -> None:
    talk = make_conversation(alice)
    seen = api.get(f"/conversations/{talk.pk}")["ETag"]
    make_message(talk)
    Conversation.objects.update(updated_at=timezone.now())
    assert api.send("patch", f"/conversations/{talk.pk}", {"pinned": True}, If_Match=seen).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        {"title": None},
        {"title": 5},
        {"title": ""},
        {"title": "x" * 201},
        {"pinned": 1},
        {"pinned": "true"},
        {"tags": "word"},
        {"tags": [""]},
        {"tags": ["x"] * 21},
        {"folder": "nowhere"},
        {"model": ""},
        {"instructions": "x" * 20_001},
        {"user": "somebody"},
        [],
        "text",
    ],
)
def test_wrong_changes_change_nothing(api: Api, alice: User, body: Any) -> None:
    talk = make_conversation(alice, "Before")
    answer = api.send("patch", f"/conversations/{talk.pk}", body)
    assert answer.status_code == 400
    assert len(answer.json()["request_id"]) == 32
    assert Conversation.objects.values_list("title", "pinned_at", "model").get() == ("Before", None, "")


def test_a_model_that_is_not_there_changes_nothing(api: Api, alice: User) -> None:
    talk = make_conversation(alice, "Before")
    answer = api.send("patch", f"/conversations/{talk.pk}", {"title": "After", "model": "nobody/nothing"})
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_model")
    assert Conversation.objects.get().title == "Before"


def test_deleted_is_gone_and_comes_back(api: Api, alice: User) -> None:
    path = f"/conversations/{make_conversation(alice).pk}"
    assert api.send("delete", path).status_code == 204
    assert [api.get(path).status_code, api.send("delete", path).status_code] == [404, 404]
    assert api.send("post", f"{path}/restore").json()["deleted"] is False
    assert api.get(path).status_code == 200
    assert api.send("post", f"{path}/restore").status_code == 404


def test_a_temporary_conversation_ends_for_good(api: Api, alice: User) -> None:
    talk = make_conversation(alice, is_temporary=True)
    make_message(talk)
    assert api.get(f"/conversations/{talk.pk}").json()["temporary"] is True
    assert api.send("delete", f"/conversations/{talk.pk}").status_code == 204
    assert not Conversation.objects.exists()


def test_messages_of_a_branch_come_from_its_end(api: Api, alice: User) -> None:
    talk = make_conversation(alice)
    for number in range(5):
        make_message(talk, str(number), role=Role.ASSISTANT if number % 2 else Role.USER)
    path = f"/conversations/{talk.pk}/messages"
    first = api.get(path, limit=3).json()
    assert [one["text"] for one in first["data"]] == ["4", "3", "2"]
    rest = api.get(path, limit=3, cursor=first["next"]).json()
    assert ([one["text"] for one in rest["data"]], rest["next"]) == (["1", "0"], None)


@pytest.mark.parametrize("tree", ["false", "true"])
def test_messages_ask_the_database_as_often_for_three_as_for_one(
    api: Api, alice: User, django_assert_max_num_queries: Any, tree: str
) -> None:
    talk = make_conversation(alice)
    make_message(talk)
    path = f"/conversations/{talk.pk}/messages"
    with django_assert_max_num_queries(20) as queries:
        api.get(path, tree=tree)
    asked = len(queries)
    for role in (Role.ASSISTANT, Role.USER):
        make_message(talk, role=role)
    with django_assert_max_num_queries(asked):
        assert len(api.get(path, tree=tree).json()["data"]) == 3


def test_branches_that_are_not_on_show_are_asked_for(api: Api, alice: User) -> None:
    talk = make_conversation(alice)
    question = make_message(talk, "question")
    other = make_message(talk, "other", role=Role.ASSISTANT)
    shown = make_message(talk, "shown", role=Role.ASSISTANT, parent=question)
    path = f"/conversations/{talk.pk}/messages"
    assert [one["text"] for one in api.get(path).json()["data"]] == ["shown", "question"]
    found = api.get(path, leaf=other.pk).json()["data"]
    assert [one["text"] for one in found] == ["other", "question"]
    assert found[0]["siblings"] == [str(other.pk), str(shown.pk)]
    tree = api.get(path, tree="true", limit=2).json()
    assert [one["text"] for one in tree["data"]] == ["question", "other"]
    rest = api.get(path, tree="true", limit=2, cursor=tree["next"]).json()
    assert ([one["text"] for one in rest["data"]], rest["next"]) == (["shown"], None)


def test_messages_elsewhere_are_no_branch_of_this(api: Api, alice: User, bob: User) -> None:
    talk = make_conversation(alice)
    assert api.get(f"/conversations/{talk.pk}/messages").json() == {"data": [], "next": None}
    for stranger in (make_message(make_conversation(alice)), make_message(make_conversation(bob))):
        assert api.get(f"/conversations/{talk.pk}/messages", leaf=stranger.pk).status_code == 404


def test_an_answer_that_is_written_is_told_as_far_as_it_is_saved(api: Api, alice: User) -> None:
    talk = make_conversation(alice)
    make_message(talk)
    reply = make_message(talk, "", role=Role.ASSISTANT, status=Status.STREAMING, heartbeat_at=timezone.now())
    ReplyChunk.objects.create(reply=reply, offset=0, text="So far")
    for path in (f"/conversations/{talk.pk}/messages", f"/conversations/{talk.pk}/messages?tree=true"):
        told = next(one for one in api.get(path).json()["data"] if one["id"] == str(reply.pk))
        assert (told["text"], told["status"]) == ("So far", "streaming")
    assert api.get("/conversations").json()["data"][0]["running"] is True


def test_strangers_find_nothing_and_change_nothing(alice: User, bob: User) -> None:
    talk, stranger = make_conversation(alice, "Hers"), Api(bob)
    path = f"/conversations/{talk.pk}"
    answers = [
        stranger.get(path),
        stranger.get(f"{path}/messages"),
        stranger.send("patch", path, {"title": "His"}),
        stranger.send("delete", path),
        stranger.send("post", f"{path}/restore"),
    ]
    assert [answer.status_code for answer in answers] == [404] * 5
    talk.refresh_from_db()
    assert (talk.title, talk.deleted_at) == ("Hers", None)


def test_a_token_to_read_changes_nothing(alice: User) -> None:
    talk, reader = make_conversation(alice), Api(alice, Scope.READ)
    path = f"/conversations/{talk.pk}"
    assert reader.get(path).status_code == 200
    assert reader.send("patch", path, {"title": "New"}).status_code == 403
    assert Api(alice, Scope.CHAT).get(path).status_code == 403
    assert Message.objects.count() == 0
