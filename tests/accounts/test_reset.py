"""Lost passwords: the link goes to the right place, works once, and tells strangers nothing."""

from __future__ import annotations

from smtplib import SMTPServerDisconnected
from typing import TYPE_CHECKING

import pytest
from django.core import mail
from django.core.mail.backends.base import BaseEmailBackend
from django.test import Client

from accounts.limits import parse_rate
from accounts.resets import RATE
from accounts.services import suspend_user
from tests.accounts.acting import body, link_in, path_in, sign_in, signed_in

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Answer
    from pytest_django.fixtures import Settings

    from accounts.models import User

NEW = "a much louder room"


def ask(client: Client, email: str = "ada@example.org", **headers: str) -> Answer:
    return client.post("/accounts/password/reset/", {"email": email}, **headers)  # type: ignore[arg-type]


def open_link(client: Client) -> str:
    """Open the newest mail's link; gives the address of the form."""
    return client.get(path_in(mail.outbox[-1]))["Location"]


def test_reset_changes_the_password_and_signs_in(client: Client, user: User) -> None:
    other = Client()
    sign_in(other)
    assert ask(client)["Location"] == "/accounts/password/reset/done/"
    assert mail.outbox[0].to == ["ada@example.org"]
    form = open_link(client)
    assert 'autocomplete="new-password"' in client.get(form).content.decode()
    assert client.post(form, {"password1": NEW})["Location"] == "/"
    assert signed_in(client)
    user.refresh_from_db()
    assert user.check_password(NEW)
    assert other.get("/accounts/settings/").status_code == 302, "the other session must have ended"


def test_reset_is_confirmed_once_in_the_chat(client: Client, user: User) -> None:
    ask(client)
    client.post(open_link(client), {"password1": NEW})
    assert "Your password is changed." in client.get("/c/").content.decode()
    assert "Your password is changed." not in client.get("/c/").content.decode()


def test_reset_says_where_the_mail_is_when_none_is_sent(client: Client, settings: Settings) -> None:
    assert "spam folder" in client.get("/accounts/password/reset/done/").content.decode()
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    page = client.get("/accounts/password/reset/done/").content.decode()
    assert "in the terminal of whoever runs it" in page
    assert "spam folder" not in page


def test_reset_answers_alike_for_known_and_unknown_emails(client: Client, user: User) -> None:
    known, unknown = ask(client), ask(client, "eve@example.org")
    assert known["Location"] == unknown["Location"]
    first = body(client.get(known["Location"]), "ada@example.org")
    assert first == body(client.get(unknown["Location"]), "eve@example.org")
    assert [message.to[0] for message in mail.outbox] == ["ada@example.org", "eve@example.org"]
    assert mail.outbox[0].subject == mail.outbox[1].subject
    assert "/reset/key/" not in mail.outbox[1].body


def test_reset_answers_alike_when_no_more_mails_are_sent(client: Client, user: User) -> None:
    answers = [ask(client, email) for email in ["ada@example.org", "ADA@example.org"] * 4]
    assert {(answer.status_code, answer["Location"]) for answer in answers} == {(302, "/accounts/password/reset/done/")}
    assert len(mail.outbox) == 2
    ask(client, "eve@example.org")
    assert mail.outbox[2].to == ["eve@example.org"], "each address is counted alone"
    assert client.get(path_in(mail.outbox[1])).status_code == 302, "the last link still works"


def test_reset_link_lives_as_long_as_no_other_is_sent(settings: Settings) -> None:
    assert parse_rate(RATE)[1] == settings.PASSWORD_RESET_TIMEOUT


def test_reset_sends_no_link_to_a_suspended_person(client: Client, user: User) -> None:
    suspend_user(user)
    ask(client)
    assert "/reset/key/" not in mail.outbox[0].body


@pytest.mark.parametrize(
    "headers",
    [
        {"HTTP_HOST": "evil.example"},
        {"HTTP_HOST": "127.0.0.1:80@evil.example"},
        {"HTTP_HOST": "127.0.0.1.evil.example"},
    ],
)
def test_reset_with_a_foreign_host_is_refused(client: Client, user: User, headers: dict[str, str]) -> None:
    assert ask(client, **headers).status_code == 400
    assert not mail.outbox


