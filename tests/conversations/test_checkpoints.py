"""Saving: append only while a reply streams, and exactly one end."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from django.db.models.functions import Now
from django.utils import timezone

from conversations import selectors, services, sweeper
from conversations.checkpoints import Ending, end_reply, save_checkpoints
from conversations.draft import Checkpoint
from conversations.models import Message, ReplyChunk, Status
from conversations.thinking import Reasoning

if TYPE_CHECKING:
    from accounts.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def reply(alice: User) -> Message:
    turn = services.send_message(
        alice, client_id="c", conversation_id=None, parent_id=None, text="Hello", model="demo/demo"
    )
    return turn.reply


def test_checkpoints_append_and_the_snapshot_joins_them(reply: Message) -> None:
    save_checkpoints({reply.run: Checkpoint(0, "One 😀\n\n", ["<p>One 😀</p>"], 8)})
    save_checkpoints({reply.run: Checkpoint(8, "two", [], 8)})
    snapshot = selectors.get_snapshot(reply.pk)
    assert (snapshot.text, snapshot.blocks, snapshot.upto) == ("One 😀\n\ntwo", ["<p>One 😀</p>"], 8)
    shown = selectors.list_branch(reply.conversation)[-1]
    assert (shown.text, shown.tail, shown.html, shown.length) == ("One 😀\n\ntwo", "two", "<p>One 😀</p>", 11)


def test_checkpoint_without_news_is_a_heartbeat_and_no_row(reply: Message) -> None:
    Message.objects.filter(pk=reply.pk).update(heartbeat_at=timezone.now() - timedelta(hours=1))
    assert save_checkpoints({reply.run: Checkpoint(0, "", [], 0)}) == {reply.run: False}
    assert not ReplyChunk.objects.exists()
    assert sweeper.find_silent_replies() == set()


def test_checkpoints_append_what_was_thought(reply: Message) -> None:
    save_checkpoints({reply.run: Checkpoint(0, "", [], 0, 0, "Well 😀")})
    save_checkpoints({reply.run: Checkpoint(0, "So", [], 0, 7, ", then")})
    snapshot = selectors.get_snapshot(reply.pk)
    assert (snapshot.text, snapshot.reasoning) == ("So", "Well 😀, then")
    shown = selectors.list_branch(reply.conversation)[-1]
    assert (shown.reasoning, shown.is_thinking) == ("Well 😀, then", False)
    reasoning = Reasoning(snapshot.reasoning, 1500, [{"type": "thinking"}])
    assert end_reply(reply.run, Ending(Status.STOPPED), text="So", html="<p>So</p>", reasoning=reasoning)
    stored = Message.objects.get(pk=reply.pk)
    assert (stored.reasoning, stored.reasoning_ms) == ("Well 😀, then", 1500)
    assert stored.signed_reasoning == [{"type": "thinking"}]
    assert not ReplyChunk.objects.exists()


@pytest.mark.parametrize(
    ("answered_by", "model", "asked"),
    [
        (["", ""], "demo/demo", ""),
        (["demo/demo", "demo/demo"], "demo/demo", ""),
        (["demo/other", "demo/other"], "demo/other", "demo/demo"),
        (["demo/demo", "demo/other"], "demo/other", "demo/demo"),
        (["demo/other", "demo/third"], "demo/third", "demo/demo"),
        (["demo/other", "demo/demo"], "demo/demo", ""),
    ],
    ids=str,
)
def test_end_names_who_answered_and_who_was_asked_first(
    reply: Message, answered_by: list[str], model: str, asked: str
) -> None:
    for who in answered_by:
        Message.objects.filter(pk=reply.pk).update(status=Status.STREAMING)
        assert end_reply(reply.run, Ending(Status.COMPLETE), text="So", html="<p>So</p>", answered_by=who)
    stored = Message.objects.get(pk=reply.pk)
    assert (stored.model, stored.asked_model) == (model, asked)


def test_checkpoint_tells_who_is_to_stop_and_who_has_ended(reply: Message) -> None:
    Message.objects.filter(pk=reply.pk).update(stop_requested_at=timezone.now())
    assert save_checkpoints({reply.run: Checkpoint(0, "a", [], 0)}) == {reply.run: True}
    assert end_reply(reply.run, Ending(Status.STOPPED), text="a", html="<p>a</p>")
    assert save_checkpoints({reply.run: Checkpoint(1, "b", [], 0), (uuid4(), None): Checkpoint(0, "x", [], 0)}) == {}
    assert not ReplyChunk.objects.exists()


def test_end_reply_wins_once_and_folds_the_chunks(reply: Message) -> None:
    save_checkpoints({reply.run: Checkpoint(0, "One", ["<p>One</p>"], 3)})
    assert end_reply(reply.run, Ending(Status.COMPLETE, "stop"), text="One two", html="<p>One two</p>")
    assert not end_reply(reply.run, Ending(Status.STOPPED), text="One", html="<p>One</p>")
    stored = Message.objects.get(pk=reply.pk)
    assert (stored.status, stored.content, stored.html) == (Status.COMPLETE, "One two", "<p>One two</p>")
    assert not ReplyChunk.objects.exists()
    snapshot = selectors.get_snapshot(reply.pk)
    assert (snapshot.text, snapshot.blocks, snapshot.upto) == ("One two", ["<p>One two</p>"], 7)


def test_run_that_was_overtaken_writes_nothing(alice: User, reply: Message) -> None:
    """A process that stood still for long finds its reply ended by the sweep, and continued elsewhere."""
    overtaken = reply.run
    assert end_reply(overtaken, Ending(Status.INTERRUPTED), text="One", html="<p>One</p>")
    services.continue_reply(alice, client_id="go-on", reply_id=reply.pk)
    assert save_checkpoints({overtaken: Checkpoint(3, " late", [], 0)}) == {}
    assert not end_reply(overtaken, Ending(Status.COMPLETE), text="One late", html="<p>One late</p>")
    stored = Message.objects.get(pk=reply.pk)
    assert (stored.status, stored.content) == (Status.STREAMING, "One")
    assert not ReplyChunk.objects.exists()
    assert end_reply(stored.run, Ending(Status.COMPLETE), text="One two", html="<p>One two</p>")


def test_silent_reply_that_is_heard_of_again_is_not_ended(reply: Message) -> None:
    Message.objects.filter(pk=reply.pk).update(heartbeat_at=Now() - timedelta(hours=1))
    (silent,) = sweeper.find_silent_replies()
    save_checkpoints({reply.run: Checkpoint(0, "Alive", [], 0)})
    ending = Ending(Status.INTERRUPTED)
    assert not end_reply(reply.run, ending, text="", html="", silent_since=silent.heard_at)
    assert ReplyChunk.objects.get().text == "Alive"
    Message.objects.filter(pk=reply.pk).update(heartbeat_at=silent.heard_at)
    assert end_reply(reply.run, ending, text="Alive", html="", silent_since=silent.heard_at)


def test_snapshot_of_a_continued_reply_ignores_chunks_of_the_run_before(reply: Message) -> None:
    Message.objects.filter(pk=reply.pk).update(content="One two", html="<p>One two</p>")
    reply.refresh_from_db()
    old = ReplyChunk(reply=reply, offset=0, text="One two", blocks=["<p>One two</p>"], upto=7)
    new = ReplyChunk(reply=reply, offset=7, text=" three", blocks=[], upto=0)
    snapshot = selectors.assemble(reply, [old, new])
    assert (snapshot.text, snapshot.blocks, snapshot.upto) == ("One two three", ["<p>One two</p>"], 7)


def test_find_silent_replies_goes_by_the_databases_clock(reply: Message) -> None:
    assert sweeper.find_silent_replies() == set()
    Message.objects.filter(pk=reply.pk).update(heartbeat_at=Now() - sweeper.SILENCE - timedelta(seconds=1))
    assert {silent.id for silent in sweeper.find_silent_replies()} == {reply.pk}
    Message.objects.filter(pk=reply.pk).update(heartbeat_at=Now() - sweeper.SILENCE + timedelta(seconds=5))
    assert sweeper.find_silent_replies() == set()
