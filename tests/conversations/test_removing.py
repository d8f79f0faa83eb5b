"""What is brought back while the sweep removes what nobody wants any more stays, whole."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.db import connections, transaction
from django.utils import timezone

from conversations.arranging import (
    TEMPORARY_PERIOD,
    UNDO_PERIOD,
    remove_deleted_conversations,
    remove_deleted_messages,
    remove_forgotten_temporary,
    restore_conversation,
)
from conversations.branching import restore_message
from conversations.filing import Wish, arrange, delete_folder, save_folder
from conversations.models import Conversation, Folder, Message
from tests.conversations.test_lock_order import is_somebody_blocked
from tests.support.factories import make_conversation, make_message

if TYPE_CHECKING:
    from collections.abc import Callable

    from accounts.models import User

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.redis]  # SQLite writes one after the other
LONG_AGO = timezone.now() - max(UNDO_PERIOD, TEMPORARY_PERIOD) - timedelta(hours=1)


def remove_meanwhile(remove: Callable[[], int], keep: Callable[[], object]) -> int:
    """Remove while somebody who keeps it has not committed yet; returns how many rows went."""

    def run() -> int:
        try:
            return remove()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as threads:
        with transaction.atomic():
            keep()
            removing = threads.submit(run)
            while not is_somebody_blocked():
                assert not removing.done()
        return removing.result(timeout=30)


def test_conversation_that_is_brought_back_while_it_is_removed_stays(alice: User) -> None:
    talk = make_conversation(alice, deleted_at=LONG_AGO)
    message = make_message(talk)
    assert remove_meanwhile(remove_deleted_conversations, lambda: restore_conversation(talk)) == 0
    assert Conversation.objects.get().leaf_id == message.pk


def test_temporary_talk_that_somebody_goes_on_with_while_it_is_removed_stays(alice: User) -> None:
    talk = make_conversation(alice, is_temporary=True, updated_at=LONG_AGO)
    message = make_message(talk)

    def go_on() -> None:
        Conversation.objects.filter(pk=talk.pk).update(updated_at=timezone.now())

    assert remove_meanwhile(remove_forgotten_temporary, go_on) == 0
    assert Conversation.objects.get().leaf_id == message.pk


def test_message_that_is_brought_back_while_it_is_removed_stays(alice: User) -> None:
    talk = make_conversation(alice)
    message = make_message(talk, deleted_at=LONG_AGO)
    assert remove_meanwhile(remove_deleted_messages, lambda: restore_message(alice, message.pk)) == 0
    assert Message.objects.get().deleted_at is None
    assert Conversation.objects.get().leaf_id == message.pk


def test_conversation_that_is_moved_into_a_folder_while_that_is_deleted_lies_outside(alice: User) -> None:
    talk = make_conversation(alice)
    folder = save_folder(Folder(user=alice, name="Work"))

    def delete() -> int:
        delete_folder(folder)
        return 0

    remove_meanwhile(delete, lambda: arrange(alice, [talk.pk], Wish("move", folder.pk)))
    assert Conversation.objects.get().folder is None
    assert not Folder.objects.exists()
