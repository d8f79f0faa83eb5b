"""The pages themselves: strict about what they carry, kind to password managers and screen readers."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest
from django.core import mail

from accounts.services import invite_person
from accounts.setup import setup_link
from tests.accounts.acting import path_in, path_of, sign_in

if TYPE_CHECKING:
    from django.test import Client

    from accounts.models import User

ENTRANCE = {
    "/accounts/login/": {"login": "username", "password": "current-password"},
    "/accounts/signup/": {"email": "username", "name": "name", "password1": "new-password"},
    "/accounts/password/reset/": {"email": "username"},
    "/accounts/password/reset/done/": {},
    "/accounts/inactive/": {},
    "/accounts/confirm-email/": {},
    "/accounts/confirm-email/x/": {},
    "/accounts/deleted/": {},
    "/accounts/invite/x/": {},
    "/accounts/setup/x/": {},
    "/accounts/password/reset/key/1-x/": {},
}
SETTINGS = {
    "/accounts/logout/": {},
    "/accounts/settings/": {"name": "name"},
    "/accounts/settings/appearance/": dict.fromkeys(("theme", "contrast", "text_size", "motion"), ""),
    "/accounts/settings/language/": {"language": ""},
    "/accounts/settings/tokens/": {"name": "off", "scopes": ""},
    "/accounts/settings/password/": {
        "username": "username",
        "oldpassword": "current-password",
        "password1": "new-password",
    },
    "/accounts/settings/delete/": {"username": "username", "password": "current-password"},
}
NEW_PERSON = {"email": "username", "name": "name", "password1": "new-password"}


class Page(HTMLParser):
    """Collects what the tests ask about."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.inline: list[str] = []
        self.inputs: dict[str, dict[str, str]] = {}
        self.labels: set[str] = set()
        self.ids: set[str] = set()
        self.headings = 0
        self.title = ""
        self._is_title = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        self._is_title = tag == "title"
        self.headings += tag == "h1"
        if tag == "style" or "style" in found or (tag == "script" and "src" not in found):
            self.inline.append(tag)
        self.inline += [name for name in found if name.startswith("on")]
        if "id" in found:
            self.ids.add(found["id"])
        if tag == "label":
            self.labels.add(found["for"])
        if tag == "input" and found["name"] not in {"csrfmiddlewaretoken", "next"}:
            self.inputs[found["name"]] = found

    def handle_data(self, data: str) -> None:
        if self._is_title:
            self.title += data.strip()


def check(page: Page, autocomplete: dict[str, str]) -> None:
    assert not page.inline
    assert page.headings == 1
    assert page.title.endswith(" · Chat")
    assert {name: found.get("autocomplete", "") for name, found in page.inputs.items()} == autocomplete
    for found in page.inputs.values():
        assert "hidden" in found or found["id"] in page.labels
        assert set(found.get("aria-describedby", "").split()) <= page.ids


@pytest.mark.parametrize(("path", "autocomplete"), ENTRANCE.items())
def test_page_of_the_entrance_is_strict_and_kind(
    client: Client, db: None, path: str, autocomplete: dict[str, str]
) -> None:
    check(Page(client.get(path).content.decode()), autocomplete)


@pytest.mark.parametrize(("path", "autocomplete"), SETTINGS.items())
def test_page_of_the_settings_is_strict_and_kind(
    client: Client, user: User, path: str, autocomplete: dict[str, str]
) -> None:
    sign_in(client)
    check(Page(client.get(path).content.decode()), autocomplete)


def test_page_behind_a_link_is_strict_and_kind(client: Client, user: User) -> None:
    _, token = invite_person()
    check(Page(client.get(f"/accounts/invite/{token}/").content.decode()), NEW_PERSON)
    check(Page(client.get(path_of(setup_link() or "")).content.decode()), NEW_PERSON)
    client.post("/accounts/password/reset/", {"email": user.email})
    page = client.get(path_in(mail.outbox[0]), follow=True)
    check(Page(page.content.decode()), {"username": "username", "password1": "new-password"})


@pytest.mark.parametrize("path", ["/accounts/login/", "/accounts/signup/", "/accounts/password/reset/"])
def test_empty_form_explains_each_field_and_moves_the_keyboard_there(client: Client, db: None, path: str) -> None:
    page = Page(client.post(path).content.decode())
    check(page, ENTRANCE[path])
    wrong = [found for found in page.inputs.values() if found.get("aria-invalid") == "true"]
    assert wrong
    assert all(f"{found['id']}_error" in found["aria-describedby"].split() for found in wrong)
    assert ["autofocus" in found for found in page.inputs.values()].count(True) == 1
    assert "autofocus" in wrong[0]


def test_page_shows_what_people_wrote_as_text(client: Client, user: User) -> None:
    user.name = '"><script>alert(1)</script>'
    user.save()
    sign_in(client)
    page = client.get("/accounts/settings/").content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


@pytest.mark.parametrize(
    "path",
    [
        "email/",
        "reauthenticate/",
        "password/set/",
        "password/change/",
        "password/reset/key/done/",
        "login/code/",
        "login/code/confirm/",
        "signup/passkey/",
        "phone/verify/",
    ],
)
def test_page_of_allauth_that_we_do_not_use_is_nowhere(client: Client, user: User, path: str) -> None:
    sign_in(client)
    assert client.get(f"/accounts/{path}").status_code == 404
