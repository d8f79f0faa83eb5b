"""The admin: who may look after whom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.models import Group
from django.test import Client

from accounts.models import Invitation, User
from audit.models import Entry
from tests.accounts.acting import PASSWORD, PEOPLE, act, change, path_in, path_of, sign_in, suspend

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings

    from tests.accounts.conftest import MakeUser

NEW = "a much louder room"


def test_admin_sends_strangers_to_the_one_entrance(client: Client, db: None) -> None:
    assert client.get("/admin/login/")["Location"].startswith("/accounts/login/")
    answer = client.post("/admin/login/", {"username": "root@example.org", "password": "guess"})
    assert answer["Location"].startswith("/accounts/login/")


def test_admin_is_closed_to_people_without_rights(client: Client, user: User) -> None:
    sign_in(client)
    assert client.get("/admin/", follow=True).status_code == 403


def test_list_shows_finds_and_filters_people(as_superuser: Client, user: User, make_user: MakeUser) -> None:
    make_user("bob@example.org", is_active=False)
    assert b"ada@example.org" in as_superuser.get(PEOPLE).content
    found = as_superuser.get(PEOPLE, {"q": "bob"}).content
    assert b"bob@example.org" in found
    assert b"ada@example.org" not in found
    assert b"ada@example.org" not in as_superuser.get(PEOPLE, {"is_active__exact": "0"}).content


@pytest.mark.parametrize(
    ("term", "found"),
    [
        ("ada@EX", ["ada@example.org"]),
        ("BOB", ["bob@example.org"]),
        ("love", ["bob@example.org"]),
        ("hopper love", ["bob@example.org"]),
        ("love hopper", []),
        ("Hopper Lovelace", ["bob@example.org"]),
        ("example.org", []),
        ("", ["bob@example.org", "ada@example.org", "root@example.org"]),
    ],
)
def test_people_are_found_by_address_and_name(
    as_superuser: Client, user: User, make_user: MakeUser, term: str, found: list[str]
) -> None:
    make_user("bob@example.org", name="Hopper Lovelace")
    shown = as_superuser.get(PEOPLE, {"q": term}).context["cl"].result_list
    assert [person.email for person in shown] == found


def test_list_costs_the_same_for_one_and_many(
    as_superuser: Client, make_user: MakeUser, django_assert_num_queries: Any
) -> None:
    as_superuser.get(PEOPLE)
    with django_assert_num_queries(4):
        as_superuser.get(PEOPLE)
    for number in range(5):
        make_user(f"person{number}@example.org")
    with django_assert_num_queries(4):
        as_superuser.get(PEOPLE)


def test_operator_makes_a_person_by_email(as_superuser: Client, settings: Settings) -> None:
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    as_superuser.post(
        f"{PEOPLE}add/",
        {"email": "New@example.org", "name": "N", "usable_password": "true", "password1": NEW, "password2": NEW},
    )
    person = Client()
    assert sign_in(person, "new@example.org", NEW)["Location"] == "/"


def test_person_without_a_password_gets_in_by_a_reset(
    as_superuser: Client, mailoutbox: list[Any], settings: Settings
) -> None:
    as_superuser.post(f"{PEOPLE}add/", {"email": "new@example.org", "usable_password": "false"})
    person = Client()
    assert sign_in(person, "new@example.org", "").status_code == 200
    person.post("/accounts/password/reset/", {"email": "new@example.org"})
    form = person.get(path_in(mailoutbox[0]))["Location"]
    assert person.post(form, {"password1": NEW})["Location"] == "/"


def test_changed_email_is_the_only_one_that_signs_in(as_superuser: Client, user: User) -> None:
    user.confirm_email()
    change(as_superuser, user, email="Lady@Example.org")
    assert sign_in(Client(), "ada@example.org").status_code == 200
    assert sign_in(Client(), "lady@example.org").status_code == 302
    assert [str(address) for address in EmailAddress.objects.filter(user=user)] == ["lady@example.org"]


def test_email_of_somebody_else_is_refused(as_superuser: Client, user: User, make_user: MakeUser) -> None:
    bob = make_user("bob@example.org")
    assert b"There is an account with this email." in change(as_superuser, bob, email="ADA@example.org").content


@pytest.mark.parametrize(
    "forged",
    [
        {"is_superuser": "on"},
        {"is_staff": "on"},
        {"is_staff": "on", "is_superuser": "on", "groups": "1000", "user_permissions": "1"},
    ],
)
def test_moderator_gives_nobody_rights(as_moderator: Client, user: User, forged: dict[str, str]) -> None:
    group = Group.objects.create(name="all", pk=1000)
    change(as_moderator, user, **forged)
    user.refresh_from_db()
    assert not user.is_operator
    assert not user.user_permissions.exists()
    assert not group.user_set.exists()
    as_moderator.post(
        f"{PEOPLE}add/",
        {"email": "x@example.org", "usable_password": "true", "password1": NEW, "password2": NEW, **forged},
    )
    assert not User.objects.get(email="x@example.org").is_operator


def test_moderator_cannot_raise_oneself(as_moderator: Client, moderator: User) -> None:
    assert change(as_moderator, moderator, is_superuser="on").status_code == 403
    moderator.refresh_from_db()
    assert not moderator.is_superuser


def test_moderator_cannot_touch_operators(as_moderator: Client, superuser: User, make_user: MakeUser) -> None:
    colleague = make_user("colleague@example.org", is_staff=True)
    for operator in (superuser, colleague):
        before = operator.password
        assert change(as_moderator, operator, email="mine@example.org").status_code == 403
        password = {"usable_password": "true", "password1": NEW, "password2": NEW}
        assert as_moderator.post(f"{PEOPLE}{operator.pk}/password/", password).status_code == 403
        assert as_moderator.post(f"{PEOPLE}{operator.pk}/delete/", {"post": "yes"}).status_code == 403
        as_moderator.post(PEOPLE, {"action": "delete_selected", "_selected_action": [str(operator.pk)], "post": "yes"})
        operator.refresh_from_db()
        assert operator.password == before
        assert operator.email != "mine@example.org"


def test_moderator_has_no_back_door(as_moderator: Client, superuser: User) -> None:
    assert as_moderator.get("/admin/account/emailaddress/").status_code == 404
    assert as_moderator.post("/admin/auth/group/add/", {"name": "mine"}).status_code == 403
    assert not Group.objects.filter(name="mine").exists()


def test_superuser_gives_rights_but_not_to_oneself(as_superuser: Client, superuser: User, user: User) -> None:
    change(as_superuser, user, is_staff="on")
    user.refresh_from_db()
    assert user.is_staff
    assert suspend(as_superuser, superuser).status_code == 403
    change(as_superuser, superuser, is_staff="", is_superuser="")
    superuser.refresh_from_db()
    assert superuser.is_superuser
    assert superuser.is_staff
    assert superuser.is_active


def test_moderator_leaves_address_and_password_of_people_alone(
    as_moderator: Client, user: User, mailoutbox: list[Any]
) -> None:
    user.confirm_email()
    page = as_moderator.get(f"{PEOPLE}{user.pk}/change/").content.decode()
    assert 'name="email"' not in page
    assert "algorithm" not in page
    assert change(as_moderator, user, email="mine@example.org", name="Ada L").status_code == 302
    password = {"usable_password": "true", "password1": NEW, "password2": NEW}
    assert as_moderator.get(f"{PEOPLE}{user.pk}/password/").status_code == 403
    assert as_moderator.post(f"{PEOPLE}{user.pk}/password/", password).status_code == 403
    user.refresh_from_db()
    assert (user.email, user.name, user.check_password(NEW)) == ("ada@example.org", "Ada L", False)


def test_moderator_sends_a_link_for_a_new_password_to_the_person(
    as_moderator: Client, moderator: User, user: User, mailoutbox: list[Any]
) -> None:
    address = f"{PEOPLE}{user.pk}/reset-link/"
    assert address in as_moderator.get(f"{PEOPLE}{user.pk}/change/").content.decode()
    told = [as_moderator.post(address, follow=True).content.decode() for _ in range(3)]
    assert [letter.to for letter in mailoutbox] == [["ada@example.org"]] * 2
    assert ["is on its way to ada@example.org" in one for one in told] == [True, True, False]
    assert "No other one was sent" in told[2]
    assert not any("/reset/key/" in one for one in told), "nobody else learns it"
    sent = list(Entry.objects.values_list("actor_label", "action", "target_label"))
    assert sent == [(moderator.email, "send reset link", user.email)] * 2
    person = Client()
    form = person.get(path_in(mailoutbox[1]))["Location"]
    assert person.post(form, {"password1": NEW})["Location"] == "/"
    assert as_moderator.get(address).status_code == 405


def test_link_for_a_new_password_goes_to_nobody_else(
    as_moderator: Client, superuser: User, user: User, mailoutbox: list[Any]
) -> None:
    assert as_moderator.post(f"{PEOPLE}{superuser.pk}/reset-link/").status_code == 403
    act(as_moderator, "suspend", user)
    told = as_moderator.post(f"{PEOPLE}{user.pk}/reset-link/", follow=True).content.decode()
    assert "Let them in again first" in told
    assert mailoutbox == []


def test_own_password_changed_in_the_admin_is_in_the_log(as_superuser: Client, superuser: User) -> None:
    form = {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW}
    as_superuser.post("/admin/password_change/", {**form, "old_password": "wrong"})
    assert not Entry.objects.exists()
    assert as_superuser.post("/admin/password_change/", form)["Location"] == "/admin/password_change/done/"
    entry = Entry.objects.get()
    assert (entry.actor_label, entry.action, entry.target_id) == (superuser.email, "change password", str(superuser.pk))
    assert entry.changes == {"password": "changed"}


@pytest.mark.parametrize("way", ["page", "action"])
def test_members_of_a_deleted_group_are_in_the_log(as_superuser: Client, user: User, way: str) -> None:
    group = Group.objects.create(name="readers")
    user.groups.add(group)
    if way == "page":
        as_superuser.post(f"/admin/auth/group/{group.pk}/delete/", {"post": "yes"})
    else:
        chosen = {"action": "delete_selected", "_selected_action": [group.pk], "post": "yes"}
        as_superuser.post("/admin/auth/group/", chosen)
    entry = Entry.objects.get(target_id=str(user.pk))
    assert (entry.action, entry.changes) == ("lose group", {"groups": [["readers"], []]})
    assert Entry.objects.filter(action="delete", target_label="readers").count() == 1


def test_superuser_sets_a_password_and_ends_the_sessions(as_superuser: Client, user: User) -> None:
    session = Client()
    session.force_login(user)
    password = {"usable_password": "true", "password1": NEW, "password2": NEW}
    as_superuser.post(f"{PEOPLE}{user.pk}/password/", password)
    assert session.get("/accounts/settings/").status_code == 302
    assert sign_in(Client(), password=NEW).status_code == 302


def test_deletion_in_form_and_list_removes_people(as_superuser: Client, user: User, make_user: MakeUser) -> None:
    bob = make_user("bob@example.org")
    as_superuser.post(f"{PEOPLE}{user.pk}/delete/", {"post": "yes"})
    as_superuser.post(PEOPLE, {"action": "delete_selected", "_selected_action": [str(bob.pk)], "post": "yes"})
    assert [user.email for user in User.objects.all()] == ["root@example.org"]


def test_last_superuser_is_not_deleted(as_superuser: Client, superuser: User) -> None:
    assert as_superuser.post(f"{PEOPLE}{superuser.pk}/delete/", {"post": "yes"}).status_code == 409
    assert User.objects.get() == superuser


def test_invitation_shows_its_link_once(as_superuser: Client, superuser: User, settings: Settings) -> None:
    settings.SIGNUP = "invite"
    fields = {"email": "new@example.org", "expires_at_0": "2099-01-01", "expires_at_1": "12:00"}
    page = as_superuser.post("/admin/accounts/invitation/add/", fields, follow=True).content.decode()
    assert "The link, shown only now: " in page
    path = path_of(page.partition("shown only now: ")[2].partition("<")[0])
    assert Client().get(path).status_code == 200
    invitation = Invitation.objects.get()
    assert (invitation.email, invitation.created_by) == ("new@example.org", superuser)
    assert "shown only now" not in as_superuser.get("/admin/accounts/invitation/").content.decode()
    as_superuser.post(f"/admin/accounts/invitation/{invitation.pk}/delete/", {"post": "yes"})
    assert Client().get(path).status_code == 403


def test_invitation_cannot_be_rewritten(as_superuser: Client, db: None) -> None:
    invitation = Invitation.objects.create(token_hash="0" * 64)
    as_superuser.post(f"/admin/accounts/invitation/{invitation.pk}/change/", {"email": "eve@example.org"})
    invitation.refresh_from_db()
    assert invitation.email == ""
