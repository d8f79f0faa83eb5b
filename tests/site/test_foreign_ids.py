"""Ids of somebody else where one's own belong: in every form, in every query and in every field of every frame."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any, get_type_hints
from uuid import uuid4

import pytest
from django.test import Client

from conversations import protocol
from conversations.models import Conversation, Folder, Message, Preset, Role
from conversations.protocol import COMMANDS
from files.models import Kind, Upload
from sharing.services import share_branch
from tests.site.test_access import VERBS, Access, addresses
from tests.site.test_access import talk as talk  # noqa: PLC0414 - the fixture
from tests.support.belongings import OBJECTS, everything_of
from tests.support.factories import make_conversation, make_message
from tests.support.server import MODEL

if TYPE_CHECKING:
    from accounts.models import User
    from tests.support.people import Person
    from tests.support.server import Server

FORM_FIELDS = (
    *OBJECTS,
    *(name.removesuffix("_id") for name in OBJECTS),
    *("id", "ids", "conversations", "messages", "parent", "before", "after", "to", "next", "leaf", "file"),
)
"""Whatever a form or a query calls what it names."""


@pytest.fixture
def own(bob: User) -> Conversation:
    """Make what bob has: as alice's, with one id for all that addresses name."""
    talk = make_conversation(bob, "Mine", model="demo/demo")
    make_message(talk, "My question", pk=talk.pk)
    Folder.objects.create(pk=talk.pk, user=bob, name="My folder")
    Preset.objects.create(pk=talk.pk, user=bob, name="My preset", model="demo/demo")
    Upload.objects.create(pk=talk.pk, user=bob, name="my.png", kind=Kind.PICTURE, size=1, kept=1, is_ready=True)
    return talk


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["get", "post"])
def test_ids_of_others_in_forms_and_queries_lead_to_nothing(
    talk: Conversation, own: Conversation, bob: User, method: str
) -> None:
    client = Client(raise_request_exception=False)
    client.force_login(bob)
    before = everything_of(talk)["messages"]
    foreign = dict.fromkeys(FORM_FIELDS, str(talk.pk))
    wishes = ("pin", "archive", "delete", "move", f"move:{talk.pk}", "tag")
    for name, address in addresses(Access.PERSON, Access.OWNER, conversation=own.pk, user=bob.pk):
        for wish in wishes if name == "conversations:arrange" else ("",):
            given = {**foreign, "wish": wish, "action": wish, "model": f"preset/{talk.pk}", "name": "x", "q": "secret"}
            response = getattr(client, method)(address, given)
            assert response.status_code < 500, name
            shown = b"" if response.streaming else response.content
            assert b"A secret" not in shown.replace(b"secret</mark>", b""), name
    assert everything_of(talk)["messages"] == before
    talk.refresh_from_db()
    assert (talk.title, talk.deleted_at, talk.pinned_at, talk.archived_at, talk.folder) == (
        "A secret talk", None, None, None, None,
    )  # fmt: skip
    assert not Conversation.objects.filter(user=bob, folder__user=talk.user).exists()
    assert not Folder.objects.filter(user=bob, parent__user=talk.user).exists()
    assert not Message.objects.filter(conversation__user=bob, attachments__upload__user=talk.user).exists()
    assert not Message.objects.filter(conversation__user=bob, parent__conversation__user=talk.user).exists()


@pytest.mark.django_db
@pytest.mark.parametrize("method", VERBS)
@pytest.mark.parametrize("is_signed_in", [False, True])
def test_who_has_a_link_reaches_the_snapshot_and_nothing_else(
    talk: Conversation, bob: User, method: str, *, is_signed_in: bool
) -> None:
    make_message(talk, "An open answer", role=Role.ASSISTANT)
    _link, token = share_branch(talk, with_files=True)
    make_message(talk, "A later secret")
    client = Client()
    if is_signed_in:
        client.force_login(bob)
    page = client.get(f"/s/{token}/").content.decode()
    assert "An open answer" in page
    assert "later" not in page
    before = everything_of(talk)
    for name, address in addresses(Access.OWNER, conversation=talk.pk, user=talk.user_id):
        status = getattr(client, method)(address).status_code
        assert status in ({404, 405} if is_signed_in else {302, 405}), name
    for address in (f"/s/{token}/", f"/s/{token}/files/{talk.pk}/", f"/s/{token}/files/{talk.pk}/thumbnail/"):
        if method != "get":
            assert getattr(client, method)(address).status_code == 405
        elif address != f"/s/{token}/":
            assert client.get(address).status_code == 404  # the file of no message of the branch
    assert everything_of(talk) == before


