"""The permission table: every route and every frame, asked by nobody and by a stranger. What is not listed fails."""

from __future__ import annotations

from dataclasses import fields
from enum import Enum
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from accounts.models import ApiToken
from conversations.models import Message, Preset
from conversations.protocol import COMMANDS
from sharing.models import Link
from tests.support.belongings import OBJECTS, everything_of, make_everything
from tests.support.server import MODEL, on_both_servers

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from accounts.models import User
    from conversations.models import Conversation
    from tests.support.server import Server


class Access(Enum):
    PUBLIC = "anybody"
    PERSON = "who is signed in, and it shows only what is theirs"
    OWNER = "whose it is; for all others it does not exist"
    OPERATOR = "operators"


ROUTES = {
    "manifest": Access.PUBLIC,
    "service_worker": Access.PUBLIC,
    "offline": Access.PUBLIC,
    "account_login": Access.PUBLIC,
    "account_logout": Access.PUBLIC,
    "account_inactive": Access.PUBLIC,
    "account_signup": Access.PUBLIC,
    "account_invitation": Access.PUBLIC,
    "account_setup": Access.PUBLIC,
    "account_email_verification_sent": Access.PUBLIC,
    "account_confirm_email": Access.PUBLIC,
    "account_reset_password": Access.PUBLIC,
    "account_reset_password_done": Access.PUBLIC,
    "account_reset_password_from_key": Access.PUBLIC,
    "account_deleted": Access.PUBLIC,
    "account_choose_language": Access.PUBLIC,
    "embed_diagrams": Access.PUBLIC,
    "embed_preview": Access.PUBLIC,
    "account_settings": Access.PERSON,
    "account_appearance": Access.PERSON,
    "account_language": Access.PERSON,
    "account_tokens": Access.PERSON,
    "account_revoke_tokens": Access.PERSON,
    "account_revoke_token": Access.OWNER,
    "account_change_password": Access.PERSON,
    "account_delete": Access.PERSON,
    "providers:usage": Access.PERSON,
    "conversations:home": Access.PERSON,
    "conversations:new": Access.PERSON,
    "conversations:models": Access.PERSON,
    "conversations:catalogue": Access.PERSON,
    "conversations:instructions": Access.PERSON,
    "conversations:presets": Access.PERSON,
    "conversations:new_preset": Access.PERSON,
    "conversations:preset": Access.OWNER,
    "conversations:delete_preset": Access.OWNER,
    "conversations:detail": Access.OWNER,
    "conversations:rename": Access.OWNER,
    "conversations:delete": Access.OWNER,
    "conversations:restore": Access.OWNER,
    "conversations:end": Access.OWNER,
    "conversations:library": Access.PERSON,
    "conversations:more": Access.PERSON,
    "conversations:arrange": Access.PERSON,
    "conversations:new_folder": Access.PERSON,
    "conversations:folder": Access.OWNER,
    "conversations:delete_folder": Access.OWNER,
    "conversations:edit_queued": Access.OWNER,
    "conversations:release_queued": Access.OWNER,
    "conversations:withdraw_queued": Access.OWNER,
    "conversations:show": Access.OWNER,
    "conversations:keep": Access.OWNER,
    "conversations:fork": Access.OWNER,
    "conversations:delete_message": Access.OWNER,
    "conversations:restore_message": Access.OWNER,
    "conversations:details": Access.OWNER,
    "conversations:rate": Access.OWNER,
    "conversations:document": Access.OWNER,
    "conversations:report": Access.OWNER,
    "conversations:acknowledge": Access.OWNER,
    "files:upload": Access.PERSON,
    "files:file": Access.OWNER,
    "files:thumbnail": Access.OWNER,
    "files:discard": Access.OWNER,
    "files:delete": Access.OWNER,
    "files:own": Access.PERSON,
    "files:add_to_folder": Access.OWNER,
    "files:remove_from_folder": Access.OWNER,
    "search:page": Access.PERSON,
    "search:palette": Access.PERSON,
    "transfer:data": Access.PERSON,
    "transfer:start_export": Access.PERSON,
    "transfer:bring": Access.PERSON,
    "transfer:export_one": Access.OWNER,
    "transfer:document": Access.OWNER,
    "transfer:print": Access.OWNER,
    "transfer:download": Access.OWNER,
    "transfer:remove_export": Access.OWNER,
    "transfer:take": Access.OWNER,
    "transfer:remove_import": Access.OWNER,
    "sharing:shared": Access.PUBLIC,
    "sharing:file": Access.PUBLIC,
    "sharing:thumbnail": Access.PUBLIC,
    "sharing:continue": Access.PERSON,
    "sharing:links": Access.PERSON,
    "sharing:share": Access.OWNER,
    "sharing:revoke": Access.OWNER,
}
VERBS = ("get", "head", "options", "post", "put", "patch", "delete", "trace")
ELSEWHERE = ("admin:", "api:")
"""Operators' pages follow one rule; tests/api/test_access.py has the table of the API."""

