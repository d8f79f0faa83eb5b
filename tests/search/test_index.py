"""What the database keeps of what is said: the same as is stored, from the moment it is stored."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.db import connection, transaction
from django.utils import timezone

from conversations.models import Conversation, Message, Role
from search.folding import fold
from search.index import install, remove, step_aside
from search.models import Document, Title
from tests.support.factories import make_conversation, make_message

if TYPE_CHECKING:
    from accounts.models import User

pytestmark = pytest.mark.django_db

CURIOUS = (
    "ÉCOLE naïve Straße ẞ ΟΔΟΣ Ёлка Ǆ ﬁne ＡＢＣ İstanbul ığdır Øre Łódź",
    "かきガギ ｶﾞ 한국어 漢字、仮名　全角",
    "  a\n\n\tb\r\nc\u00a0d\u2028e\u3000f\u0001g\u007fh  ",
    "👩\u200d💻 ❤\ufe0f 👍🏽 so\u00adft ze\u200bro",
    "snake_case camelCase a.b() C# 100% \\n \"q\" 'q' x\ty",
    "plain ASCII, Only",
)


def indexed() -> list[str]:
    return list(Document.objects.order_by("message__created_at", "id").values_list("text", flat=True))


@pytest.mark.parametrize("text", CURIOUS)
def test_database_folds_as_python_does(alice: User, text: str) -> None:
    make_message(make_conversation(alice, text[:200]), text)
    assert indexed() == [fold(text)]
    assert Title.objects.get().text == fold(text[:200])


def test_database_folds_every_letter_as_python_does(alice: User) -> None:
    """Letters that newer versions of Unicode brought may differ; those in use are older."""
    letters = [chr(code) for code in (*range(0x20, 0x2FFF), *range(0x3040, 0x3100), 0x1F600) if chr(code).isprintable()]
    talk = make_conversation(alice)
    lines = ["x".join(letters[start : start + 100]) for start in range(0, len(letters), 100)]
    now = timezone.now()
    rows = [
        Message(conversation=talk, role=Role.USER, content=line, created_at=now + timedelta(seconds=number))
        for number, line in enumerate(lines)
    ]
    Message.objects.bulk_create(rows)
    differing = [(kept, line) for kept, line in zip(indexed(), map(fold, lines), strict=True) if kept != line]
    assert differing == []


def test_index_follows_every_door(alice: User) -> None:
    talk = make_conversation(alice, "First")
    question = make_message(talk, "Question")
    reply = make_message(talk, "", role=Role.ASSISTANT)
    make_message(talk, "Unsaid", role=Role.SYSTEM)
    assert indexed() == ["question"]
    Message.objects.filter(pk=reply.pk).update(content="Answer")
    assert indexed() == ["question", "answer"]
    question.content = "Other"
    question.save()
    assert indexed() == ["other", "answer"]
    Message.objects.filter(pk=reply.pk).update(content="")
    assert indexed() == ["other"]
    Conversation.objects.filter(pk=talk.pk).update(title="Second")
    assert list(Title.objects.values_list("text", flat=True)) == ["second"]
    talk.delete()
    assert (Document.objects.count(), Title.objects.count()) == (0, 0)


def test_index_goes_with_the_account(alice: User) -> None:
    make_message(make_conversation(alice), "Mine")
    alice.delete()
    assert (Document.objects.count(), Title.objects.count()) == (0, 0)


def test_index_holds_what_its_transaction_holds(alice: User) -> None:
    talk = make_conversation(alice)
    with transaction.atomic():
        make_message(talk, "Never said")
        assert indexed() == ["never said"]
        transaction.set_rollback(True)
    assert indexed() == []


def test_longest_message_of_many_letters_is_stored(alice: User) -> None:
    text = "".join(chr(0x4E00 + number % 20000) for number in range(100_000))
    make_message(make_conversation(alice), text)
    assert indexed() == [text]


def test_signs_that_stand_for_many_end_where_a_text_does(alice: User) -> None:
    """U+FDFA is eighteen characters of the index: cut into pieces, 1.8 million would pass the database's time."""
    make_message(make_conversation(alice), "\ufdfa" * 100_000)
    (stored,) = indexed()
    assert stored == fold("\ufdfa" * 100_000)[:500_000]
    Document.objects.all().delete()
    install(connection.alias)
    assert indexed() == [stored]


def test_installing_adds_what_was_stored_without_it(alice: User) -> None:
    talk = make_conversation(alice, "Early")
    make_message(talk, "Early words")
    Document.objects.all().delete()
    Title.objects.all().delete()
    install(connection.alias)
    install(connection.alias)
    assert (indexed(), Title.objects.get().text) == (["early words"], "early")


def test_stepping_aside_for_a_migration_loses_nothing(alice: User) -> None:
    step_aside(connection.alias)
    make_message(make_conversation(alice), "Meanwhile")
    install(connection.alias)
    assert indexed() == ["meanwhile"]
    make_message(make_conversation(alice), "Afterwards")
    assert indexed() == ["meanwhile", "afterwards"]


def test_removing_leaves_messages_alone_and_can_be_undone(alice: User) -> None:
    talk = make_conversation(alice)
    make_message(talk, "Before")
    remove(connection.alias)
    remove(connection.alias)
    make_message(talk, "Without")
    assert indexed() == ["before"]
    install(connection.alias)
    make_message(talk, "After")
    assert indexed() == ["before", "without", "after"]
