"""One row of each kind that the admin shows, and somebody of each role."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin
from django.contrib.auth.models import Group

from accounts.models import ApiToken, Invitation, User
from audit.services import record
from conversations.models import Preset
from faq.models import Entry as FaqEntry
from moderation.models import AllowedPhrase, Direction, Incident, Kind, SensitiveWord
from providers.models import ApiKey, Budget, LanguageModel, Period, Provider, Scope, UsageRecord
from tests.support.factories import make_conversation, make_message, make_user

if TYPE_CHECKING:
    from django.db.models import Model

GROUPS = {"O": "Operator", "M": "Moderator", "A": "Accountant", "R": "Read-only"}
ROLES = ("S", *GROUPS)


def make_role(letter: str) -> User:
    """Make somebody of a role, by the letters of the table."""
    if letter == "S":
        return make_user("s@example.org", is_staff=True, is_superuser=True)
    person = make_user(f"{letter.lower()}@example.org", is_staff=True)
    person.groups.add(Group.objects.get(name=GROUPS[letter]))
    return person


def make_rows() -> dict[str, Model]:
    """Make one row of each model of the admin, by the model's label."""
    person = make_user("somebody@example.org")
    conversation = make_conversation(person)
    make_message(conversation)
    provider = Provider.objects.create(slug="a", kind="openai", label="A", base_url="https://a.example/v1")
    bare = Provider.objects.create(slug="b", kind="openai", label="B", base_url="https://b.example/v1")
    rows: list[Model] = [
        person,
        conversation,
        bare,
        Invitation.objects.create(token_hash="0" * 64, email="new@example.org"),
        ApiToken.objects.create(user=person, name="T", token_hash="0" * 64, prefix="sk-chat-abcd", scopes="read"),
        Group.objects.create(name="some group"),
        record(person, "look"),
        Preset.objects.create(name="P", model="a/m"),
        FaqEntry.objects.create(question="Why?", answer="So."),
        AllowedPhrase.objects.create(phrase="harmless"),
        SensitiveWord.objects.create(pattern="spam"),
        Incident.objects.create(kind=Kind.HIT, person=person, direction=Direction.INPUT, matched="spam"),
        ApiKey.objects.create(provider=provider, fingerprint="f", last4="abcd", bound_to=provider.base_url),
        LanguageModel.objects.create(provider=provider, name="m", label="M", is_listed=False),
        Budget.objects.create(scope=Scope.SITE, period=Period.DAY, limit=1),
        UsageRecord.objects.create(user=person, model="a/m"),
    ]
    return {row._meta.label_lower: row for row in rows}


def registered() -> set[str]:
    return {model._meta.label_lower for model in admin.site._registry}
