"""What a link shows, to whom, and for how long."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import TYPE_CHECKING

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.services import reinstate_user, suspend_user
from audit.models import Entry
from chatproject.errors import Conflict, Forbidden, NotFound
from conversations.arranging import delete_conversation, restore_conversation
from conversations.branching import delete_message, restore_message
from conversations.models import Conversation, Message, Role, Status
from sharing import services
from sharing.models import Link, SharedMessage
from sharing.selectors import find_link, list_shared
from tests.support.factories import make_conversation, make_message, make_user

if TYPE_CHECKING:
    from uuid import UUID

    from pytest_django.fixtures import Settings

    from accounts.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def talk(alice: User) -> Conversation:
    conversation = make_conversation(alice, "Why the sky is blue", model="demo/demo", instructions="A private rule")
    make_message(conversation, "Why?", html="Why?")
    make_message(
        conversation,
        "**Because**",
        html="<p><strong>Because</strong></p>",
        role=Role.ASSISTANT,
        model="demo/demo",
        reasoning="A private thought",
    )
    return conversation


def read(token: str, client: Client | None = None) -> str:
    answer = (client or Client()).get(reverse("sharing:shared", args=[token]))
    return answer.content.decode() if answer.status_code == 200 else str(answer.status_code)


def test_link_shows_the_branch_to_anybody(talk: Conversation) -> None:
    _, token = services.share_branch(talk)
    page = read(token)
    assert "Why the sky is blue" in page
    assert page.index(">Why?<") < page.index("<strong>Because</strong>")


def test_link_shows_nothing_of_its_owner(talk: Conversation, alice: User) -> None:
    _, token = services.share_branch(talk)
    page = read(token)
    for private in (alice.name, alice.email, str(alice.pk), str(talk.pk), "A private rule", "A private thought"):
        assert private not in page


def test_link_is_kept_by_no_search_engine_and_no_cache(talk: Conversation) -> None:
    _, token = services.share_branch(talk)
    answer = Client().get(reverse("sharing:shared", args=[token]))
    assert answer["X-Robots-Tag"] == "noindex, nofollow, noarchive"
    assert '<meta name="robots" content="noindex' in answer.content.decode()
    assert "Set-Cookie" not in answer


def test_token_is_128_random_bits_and_kept_as_a_hash(talk: Conversation) -> None:
    made = [services.share_branch(talk) for _ in range(3)]
    tokens = {token for _, token in made}
    assert {len(token) for token in tokens} == {22}
    assert len(tokens) == 3
    assert not [link for link, token in made if token in repr(vars(link))]


def test_link_does_not_follow_what_is_said_later(talk: Conversation) -> None:
    _, token = services.share_branch(talk)
    make_message(talk, "And at night?", html="And at night?")
    answer = talk.messages.get(role=Role.ASSISTANT)
    answer.content, answer.html = "Grown", "<p>Grown</p>"
    answer.save()
    talk.title = "A later title"
    talk.save()
    page = read(token)
    assert "And at night?" not in page
    assert "Grown" not in page
    assert "A later title" not in page


def test_link_shows_one_branch_and_not_its_siblings(talk: Conversation) -> None:
    question = talk.messages.get(role=Role.USER)
    other = Message.objects.create(
        conversation=talk, parent=question, role=Role.ASSISTANT, content="Other", created_at=timezone.now()
    )
    link, _ = services.share_branch(talk)
    assert [one.content for one in list_shared(link)] == ["Why?", "**Because**"]
    talk.leaf = other
    link, _ = services.share_branch(talk)
    assert [one.content for one in list_shared(link)] == ["Why?", "Other"]


def test_link_loses_what_is_removed(talk: Conversation) -> None:
    _, token = services.share_branch(talk)
    answer = talk.messages.get(role=Role.ASSISTANT)
    Conversation.objects.update(leaf=None)
    answer.delete()
    assert "Because" not in read(token)
    assert "Why?" in read(token)


def test_link_shows_nothing_that_was_deleted_until_it_is_brought_back(talk: Conversation, alice: User) -> None:
    _, token = services.share_branch(talk)
    answer = talk.messages.get(role=Role.ASSISTANT)
    delete_message(alice, answer.pk)
    assert "Because" not in read(token)
    restore_message(alice, answer.pk)
    assert "Because" in read(token)


def test_link_to_a_very_long_talk_says_that_its_beginning_is_missing(
    talk: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, whole = services.share_branch(talk)
    monkeypatch.setattr(services, "BRANCH_LIMIT", 1)
    _, cut = services.share_branch(talk)
    assert "Only its newest messages" not in read(whole)
    assert "Only its newest messages" in read(cut)
    assert "Why?" not in read(cut)


def test_question_of_files_alone_is_not_empty(alice: User) -> None:
    conversation = make_conversation(alice)
    make_message(conversation, "", html="")
    _, token = services.share_branch(conversation)
    assert "They are not shown." in read(token)


def test_link_ends_when_it_is_taken_back(talk: Conversation) -> None:
    link, token = services.share_branch(talk)
    services.revoke_link(link)
    assert read(token) == "404"
    assert SharedMessage.objects.count() == 0


def test_link_ends_by_itself(talk: Conversation) -> None:
    link, token = services.share_branch(talk, expires_in=timedelta(days=1))
    assert "Because" in read(token)
    Link.objects.filter(pk=link.pk).update(expires_at=timezone.now())
    assert read(token) == "404"
    assert services.remove_expired_links() == 3
    assert Link.objects.count() == 0


def test_link_is_gone_while_its_owner_is_suspended(talk: Conversation, alice: User) -> None:
    _, token = services.share_branch(talk)
    suspend_user(alice)
    assert read(token) == "404"
    reinstate_user(alice)
    assert "Because" in read(token)


def test_links_are_gone_and_none_is_made_while_sharing_is_off(talk: Conversation, settings: Settings) -> None:
    _, token = services.share_branch(talk)
    settings.SHARING = "off"
    assert read(token) == "404"
    with pytest.raises(Forbidden):
        services.share_branch(talk)
    settings.SHARING = "on"
    assert "Because" in read(token)


def test_link_is_gone_while_its_conversation_is_deleted(talk: Conversation) -> None:
    _, token = services.share_branch(talk)
    delete_conversation(talk)
    assert read(token) == "404"
    restore_conversation(talk)
    assert "Because" in read(token)


def test_links_go_with_the_account(talk: Conversation, alice: User) -> None:
    _, token = services.share_branch(talk)
    alice.delete()
    assert read(token) == "404"
    assert (Link.objects.count(), SharedMessage.objects.count()) == (0, 0)


@pytest.mark.parametrize("token", ["unknown", "a" * 10_000, "%2e%2e", "1 OR 1=1"])
def test_unknown_links_are_all_the_same(talk: Conversation, token: str) -> None:
    link, known = services.share_branch(talk)
    services.revoke_link(link)
    gone, unknown = (Client().get(reverse("sharing:shared", args=[one])) for one in (known, token))
    assert (gone.status_code, gone.content) == (unknown.status_code, unknown.content)
    assert gone.status_code == 404


def test_find_link_takes_no_hash_for_a_token(talk: Conversation) -> None:
    link, _ = services.share_branch(talk)
    with pytest.raises(NotFound):
        find_link(link.token_hash)


def test_empty_conversation_has_nothing_to_share(alice: User) -> None:
    with pytest.raises(Conflict):
        services.share_branch(make_conversation(alice))


def test_conversation_that_leaves_nothing_behind_is_not_shared(alice: User) -> None:
    conversation = make_conversation(alice, is_temporary=True)
    make_message(conversation)
    with pytest.raises(Conflict, match="temporary"):
        services.share_branch(conversation)
    assert Link.objects.count() == 0


def test_conversation_is_not_shared_while_it_is_answered(talk: Conversation) -> None:
    make_message(talk, "", role=Role.ASSISTANT, status=Status.STREAMING)
    with pytest.raises(Conflict):
        services.share_branch(talk)
    assert Link.objects.count() == 0


def test_links_of_a_person_have_an_end(talk: Conversation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "MOST_LINKS", 2)
    first, _ = services.share_branch(talk)
    services.share_branch(talk)
    with pytest.raises(Conflict):
        services.share_branch(talk)
    services.revoke_link(first)
    services.share_branch(talk)
    assert Link.objects.count() == 2


def test_making_and_taking_back_is_in_the_log_without_words(talk: Conversation, alice: User) -> None:
    link, token = services.share_branch(talk)
    key = str(link.pk)
    services.revoke_link(link)
    entries = Entry.objects.order_by("pk")
    assert [(entry.action, entry.actor_id, entry.target_id) for entry in entries] == [
        ("share", alice.pk, key),
        ("unshare", alice.pk, key),
    ]
    assert not [entry for entry in entries if token in repr(vars(entry)) or "sky" in repr(vars(entry))]


@pytest.mark.django_db(transaction=True)
def test_going_on_several_times_at_once_begins_one_conversation(talk: Conversation, bob: User) -> None:
    link, _token = services.share_branch(talk)
    together = Barrier(6)

    def go_on(_number: int) -> UUID:
        together.wait()
        try:
            return services.continue_from(link, user=bob, client_id="a" * 32).pk
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as people:
        begun = set(people.map(go_on, range(6)))
    assert begun == {Conversation.objects.get(user=bob).pk}


def test_who_deleted_what_a_link_began_can_begin_anew(talk: Conversation) -> None:
    link, _ = services.share_branch(talk)
    reader = make_user()
    first = services.continue_from(link, user=reader, client_id="again")
    delete_conversation(first)
    second = services.continue_from(link, user=reader, client_id="again")
    assert second != first
    assert services.continue_from(link, user=reader, client_id="again") == second
