"""What a person has here: told before an account is deleted, and taken from the disk with it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from django.db import transaction

from conversations.selectors import readable_messages
from files.selectors import count_files
from sharing.selectors import list_links
from transfer import places
from transfer.selectors import list_exports, list_imports

if TYPE_CHECKING:
    from accounts.models import User
    from transfer.models import Export, Import


@dataclass(frozen=True, slots=True)
class Belongings:
    """How much there is of each; ``bytes`` of the files."""

    conversations: int
    messages: int
    files: int
    bytes: int
    links: int
    jobs: int


def count_belongings(user: User) -> Belongings:
    """Count what goes with an account, temporary conversations among it."""
    messages = readable_messages(user)
    files, kept = count_files(user.pk)
    return Belongings(
        conversations=messages.values("conversation").distinct().count(),
        messages=messages.count(),
        files=files,
        bytes=kept,
        links=list_links(user).count(),
        jobs=list_exports(user).count() + list_imports(user).count(),
    )


def forget_person(instance: User, **_: object) -> None:
    """Remove the exports and brought files of a person who is being deleted, as soon as that is committed."""
    jobs: list[Export | Import] = [*list_exports(instance), *list_imports(instance)]
    for job in jobs:
        transaction.on_commit(partial(places.remove_file, job))
