"""The permission table of the API and the doors: every operation, asked by nobody, by a stranger, and by too little."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import orjson
import pytest
from django.test import Client
from django.urls import get_resolver
from django.utils import timezone

from accounts.models import ApiToken
from accounts.services import suspend_user
from accounts.tokens import Scope, revoke_all
from api.application import api
from api.examples import ID, example_of
from doors.asgi import ROUTES as DOORS
from tests.site.test_access import VERBS, Access, routes
from tests.support.belongings import everything_of, make_everything
from tests.support.server import on_both_servers
from tests.support.tokens import bearer, make_token

if TYPE_CHECKING:
    from collections.abc import Iterator

    from accounts.models import User
    from conversations.models import Conversation
    from tests.support.server import Server

OPERATIONS = {
    "read_me": Access.PERSON,
    "send_message": Access.PERSON,
    "edit_message": Access.OWNER,
    "read_reply": Access.OWNER,
    "follow_reply": Access.OWNER,
    "stop_reply": Access.OWNER,
    "regenerate_reply": Access.OWNER,
    "continue_reply": Access.OWNER,
    "list_waiting": Access.OWNER,
    "read_waiting": Access.OWNER,
    "reword_waiting": Access.OWNER,
    "release_waiting": Access.OWNER,
    "withdraw_waiting": Access.OWNER,
    "list_conversations": Access.PERSON,
    "read_conversation": Access.OWNER,
    "edit_conversation": Access.OWNER,
    "delete_conversation": Access.OWNER,
    "bring_conversation_back": Access.OWNER,
    "list_messages": Access.OWNER,
    "read_message": Access.OWNER,
    "delete_message": Access.OWNER,
    "bring_message_back": Access.OWNER,
    "show_message": Access.OWNER,
    "keep_message": Access.OWNER,
    "fork_message": Access.OWNER,
    "rate_message": Access.OWNER,
    "unrate_message": Access.OWNER,
    "report_message": Access.OWNER,
    "list_folders": Access.PERSON,
    "make_folder": Access.PERSON,
    "read_folder": Access.OWNER,
    "edit_folder": Access.OWNER,
    "delete_folder": Access.OWNER,
    "add_file_to_folder": Access.OWNER,
    "take_file_from_folder": Access.OWNER,
    "list_all_tags": Access.PERSON,
    "list_models": Access.PERSON,
    "list_presets": Access.PERSON,
    "make_preset": Access.PERSON,
    "read_preset": Access.OWNER,
    "edit_preset": Access.OWNER,
    "delete_preset": Access.OWNER,
    "search": Access.PERSON,
    "list_files": Access.PERSON,
    "upload_file": Access.PERSON,
    "read_file": Access.OWNER,
    "delete_file": Access.OWNER,
    "read_file_content": Access.OWNER,
    "read_file_thumbnail": Access.OWNER,
    "list_links": Access.PERSON,
    "make_link": Access.OWNER,
    "read_link": Access.OWNER,
    "take_link_back": Access.OWNER,
    "read_usage": Access.PERSON,
    "list_site_people": Access.OPERATOR,
    "suspend_person": Access.OPERATOR,
    "reinstate_person": Access.OPERATOR,
    "read_site_usage": Access.OPERATOR,
}
PUBLIC = {"api:openapi", "api:docs"}
"""Says what the project publishes anyway, and to everybody the same."""

DOORS_TABLE = {
    "/v1/chat/completions": Access.PERSON,
    "/v1/embeddings": Access.PERSON,
    "/v1/messages": Access.PERSON,
    "/v1/messages/count_tokens": Access.PERSON,
    "/v1/models": Access.PERSON,
    "/v1/models/{model}": Access.PERSON,
}
ASKED = {
    "model": "openai/fake-echo",
    "messages": [{"role": "user", "content": "Hello"}],
    "max_tokens": 5,
}
DOOR_BODIES = {
    "/v1/chat/completions": ASKED,
    "/v1/messages": ASKED,
    "/v1/messages/count_tokens": {name: ASKED[name] for name in ("model", "messages")},
    "/v1/embeddings": {"model": "openai/fake-embedding", "input": "Hello"},
}
WRONG = {"": "", "unknown": "Bearer sk-chat-" + "x" * 43, "basic": "Basic YTpi", "none": "Bearer "}


class Operation:
    """One operation, as somebody sends it about an id."""

    def __init__(self, method: str, path: str, described: dict[str, Any]) -> None:
        self.method, self.path, self.name = method, path, described["operationId"]
        self.access = OPERATIONS.get(self.name)
        self.scopes = [Scope(one) for one in described["security"][0]["ByToken"]]
        content = described.get("requestBody", {}).get("content", {})
        shapes = api.schema["components"]["schemas"]
        self.body = {kind: example_of(one["schema"], shapes) for kind, one in content.items()}
        wanted = [one for one in described["parameters"] if one["in"] == "query" and one["required"]]
        self.query = {one["name"]: example_of(one["schema"], shapes) for one in wanted}

    def send(self, about: UUID, method: str = "", client: Client | None = None, **headers: str) -> Any:
        address = self.address(about)
        kind, body = next(iter(self.body.items()), ("application/json", None))
        given = headers.pop("authorization", "")
        told: dict[str, Any] = {"headers": {**headers, **({"Authorization": given} if given else {})}}
        if kind == "application/json" and body is not None and (method or self.method) not in {"get", "head"}:
            told |= {"data": orjson.dumps(body).decode().replace(ID, str(about)), "content_type": kind}
        send = getattr(client or Client(raise_request_exception=False), method or self.method)
        return send(address, query_params=self.query or None, **told)

    def address(self, about: UUID) -> str:
        return "".join(
            str(about) if part.startswith("{") else f"/{part}" if not index else part
            for index, part in enumerate(_parts(self.path))
        )


def _parts(path: str) -> list[str]:
    """Cut a path into what is written and what is named."""
    return path.lstrip("/").replace("{", "\0{").replace("}", "}\0").split("\0")


def operations(*wanted: Access) -> Iterator[Operation]:
    for path, methods in api.schema["paths"].items():
        for method, described in methods.items():
            operation = Operation(method, path, described)
            if not wanted or operation.access in wanted:
                yield operation


@pytest.fixture
def talk(alice: User) -> Conversation:
    return make_everything(alice)


def told(answer: Any) -> tuple[int, Any]:
    """Give what an answer tells, but for the name of its request."""
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return answer.status_code, {**orjson.loads(content), "request_id": ""} if content[:1] == b"{" else content


def test_every_operation_and_door_is_listed() -> None:
    assert {operation.name for operation in operations()} == set(OPERATIONS)
    assert set(DOORS_TABLE) == set(DOORS)


def test_every_address_below_the_api_is_one_of_an_operation() -> None:
    served = {name for name, path, _pattern in routes(get_resolver().url_patterns) if path.startswith("api/")}
    described = {f"api:{name}" for bound in api._get_bound_routers() for name in _names(bound)}
    assert served - described - {"api:api-root"} == PUBLIC


def _names(bound: Any) -> Iterator[str]:
    return (pattern.name for pattern in bound.urls_paths(bound.prefix))


@pytest.mark.parametrize("given", WRONG)
def test_nobody_gets_in(talk: Conversation, given: str) -> None:
    before = everything_of(talk)
    wrong = {}
    for operation in operations():
        answer = operation.send(talk.pk, authorization=WRONG[given])
        if told(answer)[0] != 401 or answer.json()["code"] != "unauthorized":
            wrong[operation.name] = answer.status_code
    assert wrong == {}
    assert everything_of(talk) == before


@pytest.mark.parametrize("method", VERBS)
def test_what_no_operation_does_is_not_served(talk: Conversation, alice: User, method: str) -> None:
    token = bearer(make_token(alice, *Scope if alice.is_operator else (Scope.READ, Scope.CHAT)))["Authorization"]
    served: dict[str, set[str]] = {}
    for operation in operations():
        served.setdefault(operation.path, set()).add(operation.method)
    before, wrong = everything_of(talk), {}
    for operation in operations():
        if method not in served[operation.path]:
            answer = operation.send(talk.pk, method, authorization=token)
            allowed = {one.strip().lower() for one in answer.get("Allow", "").split(",")}
            if method == "head" and "get" in served[operation.path]:
                continue  # answered as GET, see below
            if answer.status_code != 405 or allowed != served[operation.path]:
                wrong[operation.path] = answer.status_code
    assert wrong == {}
    assert everything_of(talk) == before


@pytest.mark.django_db(transaction=True)  # what asks a model does so on the loop
def test_a_stranger_finds_nothing_of_others(talk: Conversation, bob: User) -> None:
    token, before, wrong = bearer(make_token(bob))["Authorization"], everything_of(talk), {}
    for operation in operations(Access.OWNER):
        answer = told(operation.send(talk.pk, authorization=token))
        unknown = told(operation.send(uuid4(), authorization=token))
        if answer[0] not in {404, *([400] if "multipart/form-data" in operation.body else [])} or answer != unknown:
            wrong[operation.name] = (answer, unknown)
    assert wrong == {}
    assert everything_of(talk) == before


def test_a_stranger_sees_lists_without_what_is_others(talk: Conversation, bob: User) -> None:
    token = bearer(make_token(bob))["Authorization"]
    for operation in operations(Access.PERSON):
        if operation.method == "get":
            answer = told(operation.send(talk.pk, authorization=token))
            assert answer[0] == 200, operation.name
            assert b"secret" not in orjson.dumps(answer[1]), operation.name


def test_a_stranger_is_no_operator(talk: Conversation, bob: User) -> None:
    bob.is_staff = True
    bob.save()
    token = bearer(make_token(bob, *Scope))["Authorization"]
    for operation in operations(Access.OPERATOR):  # staff, but with no permission
        assert operation.send(talk.user_id, authorization=token).status_code == 403, operation.name
    bob.is_staff = False
    bob.save()
    for operation in operations(Access.OPERATOR):  # no longer staff
        assert operation.send(talk.user_id, authorization=token).status_code == 403, operation.name


@pytest.mark.parametrize("scope", Scope)
def test_a_token_does_no_more_than_its_scope(talk: Conversation, alice: User, scope: Scope) -> None:
    alice.is_staff = True
    alice.save()
    token, before, wrong = bearer(make_token(alice, scope))["Authorization"], everything_of(talk), {}
    for operation in operations():
        if scope not in operation.scopes:
            answer = operation.send(talk.pk, authorization=token)
            if (answer.status_code, answer.json()["code"]) != (403, "forbidden"):
                wrong[operation.name] = answer.status_code
    assert wrong == {}
    assert everything_of(talk) == before


def test_a_session_changes_nothing_without_its_token(talk: Conversation, alice: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    before, wrong = everything_of(talk), {}
    for operation in operations(Access.PERSON, Access.OWNER):
        if operation.method != "get":
            answer = operation.send(talk.pk, client=client)
            if (answer.status_code, answer.json()["code"]) != (403, "csrf_failed"):
                wrong[operation.name] = answer.status_code
    assert wrong == {}
    assert everything_of(talk) == before


@pytest.mark.parametrize("end", ["revoked", "expired", "suspended"])
def test_a_token_that_has_ended_opens_nothing(talk: Conversation, alice: User, end: str) -> None:
    token = bearer(make_token(alice))["Authorization"]
    if end == "revoked":
        revoke_all(alice)
    elif end == "expired":
        ApiToken.objects.filter(user=alice).update(expires_at=timezone.now() - timedelta(seconds=1))
    else:
        suspend_user(alice)
    wrong = {one.name: one.send(talk.pk, authorization=token).status_code for one in operations()}
    assert set(wrong.values()) == {401}, wrong


@on_both_servers
def test_nobody_gets_through_the_doors(server: Server) -> None:
    reader = server.sign_up("reader")
    with server.database():
        reads = bearer(make_token(reader, Scope.READ))["Authorization"]
    for path, methods in DOORS.items():
        address, body = path.replace("{model}", "openai/fake-echo"), orjson.dumps(DOOR_BODIES.get(path))
        for method in methods:
            for given in WRONG.values():
                headers = {"Content-Type": "application/json", **({"Authorization": given} if given else {})}
                assert server.request(method, address, None, headers, body).status == 401, (method, path)
            if method == "POST" and path != "/v1/messages/count_tokens":  # which asks no model
                headers = {"Content-Type": "application/json", "Authorization": reads}
                assert server.request(method, address, None, headers, body).status == 403, path
        for method in {"GET", "POST", "PUT", "PATCH", "DELETE"} - set(methods):
            assert server.request(method, address).status in {401, 405}, (method, path)
        assert server.get(address, reader).status == (405 if "GET" not in methods else 401)
