"""Edits that come at the same moment: of one version, one wins."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from django.db import connections

from conversations.models import Conversation, Folder
from tests.api.asking import Api
from tests.support.factories import make_conversation

if TYPE_CHECKING:
    from accounts.models import User

EDITORS = 6


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", ["conversations", "folders"])
def test_of_many_edits_of_one_version_one_wins(alice: User, kind: str) -> None:
    names = [f"Name {number}" for number in range(EDITORS)]
    row = make_conversation(alice) if kind == "conversations" else Folder.objects.create(user=alice, name="Work")
    path, field = f"/{kind}/{row.pk}", "title" if kind == "conversations" else "name"
    api = Api(alice)
    seen = api.get(path)["ETag"]
    editors = [Api(alice) for _ in names]

    def edit(number: int) -> int:
        try:
            return int(editors[number].send("patch", path, {field: names[number]}, If_Match=seen).status_code)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(EDITORS) as threads:
        statuses = list(threads.map(edit, range(EDITORS)))
    assert Counter(statuses) == {200: 1, 409: EDITORS - 1}
    stored = (
        Conversation.objects.values_list("title") if kind == "conversations" else Folder.objects.values_list("name")
    )
    assert stored.get() == (names[statuses.index(200)],)