NAMELESS = {"accounts/"}  # it only leads to account_settings
ARGUMENTS = {
    "token": "unknown",
    "key": "unknown",
    "uidb36": "1",
    "app_label": "accounts",
    "content_type_id": "1",
    "url": "anything",
    "kind": "csv",
    "ending": "md",
}
OPERATOR_ARGUMENTS = {"object_id", "id", "user_id", "incident"}
# What a stranger gets for another's ids. Closing what one has not open is nothing to complain of.
FRAMES = {
    "conversation.open": "not_found",
    "conversation.close": None,
    "message.send": "not_found",
    "message.edit": "not_found",
    "reply.regenerate": "not_found",
    "reply.continue": "not_found",
    "reply.stop": "not_found",
    "reply.sync": "not_found",
    "ping": None,
}


def routes(patterns: Any = None, path: str = "", space: str = "") -> Iterator[tuple[str, str, URLPattern]]:
    """Give each route's name (with its namespace), its path as written, and its pattern."""
    for pattern in patterns if patterns is not None else get_resolver().url_patterns:
        here = path + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, here, f"{pattern.namespace}:" if pattern.namespace else space)
        else:
            yield f"{space}{pattern.name or ''}", here, pattern


def access_of(name: str) -> Access:
    return Access.OPERATOR if name.startswith("admin:") else ROUTES[name]


def addresses(*wanted: Access, conversation: UUID, user: UUID) -> Iterator[tuple[str, str]]:
    """Give the name and an address of each route of these kinds."""
    known = {
        **ARGUMENTS,
        **dict.fromkeys(OBJECTS, conversation),
        **dict.fromkeys(OPERATOR_ARGUMENTS, user),
    }
    for name, path, pattern in routes():
        if path in NAMELESS or name.endswith(":") or name.startswith("api:") or access_of(name) not in wanted:
            continue
        names = pattern.pattern.converters or pattern.pattern.regex.groupindex
        yield name, reverse(name, kwargs={argument: known[argument] for argument in names})


def leads_to_login(response: Any) -> bool:
    entrances = (reverse("account_login"), reverse("admin:login"))
    return response.status_code == 302 and str(response["Location"]).startswith(entrances)


def test_every_route_is_listed() -> None:
    named = {name for name, path, _ in routes() if path not in NAMELESS and not name.startswith(ELSEWHERE)}
    assert named == set(ROUTES)


def test_every_frame_is_listed() -> None:
    assert set(FRAMES) == set(COMMANDS)


@pytest.fixture
def talk(alice: User) -> Conversation:
    return make_everything(alice)


def test_every_object_of_the_table_is_alices(talk: Conversation) -> None:
    assert {name for name, rows in everything_of(talk).items() if not rows} == set()


@pytest.mark.parametrize("method", VERBS)
def test_anonymous_gets_no_further_than_the_entrance(talk: Conversation, method: str) -> None:
    closed = (Access.PERSON, Access.OWNER, Access.OPERATOR)
    wrong = {}
    for name, address in addresses(*closed, conversation=talk.pk, user=talk.user_id):
        if name == "admin:logout":
            continue  # to leave where one never came in is no harm
        response = getattr(Client(), method)(address)
        if not leads_to_login(response) and response.status_code != 405:
            wrong[name] = response.status_code
    assert wrong == {}


