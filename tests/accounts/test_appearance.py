"""How the pages look: chosen by each person, kept with the account, on the page before anything is painted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from accounts.models import User

if TYPE_CHECKING:
    from django.test import Client

ADDRESS = "/accounts/settings/appearance/"
CHOSEN = {"theme": "dark", "contrast": "more", "text_size": "large", "motion": "less"}
JSON = {"Accept": "application/json"}


def chosen(user: User) -> dict[str, str]:
    found: dict[str, str] = User.objects.filter(pk=user.pk).values(*CHOSEN)[0]
    return found


def test_form_saves_all_and_every_page_knows(client: Client, user: User) -> None:
    client.force_login(user)
    page = client.post(ADDRESS, CHOSEN, follow=True).content.decode()
    assert "Your choice is saved." in page
    assert chosen(user) == CHOSEN
    for address in (ADDRESS, "/c/", "/library/"):
        page = client.get(address).content.decode()
        assert ' data-theme="dark" data-contrast="more" data-text-size="large" data-motion="less"' in page, address
        assert page.count('media="all"') == 2, address


def test_what_is_not_sent_stays_as_it_is(client: Client, user: User) -> None:
    client.force_login(user)
    User.objects.filter(pk=user.pk).update(**CHOSEN)
    answer = client.post(ADDRESS, {"theme": "light", "is_staff": "on", "name": "Eve"}, headers=JSON)
    assert (answer.status_code, answer.json()) == (200, {})
    assert chosen(user) == {**CHOSEN, "theme": "light"}
    user.refresh_from_db()
    assert (user.is_staff, user.name) == (False, "")


@pytest.mark.parametrize("name", CHOSEN)
def test_nonsense_changes_nothing(client: Client, user: User, name: str) -> None:
    client.force_login(user)
    answer = client.post(ADDRESS, {name: "purple"}, headers=JSON)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "bad_request")
    assert 'class="field-error"' in client.post(ADDRESS, {name: "purple"}).content.decode()
    assert "purple" not in chosen(user).values()


def test_pages_that_know_nobody_choose_nothing(client: Client) -> None:
    page = client.get("/accounts/login/").content.decode()
    assert "data-theme" not in page
    assert 'media="all"' not in page
