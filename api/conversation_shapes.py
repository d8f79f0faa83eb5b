"""A conversation as the API tells it."""

from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

from pydantic import Field

from api.shapes import Id, Moment, Shape
from conversations.selectors import is_running

if TYPE_CHECKING:
    from conversations.models import Conversation as StoredConversation


class ListedConversation(Shape):
    """What a list says of a conversation."""

    id: Id
    title: str
    model: Annotated[str, Field(description="The model, or `preset/<id>`, that was chosen last; perhaps empty.")]
    folder: UUID | None
    tags: list[str]
    pinned: bool
    archived: bool
    deleted: Annotated[bool, Field(description="It can be restored for an hour.")]
    temporary: Annotated[bool, Field(description="No list has it, and its end leaves nothing behind.")]
    running: Annotated[bool, Field(description="An answer is being written in it.")]
    leaf: Annotated[UUID | None, Field(description="The last message of the branch on show.")]
    created_at: Moment
    updated_at: Annotated[Moment, Field(description="When something was last said in it.")]


class Conversation(ListedConversation):
    """A conversation with all that can be changed of it."""

    instructions: Annotated[str, Field(description="Said to the model before it.")]


def describe_listed(stored: "StoredConversation") -> ListedConversation:
    """Tell a conversation that knows whether it ``is_running``, as those of lists do."""
    return ListedConversation(**_fields(stored), running=stored.is_running)  # type: ignore[attr-defined]  # annotated


def describe_conversation(stored: "StoredConversation") -> Conversation:
    return Conversation(**_fields(stored), running=is_running(stored.pk), instructions=stored.instructions)


def _fields(stored: "StoredConversation") -> dict[str, Any]:
    return {
        "id": stored.pk,
        "title": stored.title,
        "model": stored.model,
        "folder": stored.folder_id,
        "tags": sorted(tag.name for tag in stored.tags.all()),
        "pinned": stored.pinned_at is not None,
        "archived": stored.archived_at is not None,
        "deleted": stored.deleted_at is not None,
        "temporary": stored.is_temporary,
        "leaf": stored.leaf_id,
        "created_at": stored.created_at,
        "updated_at": stored.updated_at,
    }
