"""What a second opinion does: it holds back what people write, and notes what models answer, where it objects."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings

from chatproject.errors import DomainError
from moderation.models import Action, Direction, Incident, Kind
from moderation.services import BlockedWords, storable
from providers import second_opinion
from providers.port import ProviderError

if TYPE_CHECKING:
    from uuid import UUID

    from providers.port import Verdict

LONGEST_CATEGORY = 60
ACTIONS = {Direction.INPUT: Action.BLOCK, Direction.OUTPUT: Action.FLAG}


class Unchecked(DomainError):
    """There was no second opinion, and nothing goes through without one."""

    code = "unchecked"
    http_status = 503


def is_wanted() -> bool:
    return second_opinion.is_wanted()


async def find_objection(text: str) -> Verdict | None:
    """Give the verdict that objects to a text, or None; raises Unchecked where there is none and one is needed."""
    try:
        verdict = await second_opinion.judge(text)
    except ProviderError:
        if settings.MODERATION_FAIL == "open":
            return None
        raise Unchecked(
            "Your message could not be checked just now, so it was not sent. Your draft is kept; try again in a moment."
        ) from None
    return verdict if verdict.is_flagged else None


def record_objection(
    verdict: Verdict, *, person_id: UUID, text: str, direction: Direction, subject: UUID | None = None
) -> Incident:
    """Store what was objected to, under the name of who did."""
    return Incident.objects.create(
        kind=Kind.OPINION,
        pattern=settings.MODERATION_MODEL[:LONGEST_CATEGORY],
        category=_name(verdict),
        action=ACTIONS[direction],
        person_id=person_id,
        subject=subject,
        direction=direction,
        matched=storable(text)[: Incident.LONGEST_EXCERPT],
    )


def objection(verdict: Verdict) -> BlockedWords:
    """Say to the person what was objected to."""
    category = f" ({_name(verdict)})" if verdict.categories else ""
    return BlockedWords(
        f"This message was held back by the rules of this site{category}. Your draft is kept: change it, and try again."
    )


def _name(verdict: Verdict) -> str:
    return ", ".join(verdict.categories)[:LONGEST_CATEGORY]
