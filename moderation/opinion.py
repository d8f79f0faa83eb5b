"""What a second opinion does: it holds back what people write, and notes what models answer, where it objects."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.utils.translation import gettext as _

from chatproject.errors import DomainError
from chatproject.text import storable
from moderation.models import Action, Direction, Incident, Kind
from moderation.services import BlockedWords, list_recent
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


async def find_objection(text: str, *, person_id: UUID | None = None) -> Verdict | None:
    """Give the verdict that objects to a text, or None; raises Unchecked where there is none and one is needed.

    ``person_id`` says who waits for it; nobody waits for what is said of an answer.
    """
    try:
        verdict = await second_opinion.judge(text, asker=person_id)
    except ProviderError:
        if settings.MODERATION_FAIL == "open":
            return None
        raise Unchecked(
            _(
                "Your message could not be checked just now, so it was not sent. "
                "Your draft is kept; try again in a moment."
            )
        ) from None
    return verdict if verdict.is_flagged else None


def record_objected_message(verdict: Verdict, *, person_id: UUID, text: str) -> None:
    """Store that a message was held back; the same one of the same person once an hour, while nobody has decided."""
    incident = _objected(verdict, person_id, text, Direction.INPUT)
    same = list_recent(person_id).filter(kind=Kind.OPINION, direction=Direction.INPUT, matched=incident.matched)
    if not same.exists():
        incident.save()


def record_objected_answer(verdict: Verdict, *, person_id: UUID, text: str, subject: UUID) -> None:
    """Store what was objected to in an answer, under the name of who asked for it; once for each answer.

    The caller holds the row of the answer.
    """
    if not Incident.objects.filter(subject=subject, kind=Kind.OPINION).exists():
        incident = _objected(verdict, person_id, text, Direction.OUTPUT)
        incident.subject = subject
        incident.save()


def _objected(verdict: Verdict, person_id: UUID, text: str, direction: Direction) -> Incident:
    return Incident(
        kind=Kind.OPINION,
        pattern=settings.MODERATION_MODEL[:LONGEST_CATEGORY],
        category=_name(verdict),
        action=ACTIONS[direction],
        person_id=person_id,
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
