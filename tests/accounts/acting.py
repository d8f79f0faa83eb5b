"""What people do, for every test to use."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TYPE_CHECKING, Any, TypeVar

from django.db import connections

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.core.mail import EmailMessage
    from django.test import Client
    from django.test.client import _MonkeyPatchedWSGIResponse as Answer

    from accounts.models import User

T = TypeVar("T")
PASSWORD = "a quiet reading room"
PEOPLE = "/admin/accounts/user/"


def sign_in(client: Client, email: str = "ada@example.org", password: str = PASSWORD, **more: str) -> Answer:
    return client.post("/accounts/login/", {"login": email, "password": password, **more})


def sign_up(client: Client, email: str = "new@example.org", password: str = PASSWORD, **more: str) -> Answer:
    return client.post("/accounts/signup/", {"email": email, "password1": password, **more})


def signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def body(response: Answer, *emails: str) -> str:
    """Give the page without what differs by right: the form's token and the person's own words."""
    text = re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", response.content.decode())
    for email in emails:
        text = text.replace(email, "EMAIL")
    return text


def link_in(message: EmailMessage) -> str:
    found = re.search(r"https?://\S+", str(message.body))
    assert found, message.body
    return found[0]


def path_in(message: EmailMessage) -> str:
    return path_of(link_in(message))


def path_of(address: str) -> str:
    """Leave out scheme and host."""
    return re.sub(r"^https?://[^/]+", "", address)


def at_once(count: int, act: Callable[[int], T]) -> list[T]:
    """Do the same thing from ``count`` threads that start together; each has its own database connection."""
    barrier = Barrier(count)

    def run(number: int) -> T:
        barrier.wait(timeout=30)
        try:
            return act(number)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(count) as threads:
        return list(threads.map(run, range(count)))


def change(client: Client, user: User, **fields: Any) -> Answer:
    posted = {"email": user.email, "name": user.name}
    return client.post(f"{PEOPLE}{user.pk}/change/", {**posted, **fields})


def act(client: Client, action: str, *users: User) -> Answer:
    return client.post(PEOPLE, {"action": action, "_selected_action": [str(user.pk) for user in users]}, follow=True)


def suspend(client: Client, user: User, *, active: str = "no") -> Answer:
    return client.post(f"{PEOPLE}{user.pk}/suspension/", {"active": active})
