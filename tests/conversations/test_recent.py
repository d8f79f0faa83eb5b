from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from conversations.models import Role
from conversations.recent import count_recently_said, recently_said
from moderation.models import Direction
from moderation.trial import recently_said as known_to_moderation
from tests.support.factories import make_conversation, make_message

if TYPE_CHECKING:
    from accounts.models import User

pytestmark = pytest.mark.django_db


def test_recently_said_gives_both_sides_newest_first_and_nothing_old(alice: User) -> None:
    talk = make_conversation(alice)
    old = UUID(int=int(datetime(2025, 1, 1, tzinfo=UTC).timestamp() * 1000) << 80)
    make_message(talk, "Long ago", pk=old)
    make_message(talk, "A question")
    make_message(talk, "", role=Role.ASSISTANT)
    make_message(talk, "An answer", role=Role.ASSISTANT)
    said = list(recently_said())
    assert said == list(known_to_moderation())
    assert [one[:2] for one in said] == [(Direction.OUTPUT, "An answer"), (Direction.INPUT, "A question")]
    moments = [one.at for one in said if one.at]
    assert len(moments) == len(said)
    assert moments == sorted(moments, reverse=True)
    assert {one.person for one in said} == {alice.pk}
    assert count_recently_said() == 2
