"""People, and the settings that the tests here start from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import pytest
from django.contrib.auth.models import Permission
from django.core.cache import caches

from accounts.models import User
from tests.accounts.acting import PASSWORD

if TYPE_CHECKING:
    from django.test import Client
    from pytest_django.fixtures import Settings


class MakeUser(Protocol):
    def __call__(self, email: str = ..., **fields: Any) -> User: ...


@pytest.fixture(autouse=True)
def _accounts_settings(settings: Settings) -> None:
    settings.SIGNUP = "open"
    settings.ACCOUNT_EMAIL_VERIFICATION = "none"
    for cache in caches.all(initialized_only=True):
        cache.clear()


@pytest.fixture
def make_user(db: None) -> MakeUser:
    def make(email: str = "ada@example.org", **fields: Any) -> User:
        return User.objects.create_user(email, PASSWORD, **fields)

    return make


@pytest.fixture
def user(make_user: MakeUser) -> User:
    return make_user()


@pytest.fixture
def superuser(db: None) -> User:
    return User.objects.create_superuser("root@example.org", PASSWORD)


@pytest.fixture
def moderator(make_user: MakeUser) -> User:
    """Make an operator with every right, who is not a superuser."""
    user = make_user("mod@example.org", is_staff=True)
    user.user_permissions.set(Permission.objects.all())
    return user


@pytest.fixture
def as_moderator(client: Client, moderator: User) -> Client:
    client.force_login(moderator)
    return client


@pytest.fixture
def as_superuser(client: Client, superuser: User) -> Client:
    client.force_login(superuser)
    return client
