"""What is long is read beside the event loop, and only for who has a token."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any

import pytest
from asgiref.sync import sync_to_async

from doors.fields import MOST_OBJECTS, BadField, Fields
from doors.http import Exchange, Unauthorized
from doors.reading import SHORT, read_asked
from tests.support.tokens import bearer, make_token

if TYPE_CHECKING:
    from accounts.models import User
    from tests.support.server import Server

ANSWERED_BY_READING = ["/v1/chat/completions", "/v1/messages", "/v1/messages/count_tokens", "/v1/embeddings"]


def asking(body: bytes, secret: str) -> Exchange:
    async def receive() -> Any:
        return {"type": "http.request", "body": body, "more_body": False}

    headers = [(b"content-type", b"application/json"), (b"authorization", f"Bearer {secret}".encode())]

    async def send(_event: Any) -> None:
        raise AssertionError

    scope: Any = {"type": "http", "path": "/v1/chat/completions", "method": "POST", "headers": headers}
    return Exchange(scope, receive, send)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("length", "beside"), [(10, False), (SHORT + 1, True)])
async def test_long_body_is_read_beside_the_loop(alice: User, length: int, beside: bool) -> None:  # noqa: FBT001 - a parameter
    secret = await sync_to_async(make_token)(alice)
    loop = threading.get_ident()
    body = b"[" + b" " * length + b"]"
    assert await read_asked(asking(body, secret), lambda _told: threading.get_ident() != loop) == (secret, beside)


@pytest.mark.django_db(transaction=True)
async def test_long_body_is_not_looked_at_for_who_has_no_token() -> None:
    with pytest.raises(Unauthorized):
        await read_asked(asking(b"[" * SHORT * 2, "sk-chat-nobody"), lambda told: told)


@pytest.mark.parametrize("path", ANSWERED_BY_READING)
def test_stranger_hears_nothing_about_a_long_body(server: Server, path: str) -> None:
    body = b"[" * SHORT * 2
    headers = {"Content-Type": "application/json"}
    assert server.request("POST", path, None, headers | bearer("sk-chat-nobody"), body).status == 401
    token = server.give_token(server.sign_up())
    assert server.request("POST", path, None, headers | bearer(token), body).status == 400


def test_request_of_more_objects_than_anybody_needs_is_refused() -> None:
    def read(count: int) -> int:
        told = Fields(json.loads('{"a": [' + ",".join(['{"b": {}}'] * count) + "]}"))
        return sum(one.object("b") is not None for one in told.objects("a"))

    most = (MOST_OBJECTS - 1) // 2
    assert read(most) == most
    with pytest.raises(BadField) as refusal:
        read(most + 1)
    assert refusal.value.message == f"a[{most}].b: one request takes at most {MOST_OBJECTS} objects."
