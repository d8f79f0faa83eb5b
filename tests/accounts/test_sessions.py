"""Which sessions hold, and which sockets are told to look again."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.contrib.sessions.models import Session
from django.core import mail
from django.core.management import call_command
from django.db import connections
from django.test import Client
from django.utils import timezone

from accounts.services import delete_account, reinstate_user, suspend_user
from accounts.sessions import session_user
from conversations.broadcast import hub, person
from tests.accounts.acting import PASSWORD, path_in, sign_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from uuid import UUID

    from pytest_django.fixtures import Settings

    from accounts.models import User

NEW = "a much louder room"


def key_of(client: Client) -> str:
    assert client.session.session_key
    return client.session.session_key


def test_session_user_is_who_signed_in(client: Client, user: User) -> None:
    sign_in(client)
    assert session_user(key_of(client)) == user


@pytest.mark.parametrize("key", ["", "x", "0" * 32, "../../etc/passwd", "a\x00" * 16, "🙂" * 40])
def test_session_user_of_a_made_up_key_is_nobody(db: None, key: str) -> None:
    assert session_user(key) is None
    assert not Session.objects.exists()


def test_cookie_that_is_no_key_is_a_visitor(client: Client, db: None) -> None:
    client.cookies["session"] = "\0" * 32
    assert client.get("/accounts/login/").status_code == 200
    assert client.get("/c/")["Location"].startswith("/accounts/login/")


def test_session_user_of_a_stranger_is_nobody(client: Client, db: None) -> None:
    session = client.session
    session["visits"] = 1
    session.save()
    assert session_user(key_of(client)) is None


def test_session_user_is_nobody_after_log_out(client: Client, user: User) -> None:
    sign_in(client)
    key = key_of(client)
    client.post("/accounts/logout/")
    assert session_user(key) is None


def test_session_user_is_nobody_once_expired(client: Client, user: User) -> None:
    sign_in(client)
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    assert session_user(key_of(client)) is None


def test_session_user_is_nobody_while_suspended(client: Client, user: User) -> None:
    sign_in(client)
    suspend_user(user)
    assert session_user(key_of(client)) is None


def test_sessions_of_before_a_suspension_never_hold_again(
    client: Client, user: User, superuser: User, settings: Settings
) -> None:
    sign_in(client)
    other = Client()
    other.force_login(superuser)
    key, former = key_of(client), settings.SECRET_KEY
    suspend_user(user)
    reinstate_user(user)
    assert session_user(key) is None
    assert client.get("/accounts/settings/").status_code == 302
    sign_in(client)
    assert session_user(key_of(client)) == user
    assert session_user(key_of(other)) == superuser, "only theirs"
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "n" * 60, [former]
    assert session_user(key_of(client)) == user


def test_sessions_of_before_each_suspension_are_told_apart(client: Client, user: User) -> None:
    stale = type(user).objects.get(pk=user.pk)
    suspend_user(user)
    reinstate_user(user)
    sign_in(client)
    suspend_user(stale)
    reinstate_user(stale)
    assert session_user(key_of(client)) is None


def test_session_user_is_nobody_after_another_password(client: Client, user: User) -> None:
    sign_in(client)
    user.set_password(NEW)
    user.save()
    assert session_user(key_of(client)) is None


def test_session_user_is_nobody_once_deleted(client: Client, user: User) -> None:
    sign_in(client)
    delete_account(user)
    assert session_user(key_of(client)) is None


def test_session_user_survives_a_new_secret_key_and_changes_nothing(
    client: Client, user: User, settings: Settings
) -> None:
    sign_in(client)
    key = key_of(client)
    former = settings.SECRET_KEY
    settings.SECRET_KEY = "n" * 60
    assert session_user(key) is None
    settings.SECRET_KEY_FALLBACKS = [former]
    assert session_user(key) == user
    assert Session.objects.get().session_key == key


class Socket:
    """Listens like a socket does; each time it is told to look, it notes whom its session belongs to by then."""

    def __init__(self, session_key: str) -> None:
        self._session_key = session_key
        self.seen: list[User | None] = []

    def deliver(self, text: str, replaces: str) -> None:
        raise AssertionError("no frame is sent here")

    def check_session(self) -> None:
        with ThreadPoolExecutor(1) as thread:
            self.seen.append(thread.submit(self._look).result())

    def _look(self) -> User | None:
        try:
            return session_user(self._session_key)
        finally:
            connections.close_all()


@pytest.fixture
def listen() -> Iterator[Callable[[UUID, str], Socket]]:
    joined: list[tuple[str, Socket]] = []

    def join(user_id: UUID, session_key: str) -> Socket:
        socket = Socket(session_key)
        asyncio.run(hub.join(person(user_id), socket))
        joined.append((person(user_id), socket))
        return socket

    yield join
    for group, socket in joined:
        asyncio.run(hub.leave(group, socket))


committed = pytest.mark.django_db(transaction=True)


@committed
def test_log_out_closes_this_session_only(client: Client, user: User, listen: Callable[[UUID, str], Socket]) -> None:
    phone = Client()
    sign_in(client)
    sign_in(phone)
    here, there = listen(user.pk, key_of(client)), listen(user.pk, key_of(phone))
    client.post("/accounts/logout/")
    assert here.seen == [None]
    assert there.seen == [user]


@committed
def test_suspension_closes_every_socket(client: Client, user: User, listen: Callable[[UUID, str], Socket]) -> None:
    sign_in(client)
    socket = listen(user.pk, key_of(client))
    suspend_user(user)
    assert socket.seen == [None]


@committed
def test_changed_password_closes_every_socket(
    client: Client, user: User, listen: Callable[[UUID, str], Socket]
) -> None:
    phone = Client()
    sign_in(client)
    sign_in(phone)
    sockets = [listen(user.pk, key_of(client)), listen(user.pk, key_of(phone))]
    client.post("/accounts/settings/password/", {"oldpassword": PASSWORD, "password1": NEW})
    assert [socket.seen[-1] for socket in sockets] == [None, None]
    assert client.get("/accounts/settings/").status_code == 200, "who changed it stays signed in"
    assert phone.get("/accounts/settings/").status_code == 302


@committed
def test_reset_password_closes_every_socket(client: Client, user: User, listen: Callable[[UUID, str], Socket]) -> None:
    phone = Client()
    sign_in(phone)
    socket = listen(user.pk, key_of(phone))
    client.post("/accounts/password/reset/", {"email": user.email})
    form = client.get(path_in(mail.outbox[0]))["Location"]
    client.post(form, {"password1": NEW})
    assert socket.seen[-1] is None


@committed
def test_deleted_account_closes_every_socket(client: Client, user: User, listen: Callable[[UUID, str], Socket]) -> None:
    sign_in(client)
    socket = listen(user.pk, key_of(client))
    client.post("/accounts/settings/delete/", {"password": PASSWORD})
    assert socket.seen[-1] is None


@committed
def test_password_set_on_the_command_line_closes_every_socket(
    client: Client, user: User, listen: Callable[[UUID, str], Socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_in(client)
    socket = listen(user.pk, key_of(client))
    monkeypatch.setattr("getpass.getpass", lambda *_args, **_kwargs: NEW)
    call_command("changepassword", user.email)
    assert socket.seen == [None]


@committed
def test_other_peoples_sockets_are_left_alone(
    client: Client, user: User, superuser: User, listen: Callable[[UUID, str], Socket]
) -> None:
    sign_in(client)
    socket = listen(user.pk, key_of(client))
    suspend_user(superuser)
    assert socket.seen == []
