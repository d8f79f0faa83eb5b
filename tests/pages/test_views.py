"""Who may see which page, and what is on it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from conversations.models import Conversation, Role, Source, Status
from tests.support.factories import make_conversation, make_message

if TYPE_CHECKING:
    from django.test import Client
    from pytest_django import DjangoAssertNumQueries

    from accounts.models import User

pytestmark = pytest.mark.django_db

PAGES = ("home", "new", "detail", "models")
CHANGES = ("rename", "delete", "restore")
OF_ONE = ("detail", *CHANGES)
HOSTILE = '<script>alert(1)</script>"><img src=x onerror=alert(1)>'


def address(name: str, conversation: Conversation) -> str:
    return reverse(f"conversations:{name}", args=[conversation.pk] if name in OF_ONE else [])


@pytest.fixture
def talk(alice: User) -> Conversation:
    conversation = make_conversation(alice, "Why the sky is blue", model="demo/demo")
    make_message(conversation, "Why?", html="Why?")
    make_message(
        conversation, "**Because**", html="<p><strong>Because</strong></p>", role=Role.ASSISTANT, model="demo/demo"
    )
    return conversation


@pytest.mark.parametrize("name", PAGES + CHANGES)
def test_pages_send_strangers_to_the_entrance(client: Client, talk: Conversation, name: str) -> None:
    url = address(name, talk)
    answer = client.post(url) if name in CHANGES else client.get(url)
    assert answer.status_code == 302
    assert answer["Location"] == f"{reverse('account_login')}?next={url}"


@pytest.mark.parametrize("name", OF_ONE)
def test_pages_of_others_are_not_there(client: Client, talk: Conversation, bob: User, name: str) -> None:
    client.force_login(bob)
    url = address(name, talk)
    missing = address(name, Conversation(pk=uuid4()))
    answers = [client.post(one, {"title": "Mine"}) if name in CHANGES else client.get(one) for one in (url, missing)]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].content == answers[1].content
    talk.refresh_from_db()
    assert (talk.title, talk.deleted_at) == ("Why the sky is blue", None)


@pytest.mark.parametrize("name", CHANGES)
def test_changes_are_never_made_by_looking(client: Client, talk: Conversation, alice: User, name: str) -> None:
    client.force_login(alice)
    assert client.get(address(name, talk)).status_code == 405


@pytest.mark.parametrize("name", PAGES)
def test_pages_are_kept_by_no_cache(client: Client, talk: Conversation, alice: User, name: str) -> None:
    client.force_login(alice)
    directives = {part.strip() for part in client.get(address(name, talk))["Cache-Control"].split(",")}
    assert directives == {"private", "no-store"}


def test_home_leads_to_the_newest_conversation(client: Client, talk: Conversation, alice: User) -> None:
    client.force_login(alice)
    assert client.get("/")["Location"] == address("detail", talk)


def test_home_of_somebody_new_leads_to_an_empty_page(client: Client, alice: User) -> None:
    client.force_login(alice)
    assert client.get("/")["Location"] == reverse("conversations:new")


def test_new_greets_by_name_and_offers_ideas(client: Client, alice: User) -> None:
    client.force_login(alice)
    page = client.get(reverse("conversations:new")).content.decode()
    assert "Hello, Alice" in page
    assert page.count('data-action="suggest"') == 4
    assert 'data-conversation=""' in page


def test_detail_holds_the_rendered_transcript_and_its_raw_text(client: Client, talk: Conversation, alice: User) -> None:
    client.force_login(alice)
    page = client.get(address("detail", talk)).content.decode()
    question, answer = talk.messages.order_by("created_at", "id")
    assert '<div class="message-body prose" dir="auto"><p><strong>Because</strong></p></div>' in page
    assert "**Because**</textarea>" in page
    assert f'id="m-{question.pk}"' in page
    assert f'data-parent="{question.pk}"' in page.partition(f'id="m-{answer.pk}"')[2]
    assert "<title>Why the sky is blue</title>" in page


def test_detail_shows_titles_and_texts_as_text(client: Client, alice: User) -> None:
    conversation = make_conversation(alice, HOSTILE)
    make_message(conversation, f"</textarea>{HOSTILE}", html="safe")
    client.force_login(alice)
    page = client.get(address("detail", conversation)).content.decode()
    assert "<img src" not in page
    assert "<script>alert" not in page
    assert "&lt;/textarea&gt;&lt;script&gt;" in page


def test_detail_keeps_a_first_empty_line_of_the_raw_text(client: Client, alice: User) -> None:
    conversation = make_conversation(alice)
    make_message(conversation, "\nsecond", html="second")
    client.force_login(alice)
    # The parser drops the one newline that follows the tag.
    assert 'autocomplete="off">\n\nsecond</textarea>' in client.get(address("detail", conversation)).content.decode()


@pytest.mark.parametrize(
    ("fields", "sentence", "button"),
    [
        ({"status": Status.STOPPED, "content": "Half"}, "You stopped this answer.", "continue"),
        ({"status": Status.INTERRUPTED, "content": "Half"}, "The answer broke off.", "continue"),
        ({"status": Status.INTERRUPTED, "content": ""}, "The answer broke off.", "regenerate"),
        (
            {"status": Status.FAILED, "content": "", "error_message": "It is <busy>."},
            "It is &lt;busy&gt;.",
            "regenerate",
        ),
        ({"status": Status.BLOCKED, "content": ""}, "held back by the rules", "regenerate"),
        ({"finish_reason": "length", "content": "Long"}, "reached its length limit", "continue"),
        ({"finish_reason": "length", "content": ""}, "before it wrote an answer", "continue"),
        ({"finish_reason": "content_filter", "content": "x"}, "own rules ended this answer", "regenerate"),
        ({"finish_reason": "content_filter", "content": ""}, "own rules ended this answer", "regenerate"),
        ({"status": Status.STOPPED, "content": "", "reasoning": "Well"}, "You stopped this answer.", "continue"),
    ],
)
def test_detail_says_how_an_answer_ended(
    client: Client, alice: User, fields: dict[str, str], sentence: str, button: str
) -> None:
    conversation = make_conversation(alice)
    make_message(conversation)
    make_message(conversation, role=Role.ASSISTANT, model="demo/demo", **fields)
    client.force_login(alice)
    transcript = client.get(address("detail", conversation)).content.decode().partition("<template")[0]
    row = transcript.partition('<div class="message-status" data-kind=')[2].partition("</div>")[0]
    assert sentence in row
    shown = [part for part in row.split("<button")[1:] if " hidden>" not in part]
    assert [f'data-action="{button}"' in part for part in shown] == [True]


@pytest.mark.parametrize(
    ("fields", "label"),
    [
        ({"reasoning_ms": None}, "Thoughts"),
        ({"reasoning_ms": 400}, "Thought for a moment"),
        ({"reasoning_ms": 12_500}, "Thought for 13 s"),
        ({"reasoning_ms": 59_600}, "Thought for 1 min 0 s"),
        ({"reasoning_ms": None, "status": Status.STREAMING, "content": ""}, "Thinking…"),
    ],
)
def test_detail_folds_what_the_model_thought(client: Client, alice: User, fields: dict[str, Any], label: str) -> None:
    conversation = make_conversation(alice)
    make_message(conversation)
    make_message(conversation, role=Role.ASSISTANT, model="demo/demo", reasoning="\nWell, <b> is it", **fields)
    client.force_login(alice)
    transcript = client.get(address("detail", conversation)).content.decode().partition("<template")[0]
    assert transcript.count("<details") == 1
    assert f'<span class="thinking-label">{label}</span>' in transcript
    assert ">\nWell, &lt;b&gt; is it</div>" in transcript
    assert " open" not in transcript.partition("<details")[2].partition(">")[0]


def test_detail_names_who_answered_instead(client: Client, alice: User) -> None:
    conversation = make_conversation(alice)
    make_message(conversation)
    make_message(conversation, role=Role.ASSISTANT, model="openai/good", asked_model="openai/gone")
    client.force_login(alice)
    transcript = client.get(address("detail", conversation)).content.decode().partition("<template")[0]
    line = re.sub(r"<[^>]+>", "", transcript.partition('<p class="message-fallback">')[2].partition("</p>")[0])
    assert line == "Answered by good, because gone did not answer."


def test_detail_says_nothing_of_an_answer_that_simply_ended(client: Client, talk: Conversation, alice: User) -> None:
    client.force_login(alice)
    transcript = client.get(address("detail", talk)).content.decode().partition("<template")[0]
    assert "data-kind" not in transcript
    assert '<p class="message-omitted" hidden>' in transcript


def test_detail_tells_what_the_model_did_not_see(client: Client, alice: User) -> None:
    conversation = make_conversation(alice)
    make_message(conversation, role=Role.ASSISTANT, omitted_messages=12)
    client.force_login(alice)
    page = client.get(address("detail", conversation)).content.decode()
    assert (
        '<p class="message-omitted">The model did not see the first <span class="message-omitted-count">12</span>'
        in page
    )


def test_list_marks_the_current_and_the_running_conversation(client: Client, talk: Conversation, alice: User) -> None:
    running = make_conversation(alice, "Running")
    make_message(running, "", role=Role.ASSISTANT, status=Status.STREAMING)
    client.force_login(alice)
    page = client.get(address("detail", talk)).content.decode()
    assert f'<li class="row is-running" data-conversation="{running.pk}"' in page
    assert page.count('aria-current="page"') == 1
    assert (
        'aria-current="page"'
        in page.partition(f'<li class="row" data-conversation="{talk.pk}"')[2].partition("</li>")[0]
    )


@pytest.mark.parametrize(("local_hour", "heading"), [(18, "today"), (6, "yesterday")])
def test_list_is_grouped_in_the_browsers_time_zone(client: Client, alice: User, local_hour: int, heading: str) -> None:
    now = timezone.now()
    make_conversation(alice, "Thirteen hours ago", updated_at=now - timedelta(hours=13))
    offset = (local_hour - now.hour + 11) % 24 - 11
    client.cookies["timezone"] = f"Etc/GMT{-offset:+d}"
    client.force_login(alice)
    assert f'data-group="{heading}"' in client.get(reverse("conversations:new")).content.decode()


def test_list_shows_no_foreign_and_no_deleted_conversation(
    client: Client, talk: Conversation, alice: User, bob: User
) -> None:
    make_conversation(bob, "Secret of Bob")
    make_conversation(alice, "Thrown away", deleted_at=talk.updated_at)
    client.force_login(alice)
    page = client.get(reverse("conversations:new")).content.decode()
    assert "Why the sky is blue" in page
    assert "Secret of Bob" not in page
    assert "Thrown away" not in page


def test_pages_ask_the_database_as_often_for_many_as_for_one(
    client: Client, talk: Conversation, alice: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client.force_login(alice)
    with django_assert_num_queries(15) as one:
        client.get(address("detail", talk))
    for title in ("Second", "Third"):
        make_message(make_conversation(alice, title))
    for number in range(4):
        make_message(talk, str(number))
    with django_assert_num_queries(len(one.captured_queries)):
        client.get(address("detail", talk))


def test_new_begins_with_the_model_asked_last(client: Client, alice: User) -> None:
    make_conversation(alice, model="demo/another")
    client.force_login(alice)
    assert 'data-model="demo/another"' in client.get(reverse("conversations:new")).content.decode()


def test_detail_of_a_model_that_is_gone_offers_another(client: Client, alice: User) -> None:
    conversation = make_conversation(alice, model="openai/gone")
    client.force_login(alice)
    assert 'data-model="openai/gone"' not in client.get(address("detail", conversation)).content.decode()


@pytest.mark.parametrize(("is_staff", "words"), [(True, "Connect a real model"), (False, "Your operator can connect")])
def test_demonstration_is_named_and_operators_are_shown_the_way(
    client: Client, alice: User, *, is_staff: bool, words: str
) -> None:
    alice.is_staff = is_staff
    alice.save()
    client.force_login(alice)
    page = client.get(reverse("conversations:new")).content.decode()
    assert "You are talking to a demonstration." in page
    assert words in page
    assert ('id="connect"' in page) is is_staff


def test_models_lists_what_can_be_chosen_by_provider(client: Client, alice: User) -> None:
    client.force_login(alice)
    described = client.get(reverse("conversations:models")).json()
    assert [provider["id"] for provider in described["providers"]] == ["demo"]
    assert set(described["providers"][0]) == {"id", "label", "reason", "is_listed", "models"}


@pytest.mark.parametrize(
    ("source", "heading", "words"),
    [
        (Source.FAQ, "the FAQ", "From the FAQ"),
        (Source.CACHE, "good", "Answered before, on 7 March 2026"),
    ],
)
def test_detail_says_where_an_answer_comes_from(
    client: Client, alice: User, source: Source, heading: str, words: str
) -> None:
    conversation = make_conversation(alice)
    make_message(conversation)
    written_at = datetime(2026, 3, 7, 23, 59, tzinfo=UTC)
    fields: dict[str, Any] = {"source": source, "source_at": written_at, "model": "openai/good"}
    make_message(conversation, "Yes.", role=Role.ASSISTANT, **fields)
    client.force_login(alice)
    transcript = client.get(address("detail", conversation)).content.decode().partition("<template")[0]
    line = re.sub(r"<[^>]+>", "", transcript.partition('<p class="message-origin">')[2].partition("</p>")[0])
    assert words in line
    assert "Ask the model now" in line
    assert f'<span class="message-model-name">{heading}</span>' in transcript
    assert f'data-source="{source}"' in transcript


def test_detail_marks_nothing_that_the_model_wrote(client: Client, talk: Conversation, alice: User) -> None:
    client.force_login(alice)
    transcript = client.get(address("detail", talk)).content.decode().partition("<template")[0]
    assert '<p class="message-origin" hidden>' in transcript
