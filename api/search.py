"""``/api/search``: finding what was said."""

from typing import Annotated
from uuid import UUID

from ninja import Query, Router
from pydantic import AwareDatetime, Field

from api.auth import READING, ApiRequest
from api.paging import Paging, Word, cursor_of, not_there
from api.shapes import Id, Moment, Shape
from conversations.library import get_folder
from conversations.models import Role
from search.selectors import Filters, MessageHit, TitleHit, read_cursor
from search.services import look_for
from search.snippets import Part

router = Router(tags=["search"])


class Search(Paging):
    """What is looked for, and where; all words have to occur, and those in quotes side by side."""

    q: Word
    role: Role | None = None
    model: Annotated[Word | None, Field(description="Of an answer.")] = None
    folder: Annotated[UUID | None, Field(description="In a folder, or in one within it.")] = None
    conversation: UUID | None = None
    since: AwareDatetime | None = None
    until: Annotated[AwareDatetime | None, Field(description="Not with this moment.")] = None


class Piece(Shape):
    """A piece of a text, as it was written."""

    text: str
    hit: bool


class FoundConversation(Shape):
    id: Id
    title: list[Piece]


class FoundMessage(Shape):
    id: Id
    conversation: Id
    conversation_title: str
    role: Role
    model: str
    created_at: Moment
    snippet: Annotated[list[Piece], Field(description="What stands around the first hit.")]


class Found(Shape):
    conversations: Annotated[
        list[FoundConversation], Field(description="Found by their titles; on the first page only.")
    ]
    data: Annotated[list[FoundMessage], Field(description="The newest first.")]
    next: Annotated[str | None, Field(description="The cursor of the next page; null on the last one.")]


@router.get("/search", response=Found, auth=READING, summary="Search")
def search(request: ApiRequest, wanted: Query[Search]) -> Found:
    """Find your messages and conversations by their words; capitals and accents do not matter."""
    user = request.auth.user
    filters = Filters(
        role=wanted.role or "",
        model=wanted.model or "",
        folder=str(get_folder(user, wanted.folder).pk) if wanted.folder else "",
        conversation=wanted.conversation,
        since=wanted.since,
        until=wanted.until,
    )
    after = read_cursor(wanted.key)
    if wanted.cursor and after is None:
        raise not_there()
    found = look_for(user, wanted.q, filters, after=after, limit=wanted.limit)
    return Found(
        conversations=[_describe_conversation(hit) for hit in found.titles],
        data=[_describe_message(hit) for hit in found.messages],
        next=cursor_of(found.after),
    )


def _describe_conversation(hit: TitleHit) -> FoundConversation:
    return FoundConversation(id=hit.conversation.pk, title=_pieces(hit.title))


def _describe_message(hit: MessageHit) -> FoundMessage:
    message = hit.message
    return FoundMessage(
        id=message.pk,
        conversation=message.conversation_id,
        conversation_title=hit.title,
        role=Role(message.role),
        model=message.model,
        created_at=message.document.at,
        snippet=_pieces(hit.snippet),
    )


def _pieces(parts: list[Part]) -> list[Piece]:
    return [Piece(text=part.text, hit=part.is_hit) for part in parts]