@pytest.mark.parametrize(
    "headers",
    [
        {"HTTP_HOST": "localhost:6666"},
        {"HTTP_X_FORWARDED_HOST": "evil.example"},
        {"HTTP_X_FORWARDED_PROTO": "https"},
        {"HTTP_FORWARDED": "host=evil.example"},
        {"HTTP_X_ORIGINAL_URL": "https://evil.example/"},
    ],
)
def test_reset_link_is_made_of_the_public_address(
    client: Client, user: User, settings: Settings, headers: dict[str, str]
) -> None:
    settings.PUBLIC_URL = "https://chat.example.org"
    assert ask(client, **headers).status_code == 302
    assert link_in(mail.outbox[0]).startswith("https://chat.example.org/accounts/password/reset/key/")
    assert "evil" not in mail.outbox[0].message().as_string()


def test_reset_link_works_once(client: Client, user: User) -> None:
    ask(client)
    client.post(open_link(client), {"password1": NEW})
    again = Client().get(path_in(mail.outbox[0]))
    assert again.status_code == 400
    assert "does not work any more" in again.content.decode()


def test_reset_link_expires(client: Client, user: User, settings: Settings) -> None:
    ask(client)
    settings.PASSWORD_RESET_TIMEOUT = -1
    assert client.get(path_in(mail.outbox[0])).status_code == 400


def test_reset_link_lives_twenty_minutes(settings: Settings) -> None:
    assert settings.PASSWORD_RESET_TIMEOUT == 20 * 60


def test_reset_link_dies_when_the_person_signs_in(client: Client, user: User) -> None:
    ask(client)
    sign_in(Client())
    assert client.get(path_in(mail.outbox[0])).status_code == 400


@pytest.mark.parametrize("key", ["null", "None", "undefined", "0", "set-password", "a-b", "x" * 5000, "%00"])
def test_reset_with_a_made_up_token_changes_nothing(client: Client, user: User, key: str) -> None:
    before = user.password
    for uid in (user.pk.hex, "1", "0" * 32, "zz"):
        path = f"/accounts/password/reset/key/{uid}-{key}/"
        assert client.get(path).status_code == 400
        assert client.post(path, {"password1": NEW}).status_code == 400
    user.refresh_from_db()
    assert user.password == before


@pytest.mark.parametrize("path", ["/accounts/password/reset/key/", "/accounts/password/reset/key/-/"])
def test_reset_without_a_token_is_nowhere(client: Client, user: User, path: str) -> None:
    assert client.post(path, {"password1": NEW}).status_code == 404


def test_reset_token_of_one_person_does_not_open_another(client: Client, user: User, superuser: User) -> None:
    ask(client)
    path = path_in(mail.outbox[0]).replace(user.pk.hex, superuser.pk.hex)
    assert client.get(path).status_code == 400


def test_reset_holds_the_password_to_the_rules(client: Client, user: User) -> None:
    ask(client)
    form = open_link(client)
    assert "too common" in client.post(form, {"password1": "password1"}).content.decode()
    assert "at most 4,096" in client.post(form, {"password1": "x" * 4097}).content.decode()
    assert not signed_in(client)


def test_reset_proves_the_address(client: Client, user: User, settings: Settings) -> None:
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    ask(client)
    assert client.post(open_link(client), {"password1": NEW})["Location"] == "/"
    assert signed_in(client)


def test_reset_mail_is_plain_text_and_short(client: Client, user: User) -> None:
    user.name = "Click https://evil.example"
    user.save()
    ask(client)
    message = mail.outbox[0].message()
    assert message.get_content_type() == "text/plain"
    assert "evil" not in mail.outbox[0].body
    assert len(mail.outbox[0].body) < 600


class BrokenBackend(BaseEmailBackend):
    def send_messages(self, email_messages: object) -> int:
        raise SMTPServerDisconnected


def test_reset_says_so_when_mail_is_broken(client: Client, user: User, settings: Settings) -> None:
    settings.EMAIL_BACKEND = "tests.accounts.test_reset.BrokenBackend"
    answer = ask(client)
    assert answer.status_code == 503
    assert "The mail could not be sent just now" in answer.content.decode()
    assert [ask(client).status_code for _ in range(3)] == [503] * 3, "what was not sent does not count"


def test_reset_needs_the_forms_token(user: User) -> None:
    assert ask(Client(enforce_csrf_checks=True)).status_code == 403
    assert not mail.outbox
