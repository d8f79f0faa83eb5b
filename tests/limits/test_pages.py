"""The limits of what a person writes and reports on pages: told with the wait, in the answer and in its header."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.limits import DAY, in_words
from conversations.models import Conversation, Preset, Role
from moderation.models import Incident
from moderation.words import word_list
from providers.gateway import get_gateway
from tests.accounts.acting import at_once
from tests.moderation.rows import add_word
from tests.support.factories import make_conversation, make_message

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.test.client import _MonkeyPatchedWSGIResponse as Answer
    from pytest_django.fixtures import Settings

    from accounts.models import User

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _limited(settings: Settings) -> Iterator[None]:
    settings.RATE_LIMIT_MESSAGES = "20/d"
    word_list.forget()
    get_gateway.cache_clear()
    yield
    word_list.forget()


def post(person: User, name: str, /, *args: Any, **form: str) -> Answer:
    client = Client()
    client.force_login(person)
    return client.post(reverse(f"conversations:{name}", args=args), form, headers={"accept": "application/json"})


def assert_refused(answer: Answer) -> None:
    assert answer.status_code == 429
    wait = int(answer["Retry-After"])
    assert 0 < wait <= DAY
    sentence = f"Too many requests, please try again after {in_words(wait)}"
    assert answer.json()["error"] == {"code": "rate_limited", "message": sentence}


def test_of_parallel_renames_only_the_allowed_pass(alice: User) -> None:
    talk = make_conversation(alice)
    answers = at_once(25, lambda number: post(alice, "rename", talk.pk, title=f"Title {number}"))
    refused = [answer for answer in answers if answer.status_code != 200]
    assert len(refused) == 5
    for answer in refused:
        assert_refused(answer)


def test_refused_titles_are_counted_and_noted_once(alice: User) -> None:
    add_word("badword")
    talk = make_conversation(alice, title="Tea")
    answers = [post(alice, "rename", talk.pk, title="A badword talk") for _ in range(21)]
    assert [answer.status_code for answer in answers[:20]] == [400] * 20
    assert_refused(answers[20])
    assert Incident.objects.count() == 1
    assert Conversation.objects.get().title == "Tea"


def test_presets_are_counted_and_what_was_written_stays_in_the_form(alice: User) -> None:
    written = {"model": "demo/demo", "instructions": "Be kind."}
    preset = Preset.objects.create(user=alice, name="Mine", **written)
    for number in range(20):
        assert post(alice, "preset", preset.pk, name=f"Preset {number}", **written).status_code == 302
    refused = post(alice, "preset", preset.pk, name="One more", **written)
    assert (refused.status_code, Preset.objects.get().name) == (429, "Preset 19")
    wait = int(refused["Retry-After"])
    assert f"Too many requests, please try again after {in_words(wait)}" in refused.content.decode()
    assert "One more" in refused.content.decode()


def test_reports_are_counted(alice: User, bob: User, settings: Settings) -> None:
    settings.RATE_LIMIT_MESSAGES = "1/d"
    talk = make_conversation(alice)
    replies = [make_message(talk, "Hi", role=Role.ASSISTANT) for _ in range(2)]
    assert post(alice, "report", replies[0].pk).status_code == 200
    assert_refused(post(alice, "report", replies[1].pk))
    assert Incident.objects.count() == 1
    assert post(bob, "report", replies[0].pk).status_code == 404
