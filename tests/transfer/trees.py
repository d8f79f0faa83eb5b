"""What tests of readers and of the storing look at."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from transfer.readers import read_talk
from transfer.storing import prepare, store_talk
from transfer.stream import read_elements
from transfer.talk import Talk, Unreadable, in_order

if TYPE_CHECKING:
    from accounts.models import User
    from conversations.models import Conversation

SAMPLES = Path(__file__).parent / "samples"


def read_file(path: Path) -> list[Talk]:
    """Read a file that holds nothing but conversations."""
    talks = []
    for element in read_elements(path):
        assert not isinstance(element, Unreadable), element.message
        talks.append(read_talk(element))
    return talks


def read_sample(name: str) -> list[Talk]:
    return read_file(SAMPLES / f"{name}-made-by-hand.json")


def tree(talk: Talk) -> list[tuple[str, str, str]]:
    """Give each message's parent, role and words, parents first."""
    words = {said.key: said.content for said in talk.messages}
    return [(words.get(said.parent or "", ""), said.role, said.content) for said in in_order(talk)]


def store(user: User, talk: Talk) -> Conversation | None:
    return store_talk(user, prepare(talk), {})
