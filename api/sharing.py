"""``/api/share``: links that show one branch of a conversation, as it was when they were made."""

from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

from ninja import Query, Router, Status
from pydantic import Field

from api.auth import CHATTING, READING, ApiRequest
from api.paging import Page, Paging, split
from api.shapes import Id, Input, Moment, Shape
from conversations.selectors import get_conversation
from sharing.models import Link as StoredLink
from sharing.selectors import address_of, get_link, get_open_link, list_newest_links
from sharing.services import revoke_link, share_branch

router = Router(tags=["share"])

ONE = "/share/{uuid:link_id}"
LONGEST_DAYS = 30


class Link(Shape):
    id: Id
    conversation: Id
    title: str
    created_at: Moment
    expires_at: Annotated[Moment | None, Field(description="Null: it works until you take it back.")]


class MadeLink(Link):
    """A link with the address that opens it, which is told this once."""

    url: str


class NewLink(Input):
    conversation: Id
    days: Annotated[
        int | None, Field(ge=1, le=LONGEST_DAYS, description="How long it works; null until you take it back.")
    ] = None
    with_files: Annotated[bool, Field(description="Show the attached files, too.")] = False


@router.get("/share", response=Page[Link], auth=READING, summary="List links")
def list_links(request: ApiRequest, paging: Query[Paging]) -> Page[Link]:
    """List your links that work, the newest first."""
    found = list_newest_links(request.auth.user, paging.limit + 1, before=paging.id)
    shown, following = split(found, paging.limit, lambda one: one.pk)
    return Page(data=[Link(**_fields(one)) for one in shown], next=following)


@router.post("/share", response={201: MadeLink}, auth=CHATTING, summary="Share a conversation")
def make_link(request: ApiRequest, body: NewLink) -> Status[MadeLink]:
    """Make a link to the branch on show: whoever has it reads what was said until now, and nothing that comes later."""
    conversation = get_conversation(request.auth.user, body.conversation)
    lasting = timedelta(days=body.days) if body.days else None
    link, token = share_branch(conversation, expires_in=lasting, with_files=body.with_files)
    return Status(201, MadeLink(**_fields(link), url=address_of(token)))


@router.get(ONE, response=Link, auth=READING, summary="Read about a link")
def read_link(request: ApiRequest, link_id: UUID) -> Link:
    return Link(**_fields(get_open_link(request.auth.user, link_id)))


@router.delete(ONE, response={204: None}, auth=CHATTING, summary="Take a link back")
def take_link_back(request: ApiRequest, link_id: UUID) -> Status[None]:
    """Take a link back: it opens nothing any more, at once."""
    revoke_link(get_link(request.auth.user, link_id))
    return Status(204, None)


def _fields(link: StoredLink) -> dict[str, Any]:
    return {
        "id": link.pk,
        "conversation": link.conversation_id,
        "title": link.title,
        "created_at": link.created_at,
        "expires_at": link.expires_at,
    }
