"""Warning and suspending the person of an incident."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.models import Permission
from django.core import mail
from django.urls import reverse

from audit.models import Entry
from chatproject.errors import BadRequest, Conflict, Forbidden
from conversations.broadcast import tell_warned_soon
from moderation import measures
from moderation.measures import acknowledge_warning, mail_warning, tell_who_is_warned, warn_person
from moderation.models import Direction, Incident, Kind, PersonalWarning
from moderation.services import file_report
from tests.support.factories import make_user

if TYPE_CHECKING:
    from uuid import UUID

    from django.test import Client
    from pytest_django import DjangoCaptureOnCommitCallbacks
    from pytest_django.fixtures import Settings

    from accounts.models import User

pytestmark = pytest.mark.django_db

MAIL = "django.core.mail.backends.locmem.EmailBackend"


@pytest.fixture
def incident(alice: User) -> Incident:
    EmailAddress.objects.create(user=alice, email=alice.email, verified=True, primary=True)
    return Incident.objects.create(
        kind=Kind.HIT, person=alice, subject=uuid4(), direction=Direction.OUTPUT, matched="An answer"
    )


def warn_page(incident: Incident) -> str:
    return reverse("admin:moderation_incident_warn", args=[incident.pk])


def incident_page(incident: Incident) -> str:
    return reverse("admin:moderation_incident_change", args=[incident.pk])


def suspension(person: User) -> str:
    return reverse("admin:accounts_user_suspension", args=[person.pk])


def moderator(client: Client, *codenames: str) -> User:
    person = make_user(is_staff=True)
    person.user_permissions.set(
        Permission.objects.filter(codename__in=["view_incident", "change_incident", *codenames])
    )
    client.force_login(person)
    return person


def test_warning_is_kept_mailed_and_in_the_log(client: Client, incident: Incident, settings: Settings) -> None:
    settings.EMAIL_BACKEND = MAIL
    author = moderator(client, "add_personalwarning")
    assert "not what this site is for" in client.get(warn_page(incident)).content.decode()
    shown = client.post(warn_page(incident), {"text": "Please <stop> this & that."}, follow=True).content.decode()
    assert "by mail" in shown
    assert "not yet read: Please &lt;stop&gt; this" in shown
    warning = PersonalWarning.objects.get()
    assert (warning.person, warning.author, warning.incident) == (incident.person, author, incident)
    (letter,) = mail.outbox
    assert letter.to == [incident.person.email]
    assert "Please <stop> this & that." in letter.body
    entry = Entry.objects.get(action="warn")
    assert (entry.actor_label, entry.target_id) == (author.email, str(incident.person_id))
    assert entry.changes == {"text": "Please <stop> this & that.", "incident": str(incident.pk)}


def test_warning_without_mail_is_only_on_the_page(client: Client, incident: Incident, settings: Settings) -> None:
    settings.EMAIL_BACKEND = measures.CONSOLE_MAIL
    moderator(client, "add_personalwarning")
    shown = client.post(warn_page(incident), {"text": "Stop"}, follow=True).content.decode()
    assert "They were warned, on their page." in shown
    assert mail.outbox == []


def test_mail_that_cannot_be_sent_keeps_the_warning(incident: Incident, bob: User, settings: Settings) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    warning = warn_person(incident, author=bob, text="Stop")
    assert not mail_warning(warning)
    assert PersonalWarning.objects.filter(pk=warning.pk).exists()


def test_open_pages_are_told_after_the_commit(
    incident: Incident, bob: User, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    told: list[UUID] = []
    tell_who_is_warned(told.append)
    try:
        with django_capture_on_commit_callbacks(execute=True):
            warn_person(incident, author=bob, text="Stop")
            assert told == []
    finally:
        tell_who_is_warned(tell_warned_soon)
    assert told == [incident.person_id]


@pytest.mark.parametrize("text", ["", "  \n", "x" * 1001])
def test_warning_needs_words(client: Client, incident: Incident, bob: User, text: str) -> None:
    moderator(client, "add_personalwarning")
    assert client.post(warn_page(incident), {"text": text}).status_code == 200
    with pytest.raises(BadRequest):
        warn_person(incident, author=bob, text=text)
    assert not PersonalWarning.objects.exists()


def test_who_may_not_warn_or_suspend_is_not_offered_to(client: Client, incident: Incident) -> None:
    moderator(client)
    shown = client.get(incident_page(incident)).content.decode()
    for words in ("Warn the person", "Suspend the person", "Read the conversation"):
        assert words not in shown
    assert client.post(warn_page(incident), {"text": "Stop"}).status_code == 403
    assert client.post(suspension(incident.person), {"active": "no"}).status_code == 403
    assert not PersonalWarning.objects.exists()
    assert not Entry.objects.exists()


def test_person_is_suspended_and_let_in_again_from_the_incident(client: Client, incident: Incident) -> None:
    author = moderator(client, "suspend_user")
    person, here = incident.person, incident_page(incident)
    assert "Suspend the person" in client.get(here).content.decode()
    assert "will be signed out everywhere" in client.get(f"{suspension(person)}?next={here}").content.decode()
    answer = client.post(suspension(person), {"active": "no", "next": here})
    assert answer.headers["Location"] == here
    person.refresh_from_db()
    assert not person.is_active
    assert "Let the person in again" in client.get(here).content.decode()
    client.post(suspension(person), {"active": "yes", "next": here})
    person.refresh_from_db()
    assert person.is_active
    done = list(Entry.objects.order_by("id").values_list("actor_label", "action", "target_label"))
    assert done == [(author.email, "suspend", person.email), (author.email, "reinstate", person.email)]


@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example/", "/\\evil.example", ""])
def test_suspending_leads_nowhere_else(client: Client, incident: Incident, target: str) -> None:
    moderator(client, "suspend_user")
    answer = client.post(suspension(incident.person), {"active": "no", "next": target})
    assert answer.headers["Location"] == reverse("admin:index")


def test_operators_and_oneself_are_not_suspended_by_a_moderator(client: Client, incident: Incident) -> None:
    own = moderator(client, "suspend_user")
    for person in (own, make_user(is_staff=True), make_user(is_superuser=True)):
        assert client.post(suspension(person), {"active": "no"}).status_code == 403
        person.refresh_from_db()
        assert person.is_active
    incident.person.is_staff = True
    incident.person.save()
    assert "Suspend the person" not in client.get(incident_page(incident)).content.decode()
    assert client.post(suspension(incident.person), {"active": "no"}).status_code == 403


def test_report_gets_no_ready_words_and_names_who_made_it(client: Client, alice: User) -> None:
    moderator(client, "add_personalwarning")
    report = file_report(alice, subject=uuid4(), text="An answer")
    shown = client.get(warn_page(report)).content.decode()
    assert "This is who reported the answer" in shown
    assert "Warn who reported this" in shown
    assert "not what this site is for" not in shown


def test_operators_and_oneself_are_not_warned_by_a_moderator(client: Client, incident: Incident) -> None:
    own = moderator(client, "add_personalwarning")
    for person in (own, make_user(is_staff=True), make_user(is_superuser=True)):
        Incident.objects.update(person=person)
        incident.refresh_from_db()
        assert "Warn the person" not in client.get(incident_page(incident)).content.decode()
        assert client.get(warn_page(incident)).status_code == 403
        assert client.post(warn_page(incident), {"text": "Stop"}).status_code == 403
        with pytest.raises(Forbidden):
            warn_person(incident, author=own, text="Stop")
    assert not PersonalWarning.objects.exists()


def test_superuser_warns_an_operator(incident: Incident) -> None:
    chief = make_user(is_superuser=True)
    Incident.objects.update(person=make_user(is_staff=True))
    incident.refresh_from_db()
    assert warn_person(incident, author=chief, text="Stop").person == incident.person


def test_another_warning_waits_until_the_first_is_read(client: Client, incident: Incident, bob: User) -> None:
    moderator(client, "add_personalwarning")
    first = warn_person(incident, author=bob, text="Stop")
    shown = client.post(warn_page(incident), {"text": "Stop now"}).content.decode()
    assert "They were warned about this already" in shown
    assert "Stop now" in shown, "what was typed is kept"
    with pytest.raises(Conflict):
        warn_person(incident, author=bob, text="Stop")
    acknowledge_warning(incident.person, first.pk)
    assert warn_person(incident, author=bob, text="Again") != first


@pytest.mark.parametrize("is_there", [True, False])
def test_warning_is_not_mailed_to_an_address_that_nobody_proved(
    incident: Incident, bob: User, settings: Settings, *, is_there: bool
) -> None:
    settings.EMAIL_BACKEND = MAIL
    addresses = EmailAddress.objects.filter(user=incident.person)
    addresses.update(verified=False) if is_there else addresses.delete()
    assert not mail_warning(warn_person(incident, author=bob, text="Stop"))
    assert mail.outbox == []