def test_anonymous_sees_the_public_pages_and_nothing_secret(talk: Conversation) -> None:
    for name, address in addresses(Access.PUBLIC, conversation=talk.pk, user=talk.user_id):
        response = Client().get(address)
        assert not leads_to_login(response) or name == "account_logout", name
        assert "secret" not in response.content.decode(), name


@pytest.mark.parametrize("method", VERBS)
def test_stranger_finds_nothing_of_others(talk: Conversation, bob: User, method: str) -> None:
    client = Client()
    client.force_login(bob)
    before = everything_of(talk)
    wrong = {}
    for name, address in addresses(Access.OWNER, conversation=talk.pk, user=talk.user_id):
        response = getattr(client, method)(address, *(({"title": "Mine now"},) if method == "post" else ()))
        unknown = getattr(client, method)(address.replace(str(talk.pk), str(uuid4())))
        same = (response.status_code, response.content) == (unknown.status_code, unknown.content)
        if response.status_code not in {404, 405} or not same:
            wrong[name] = response.status_code
    assert wrong == {}
    assert everything_of(talk) == before


@pytest.mark.parametrize("method", VERBS)
def test_stranger_is_no_operator(talk: Conversation, bob: User, method: str) -> None:
    client = Client()
    client.force_login(bob)
    wrong = {}
    for name, address in addresses(Access.OPERATOR, conversation=talk.pk, user=talk.user_id):
        response = getattr(client, method)(address)
        if response.status_code not in {302, 403, 404, 405} or "secret" in response.content.decode():
            wrong[name] = response.status_code
        if response.status_code == 302:
            assert response["Location"].startswith(("/accounts/", "/admin/login/", "/")), name
    assert wrong == {}


def test_stranger_sees_pages_without_others_talks(talk: Conversation, bob: User) -> None:
    client = Client()
    client.force_login(bob)
    for name, address in addresses(Access.PERSON, conversation=talk.pk, user=talk.user_id):
        assert "secret" not in client.get(address, follow=True).content.decode(), name


def test_no_address_changes_anything_without_a_token_or_by_get(talk: Conversation, alice: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    kinds = (Access.PERSON, Access.OWNER, Access.OPERATOR)
    for name, address in addresses(*kinds, conversation=talk.pk, user=alice.pk):
        assert client.post(address, {"title": "Changed"}).status_code in {302, 403, 405}, name
        client.get(address)
    talk.refresh_from_db()
    assert (talk.title, talk.deleted_at) == ("A secret talk", None)
    assert [one.objects.count() for one in (Message, Preset, Link, ApiToken)] == [1, 1, 1, 1]
    alice.refresh_from_db()
    assert alice.is_active


@on_both_servers
@pytest.mark.parametrize("kind", FRAMES)
async def test_stranger_moves_nothing_by_frames(server: Server, kind: str) -> None:
    alice, bob = server.sign_up("alice"), server.sign_up("bob")
    async with server.connect(alice) as socket:
        asked = await socket.ask("A secret question", MODEL)
        await socket.receive("reply.finished", where=lambda frame: frame["reply"] == asked["reply"])
    before = rows(server, asked["conversation"])
    async with server.connect(bob) as socket:
        await socket.send(kind, **arguments(kind, asked))
        if FRAMES[kind]:
            assert (await socket.receive("error"))["code"] == FRAMES[kind]
        await socket.send("ping")
        await socket.receive("pong")
        assert {frame["type"] for frame in socket.frames} <= {"hello", "error", "pong"}
    assert rows(server, asked["conversation"]) == before


def arguments(kind: str, asked: dict[str, Any]) -> dict[str, Any]:
    """Fill a frame with another's ids."""
    given = {
        "client_id": uuid4().hex,
        "conversation": asked["conversation"],
        "message": asked["message"],
        "reply": asked["reply"],
        "parent": None,
        "text": "Mine now",
        "model": MODEL,
        "attachments": [],
        "folder": None,
        "queue": True,
        "temporary": False,
        "models": [],
    }
    return {field.name: given[field.name] for field in fields(COMMANDS[kind])}


def rows(server: Server, conversation: Any) -> list[tuple[Any, ...]]:
    with server.database():
        found = Message.objects.filter(conversation=conversation).order_by("pk")
        return list(found.values_list("pk", "content", "status", "parent", "continued_by", "stop_requested_at"))
