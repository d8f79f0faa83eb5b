"""The page that takes a long file, and from whom."""

from __future__ import annotations

import asyncio
import json
import secrets
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings as site
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.contrib.sessions.models import Session
from django.db import connection

from chatproject.database import in_database
from chatproject.errors import Conflict, TooManyRequests
from chatproject.limits import BodyTooLarge
from chatproject.uploads import IMPORTS, LARGER_BODIES, Admitted, admit
from moderation.models import SensitiveWord
from tests.support.factories import make_user
from tests.support.server import on_both_servers

if TYPE_CHECKING:
    from django.test import AsyncClient
    from pytest_django.fixtures import Settings

    from tests.support.people import Person
    from tests.support.server import Answer, Server

PATH = "/admin/moderation/sensitiveword/import/"
LINES = 100_000


def post_file(server: Server, person: Person, content: bytes, path: str = PATH) -> Answer:
    token, border = secrets.token_hex(16), "x" * 20
    fields = {"csrfmiddlewaretoken": token, "action": "flag", "direction": "both", "dry_run": "on"}
    parts = [
        f'--{border}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{fields[name]}\r\n' for name in fields
    ]
    parts.append(f'--{border}\r\nContent-Disposition: form-data; name="file"; filename="w.csv"\r\n\r\n')
    headers = {
        "Cookie": f"csrf={token}; {person.cookie}",
        "Origin": server.origin,
        "Content-Type": f"multipart/form-data; boundary={border}",
        "Accept": "application/x-ndjson, application/json",
    }
    body = "".join(parts).encode() + content + f"\r\n--{border}--\r\n".encode()
    return server.request("POST", path, None, headers, body)


@on_both_servers
def test_long_file_is_taken_from_who_may_import_and_from_nobody_else(server: Server) -> None:
    operator, plain = server.sign_up("op", is_staff=True), server.sign_up("alice")
    with server.database():
        person = get_user_model().objects.get(pk=operator.user_id)
        person.user_permissions.set(Permission.objects.filter(codename__endswith="_sensitiveword"))
    content = b"pattern,category,note\r\n" + b"".join(
        b"word%d,insults,%s\r\n" % (number, b"x" * 20) for number in range(LINES)
    )
    assert len(content) > 3 << 20
    for somebody, path in ((plain, PATH), (operator, "/admin/moderation/sensitiveword/add/")):
        try:
            status = post_file(server, somebody, content, path).status
        except (BrokenPipeError, ConnectionResetError):
            status = 413  # it answered and closed while we were still sending
        assert status == 413
    answer = post_file(server, operator, content)
    assert answer.status == 200
    told = [json.loads(line) for line in answer.body.splitlines()]
    assert f"The file has {LINES} words" in told[-1]["page"]
    assert {one["what"] for one in told[:-1]} >= {"Reading lines"}
    with server.database():
        assert not SensitiveWord.objects.filter(category="insults", note="x" * 20).exists()


@on_both_servers
def test_large_body_is_refused_where_nobody_can_tell_who_sends_it(server: Server) -> None:
    operator, table, away = server.sign_up("op", is_staff=True), Session._meta.db_table, "sessions_away"
    rename(server, table, away)
    try:
        answer = server.request("POST", PATH, operator, {"Content-Length": str(3 << 20)})
    finally:
        rename(server, away, table)
    assert answer.status == 500
    assert table in server.log
    assert server.get("/accounts/settings/", operator).status == 200


def rename(server: Server, table: str, name: str) -> None:
    with server.database(), connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} RENAME TO {name}")


@pytest.mark.django_db(transaction=True)
async def test_asking_who_sends_leaves_the_session_as_it_is(async_client: AsyncClient, settings: Settings) -> None:
    await async_client.aforce_login(await in_database(make_user, is_staff=True, is_superuser=True))
    key = async_client.cookies[site.SESSION_COOKIE_NAME].value
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "n" * 60, [settings.SECRET_KEY]

    for _ in range(2):
        assert (await admit(scope_of(PATH, key), 2, 1)).most == LARGER_BODIES[PATH][0]
    assert await in_database(Session.objects.filter(pk=key).exists)
    for stranger in ("", "another"):
        with pytest.raises(BodyTooLarge):
            await admit(scope_of(PATH, stranger), 2, 1)


def scope_of(path: str, session_key: str) -> Any:
    cookie = f"{site.SESSION_COOKIE_NAME}={session_key}".encode()
    return {"method": "POST", "path": path, "headers": [(b"cookie", cookie)]}


@pytest.mark.django_db(transaction=True)
async def test_imports_of_a_person_come_one_at_a_time_and_count_before_they_come(
    async_client: AsyncClient, settings: Settings
) -> None:
    settings.RATE_LIMIT_IMPORTS = "2/d"
    await async_client.aforce_login(await in_database(make_user))
    key = async_client.cookies[site.SESSION_COOKIE_NAME].value
    both = await asyncio.gather(*(admit(scope_of(IMPORTS, key), 2, 1) for _ in range(2)), return_exceptions=True)
    assert [type(one) for one in both if isinstance(one, BaseException)] == [Conflict]
    (first,) = (one for one in both if isinstance(one, Admitted))
    first.end()
    second = await admit(scope_of(IMPORTS, key), 2, 1)
    first.end()  # lets nobody else's go
    with pytest.raises(Conflict):
        await admit(scope_of(IMPORTS, key), 2, 1)
    second.end()
    for _ in range(2):
        with pytest.raises(TooManyRequests):
            await admit(scope_of(IMPORTS, key), 2, 1)
