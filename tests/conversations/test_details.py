"""Where an answer comes from, and what there is to know of it besides its words."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.urls import reverse
from django.utils import timezone

from conversations.details import describe_reply
from conversations.models import Message, Role
from tests.conversations.asking import ask, stored
from tests.fake_provider import Behaviour
from tests.support.factories import make_conversation, make_message

if TYPE_CHECKING:
    from django.test import Client
    from pytest_django.fixtures import Settings

    from accounts.models import User
    from tests.fake_provider import FakeProvider

PAGES = ("https://example.org/a", "javascript:alert(1)", "https://example.org/b", "https://example.org/a")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("model", ["openai/gpt-5.5", "anthropic/claude-sonnet-5-5"])
async def test_pages_that_the_provider_names_are_kept_once_and_told(
    asker: User, fake: FakeProvider, model: str
) -> None:
    fake.default = Behaviour(chars=80, pages=PAGES)
    turn, onlooker = await ask(asker, model=model)
    told = (await onlooker.wait_for("reply.finished"))["citations"]
    assert told == [{"url": page, "title": f"About {page}"} for page in (PAGES[0], PAGES[2])]
    assert (await stored(turn)).citations == told


def make_answer(user: User, **fields: Any) -> Message:
    talk = make_conversation(user)
    make_message(talk, "Why?")
    return make_message(talk, "Because. " * 300, role=Role.ASSISTANT, model="demo/demo", **fields)


@pytest.mark.django_db
def test_page_lists_sources(client: Client, alice: User) -> None:
    reply = make_answer(alice, citations=[{"url": "https://example.org/?a=1&b=2", "title": "<b>One</b>"}])
    client.force_login(alice)
    shown = client.get(reverse("conversations:detail", args=[reply.conversation_id])).content.decode()
    assert 'href="https://example.org/?a=1&amp;b=2" target="_blank" rel="noopener noreferrer nofollow"' in shown
    assert "&lt;b&gt;One&lt;/b&gt;" in shown


@pytest.mark.django_db
def test_details_say_what_is_known_and_cost_where_it_may_be_seen(alice: User, settings: Settings) -> None:
    now = timezone.now()
    numbers = {"tokens": 1200, "prompt_tokens": 34, "cost": 3100, "first_token_ms": 420}
    reply = make_answer(alice, created_at=now, finished_at=now + timedelta(seconds=3.26), **numbers)
    rows = dict(describe_reply(alice, reply.pk).rows)
    assert rows == {
        "Model": "demo",
        "Time to read": "2 minutes",
        "First word after": "0.4 s",
        "Written in": "3.3 s",
        "Tokens": "34 read, 1,200 written",
        "Cost": "$0.0031",
    }
    settings.SHOW_COST = False
    assert "Cost" not in dict(describe_reply(alice, reply.pk).rows)


@pytest.mark.django_db
def test_details_leave_out_what_nobody_knows(alice: User) -> None:
    reply = make_answer(alice, tokens=7, prompt_tokens=3, tokens_estimated=True)
    rows = dict(describe_reply(alice, reply.pk).rows)
    assert rows.keys() == {"Model", "Time to read", "Tokens"}
    assert rows["Tokens"].startswith("about ")


@pytest.mark.django_db
def test_reading_takes_its_time_in_chinese_too(alice: User) -> None:
    reply = make_answer(alice)
    Message.objects.filter(pk=reply.pk).update(content="读" * 1000)
    assert dict(describe_reply(alice, reply.pk).rows)["Time to read"] == "3 minutes"


@pytest.mark.django_db
def test_details_are_a_fragment_for_their_person(client: Client, alice: User) -> None:
    reply = make_answer(alice)
    client.force_login(alice)
    shown = client.get(reverse("conversations:details", args=[reply.pk]))
    assert shown.status_code == 200
    assert shown.content.decode().strip().startswith('<div class="details"')