def named_fields(kind: str) -> list[str]:
    """List the fields of a frame that name something: those with ids, and the model, which may be a preset."""
    hints = get_type_hints(COMMANDS[kind], vars(protocol))
    return [
        one.name for one in fields(COMMANDS[kind]) if "UUID" in str(hints[one.name]) or one.name.startswith("model")
    ]


EVERY_FIELD = [(kind, field) for kind in COMMANDS for field in named_fields(kind)]
REFUSED = {"not_found", "unknown_model", "bad_request"}


@pytest.fixture
def people(server: Server) -> tuple[Person, Person]:
    return server.sign_up("alice"), server.sign_up("bob")


def stored(server: Server, person: Person) -> list[Any]:
    with server.database():
        rows: list[Any] = list(Message.objects.filter(conversation__user=person.user_id).order_by("pk").values())
        for model in (Folder, Preset, Upload):
            rows += model._default_manager.filter(user=person.user_id).order_by("pk").values()
        return rows


def give_things(server: Server, person: Person) -> dict[str, str]:
    """Let somebody have a folder, a preset and a file; returns their ids by the field that would name them."""
    with server.database():
        folder = Folder.objects.create(user_id=person.user_id, name="Folder")
        preset = Preset.objects.create(user_id=person.user_id, name="Preset", model=MODEL)
        upload = Upload.objects.create(
            user_id=person.user_id, name="a.txt", kind=Kind.DOCUMENT, size=1, kept=1, is_ready=True, text="secret"
        )
        return {"folder": str(folder.pk), "model": f"preset/{preset.pk}", "attachments": str(upload.pk)}


async def test_id_of_somebody_else_in_any_field_is_refused_and_changes_nothing(
    server: Server, people: tuple[Person, Person]
) -> None:
    alice, bob = people
    theirs: dict[str, Any] = give_things(server, alice)
    async with server.connect(alice) as socket:
        asked = await socket.ask("A secret question", MODEL)
        await socket.receive("reply.finished", where=lambda frame: frame["reply"] == asked["reply"])
    theirs |= {"conversation": asked["conversation"], "parent": asked["message"], "message": asked["message"]}
    theirs |= {"reply": asked["reply"], "attachments": [theirs["attachments"]]}
    theirs["models"] = [MODEL, theirs["model"]]
    before = stored(server, alice)
    async with server.connect(bob) as socket:
        mine = await socket.ask("My question", MODEL)
        await socket.receive("reply.finished", where=lambda frame: frame["reply"] == mine["reply"])
        own_before = stored(server, bob)
        for kind, field in EVERY_FIELD:
            socket.frames.clear()
            await socket.send(kind, **filled(kind, mine) | {field: theirs[field]})
            if kind != "conversation.close":
                assert (await socket.receive("error"))["code"] in REFUSED, (kind, field)
            assert "secret" not in str(socket.frames)
        assert stored(server, bob) == own_before
    assert stored(server, alice) == before


def filled(kind: str, mine: dict[str, Any]) -> dict[str, Any]:
    """Fill a frame with one's own, so that it would be taken as it is."""
    given = {
        "client_id": uuid4().hex,
        "conversation": mine["conversation"],
        "message": mine["message"],
        "reply": mine["reply"],
        "parent": None,
        "text": "More",
        "model": MODEL,
        "models": [],
        "attachments": [],
        "folder": None,
        "queue": False,
        "temporary": False,
    }
    if kind == "message.send":
        given["conversation"] = None
    return {one.name: given[one.name] for one in fields(COMMANDS[kind])}
