"""Who changes several messages takes them in the order of their keys, so that two who do never wait for each other."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from django.db import connection, connections, transaction

from conversations import services
from conversations.admission import stop_replies
from conversations.checkpoints import save_checkpoints
from conversations.draft import Checkpoint
from conversations.models import Message

if TYPE_CHECKING:
    from collections.abc import Callable

    from accounts.models import User

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.redis]  # SQLite locks no rows
BLOCKED = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


def checkpoint_all(replies: list[Message]) -> None:
    save_checkpoints({reply.run: Checkpoint(0, "a", [], 0) for reply in replies})


def stop_all(replies: list[Message]) -> None:
    stop_replies(replies[0].conversation.user_id)


@pytest.mark.parametrize("act", [checkpoint_all, stop_all])
def test_who_waits_for_one_message_holds_none_after_it(alice: User, act: Callable[[list[Message]], None]) -> None:
    turns = [
        services.send_message(
            alice, client_id=uuid4().hex, conversation_id=None, parent_id=None, text="Hi", model="demo/demo"
        )
        for _ in range(2)
    ]
    low, high = sorted((turn.reply for turn in turns), key=lambda reply: reply.pk)
    Message.objects.filter(pk=low.pk).update(omitted_messages=0)  # written anew: now it lies behind the other

    def run() -> None:
        try:
            with connection.cursor() as cursor:  # a large table may be read in any order
                cursor.execute("SET enable_indexscan = off")
                cursor.execute("SET enable_bitmapscan = off")
            act([high, low])
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as threads:
        with transaction.atomic():
            list(Message.objects.select_for_update(no_key=True).filter(pk=low.pk))
            acting = threads.submit(run)
            while not is_somebody_blocked():
                assert not acting.done()
            rows = Message.objects.select_for_update(no_key=True, nowait=True)
            assert rows.get(pk=high.pk) == high
        acting.result(timeout=30)


def is_somebody_blocked() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(BLOCKED)
        return bool(cursor.fetchone()[0])
