"""Suspending in the admin: on the page of its own, and in the list of people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.test import Client

from accounts.models import User
from tests.accounts.acting import PEOPLE, act, change, suspend

if TYPE_CHECKING:
    from tests.accounts.conftest import MakeUser


def test_suspension_on_a_page_and_in_the_list_ends_sessions(
    as_moderator: Client, user: User, make_user: MakeUser
) -> None:
    bob = make_user("bob@example.org")
    sessions = []
    for person in (user, bob):
        session = Client()
        session.force_login(person)
        sessions.append(session)
    suspend(as_moderator, user)
    act(as_moderator, "suspend", bob)
    assert [session.get("/accounts/settings/").status_code for session in sessions] == [302, 302]
    act(as_moderator, "reinstate", user, bob)
    assert User.objects.filter(is_active=True, pk__in=[user.pk, bob.pk]).count() == 2
    assert LogEntry.objects.filter(object_id=str(bob.pk)).count() == 2


def test_suspension_leaves_oneself_and_operators_alone(
    as_moderator: Client, moderator: User, superuser: User, user: User
) -> None:
    answer = act(as_moderator, "suspend", moderator, superuser, user)
    assert "Suspended: 1." in answer.content.decode()
    assert "yourself or operators: 2" in answer.content.decode()
    assert set(User.objects.filter(is_active=True)) == {moderator, superuser}


def test_page_of_a_person_that_is_saved_after_a_suspension_lets_nobody_in(as_moderator: Client, user: User) -> None:
    page = f"{PEOPLE}{user.pk}/change/"
    assert 'name="is_active"' not in as_moderator.get(page).content.decode()
    suspend(as_moderator, user)
    change(as_moderator, user, is_active="on", name="Ada L")
    user.refresh_from_db()
    assert (user.name, user.is_active) == ("Ada L", False)


def test_page_of_a_person_leads_to_the_suspension_for_who_may_suspend(
    as_moderator: Client, moderator: User, superuser: User, user: User
) -> None:
    def leads(person: User) -> bool:
        return f"/{person.pk}/suspension/" in as_moderator.get(f"{PEOPLE}{person.pk}/change/").content.decode()

    assert [leads(person) for person in (user, moderator, superuser)] == [True, False, False]
    moderator.user_permissions.remove(Permission.objects.get(codename="suspend_user"))
    assert not leads(user)
