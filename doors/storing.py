"""``store``: an answer that a program wants to find in its person's list, as a conversation like any other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatproject.errors import as_domain_error
from conversations.models import Role, Status
from conversations.recording import Answer, Said, Talk, record_talk
from doors.fields import BadField
from providers.models import Outcome

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from doors.asking import Asking
    from providers.money.ledger import Settled
    from providers.port import ChatMessage, ChatRequest

FIELD = "store"


def keeper(request: ChatRequest) -> Callable[[Asking, Settled], Awaitable[None]]:
    """Give what keeps an answer; raises BadField for what a conversation cannot show: tools, pictures, long words."""
    if request.tools or any(one.tool_calls or one.role == "tool" for one in request.messages):
        raise BadField(FIELD, "a conversation with tools cannot be stored.")
    if any(one.pictures for one in request.messages):
        raise BadField(FIELD, "a conversation with pictures cannot be stored.")
    if problem := _talk(request.messages).problem:
        raise BadField(FIELD, problem)
    return _store


async def _store(asking: Asking, settled: Settled) -> None:
    """Store what was said and the answer to it; one that failed before its first word leaves nothing."""
    text = "".join(asking.screen.said)
    if not text.strip() and asking.outcome != Outcome.COMPLETE:
        return
    answer = Answer(
        id=asking.subject,
        text=text,
        reasoning="".join(asking.screen.thought),
        model=asking.model,
        asked_model=asking.entry.id,
        status=Status.BLOCKED if asking.screen.blocked else Status(asking.outcome.value),
        finish_reason=asking.finish_reason,
        failure=asking.failure,
        usage=asking.usage,
        cost=settled.cost,
    )
    try:
        await record_talk(asking.user, _talk(asking.said), answer)
    except Exception as error:  # noqa: BLE001 - translated in one place, which logs it; the answer was given
        as_domain_error(error)


def _talk(messages: Sequence[ChatMessage]) -> Talk:
    roles = {"user": Role.USER, "assistant": Role.ASSISTANT}
    return Talk(
        "\n\n".join(one.content for one in messages if one.role == "system"),
        tuple(Said(roles[one.role], one.content) for one in messages if one.role in roles and one.content.strip()),
    )
