"""The language of a page: the person's choice, else what this browser was told to speak, else what it asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.db import OperationalError
from django.utils import translation
from django.utils.functional import SimpleLazyObject

from accounts.languages import language_of_request, language_of_socket
from accounts.models import User
from chatproject.errors import Conflict

if TYPE_CHECKING:
    from django.test import Client, RequestFactory
    from pytest_django.fixtures import Settings

LOGIN = "/accounts/login/"
SECTION = "/accounts/settings/language/"
CHOICE = "/accounts/language/"


def spoken(client: Client, path: str, accepted: str = "") -> str:
    answer = client.get(path, headers={"Accept-Language": accepted} if accepted else {})
    assert f'<html lang="{answer["Content-Language"]}" dir="ltr"' in answer.content.decode()
    return answer["Content-Language"]


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("", "en"),
        ("de-AT,en;q=0.5", "de"),
        ("zh-CN", "zh-hans"),
        ("zh", "zh-hans"),
        ("es-MX,de;q=0.9", "es"),
        ("fr,es;q=0.5", "es"),
        ("tlh", "en"),
        ("de;q=x,,;", "en"),
    ],
)
def test_strangers_are_met_in_the_language_of_their_browser(client: Client, accepted: str, language: str) -> None:
    assert spoken(client, LOGIN, accepted) == language
    assert "Accept-Language" in client.get(LOGIN)["Vary"]


def test_stranger_chooses_a_language_and_this_browser_keeps_it(client: Client) -> None:
    answer = client.post(CHOICE, {"language": "es", "next": "/accounts/password/reset/"})
    assert (answer.status_code, answer["Location"]) == (302, "/accounts/password/reset/")
    cookie = answer.cookies["language"]
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")
    assert spoken(client, LOGIN, "de") == "es"


@pytest.mark.parametrize("where", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", ""])
def test_choice_leads_nowhere_else(client: Client, where: str) -> None:
    assert client.post(CHOICE, {"language": "de", "next": where})["Location"] == LOGIN


def test_unknown_language_is_refused_and_an_unknown_cookie_ignored(client: Client) -> None:
    assert client.post(CHOICE, {"language": "xx"}).status_code == 400
    client.cookies["language"] = "xx"
    assert spoken(client, LOGIN, "de") == "de"


def test_choice_of_a_person_holds_in_every_browser(client: Client, user: User) -> None:
    client.force_login(user)
    assert spoken(client, SECTION, "es") == "es"
    assert client.post(SECTION, {"language": "de"})["Location"] == SECTION
    assert User.objects.get(pk=user.pk).language == "de"
    client.cookies.pop("language")
    assert spoken(client, SECTION, "es") == "de"
    client.post(SECTION, {"language": ""})
    assert spoken(client, SECTION, "es") == "es"


def test_pages_of_operators_are_english(client: Client, user: User) -> None:
    User.objects.filter(pk=user.pk).update(is_staff=True, is_superuser=True, language="de")
    client.force_login(user)
    assert spoken(client, "/admin/", "de") == "en"


def test_socket_speaks_as_the_page_does(user: User) -> None:
    scope: dict[str, object] = {"headers": [(b"accept-language", b"de,en;q=0.5"), (b"cookie", b"a=b; language=es")]}
    assert language_of_socket(scope, user) == "es"
    assert language_of_socket({"headers": [(b"accept-language", b"zh-CN")]}, user) == "zh-hans"
    user.language = "de"
    assert language_of_socket(scope, user) == "de"


def test_error_keeps_the_language_in_which_it_was_raised(settings: Settings) -> None:
    settings.LANGUAGE_CODE = "en"
    with translation.override("de"):
        error = Conflict(translation.gettext_lazy("Save"))
        said = str(translation.gettext("Save"))
    assert error.message == said


def test_database_that_is_away_is_waited_for_once(rf: RequestFactory) -> None:
    looks = []

    def look() -> User:
        looks.append("look")
        raise OperationalError("away")

    request = rf.get("/c/", headers={"Accept-Language": "de"})
    request.user = SimpleLazyObject(look)  # type: ignore[assignment]  # as the middleware does
    assert language_of_request(request) == "de"
    with pytest.raises(OperationalError):
        bool(request.user.is_authenticated)
    assert looks == ["look"]
