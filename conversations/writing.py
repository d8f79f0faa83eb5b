"""What people write that is no message: names, titles, instructions. It is counted, and checked for words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings

from accounts import limits
from moderation.models import Direction
from moderation.services import BlockedWords, Checked, check_text, record_incidents

if TYPE_CHECKING:
    from collections.abc import Mapping

    from accounts.models import User


@dataclass(frozen=True, slots=True)
class Refused:
    """What is wrong with one of several texts."""

    name: str
    message: str


class BlockedTexts(BlockedWords):
    """Words that are not used here, in some of several texts; ``refused`` says in which."""

    def __init__(self, refused: tuple[Refused, ...]) -> None:
        super().__init__(refused[0].message)
        self.refused = refused


def screen_texts(user: User, texts: Mapping[str, str]) -> dict[str, str]:
    """Count what a person writes in several places, as one thing, and give it as it may be stored.

    Raises TooManyRequests, and BlockedTexts; call it outside of a transaction, as what is refused stays on record.
    """
    limits.require(limits.WRITINGS, user.pk, settings.RATE_LIMIT_MESSAGES)
    checked: dict[str, Checked] = {}
    refused = []
    for name, text in texts.items():
        try:
            checked[name] = check_text(user, text)
        except BlockedWords as error:
            refused.append(Refused(name, error.message))
    if refused:
        raise BlockedTexts(tuple(refused))
    findings = [finding for one in checked.values() for finding in one.findings]
    record_incidents(user.pk, findings, Direction.INPUT)
    return {name: one.text for name, one in checked.items()}
