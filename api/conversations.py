"""``/api/conversations``: what somebody said with models, a list at a time and one by one."""

from typing import Annotated
from uuid import UUID

from ninja import Query, Router, Status
from pydantic import Field

from api.auth import CHATTING, READING, ApiRequest
from api.conversation_shapes import (
    Conversation,
    ListedConversation,
    describe_conversation,
    describe_listed,
)
from api.message_shapes import Message, describe_message
from api.paging import Page, Paging, Word, cursor_of, split
from api.shapes import Id, Input
from api.versions import expected_by, with_version
from conversations.arranging import restore_conversation, take_away
from conversations.changing import Changes, change_conversation
from conversations.library import Place, find_tag, get_folder, list_page
from conversations.presets import MAX_INSTRUCTIONS
from conversations.selectors import find_parent, get_conversation, get_deleted_conversation, list_branch, list_tree

router = Router(tags=["conversations"])

EDITABLE = frozenset({"title", "model", "instructions", "folder", "tags", "pinned", "archived"})
LONGEST_NAME = 200
MOST_TAGS = 20

Tag = Annotated[str, Field(max_length=LONGEST_NAME)]


class Shelf(Paging):
    """Which conversations are wanted; what is not said narrows nothing, but for what is put away."""

    archived: Annotated[bool, Field(description="Those that were put away, instead of those at hand.")] = False
    deleted: Annotated[bool, Field(description="Those that can still be restored.")] = False
    pinned: bool | None = None
    folder: UUID | None = None
    tag: Word | None = None


class Branch(Paging):
    """Which messages are wanted."""

    leaf: Annotated[UUID | None, Field(description="The end of another branch than the one on show.")] = None
    tree: Annotated[bool, Field(description="All branches, the oldest message first.")] = False


class ConversationChanges(Input):
    """What is to be different; what is left out stays as it is."""

    title: Annotated[str, Field(max_length=LONGEST_NAME, default_factory=str)]
    model: Annotated[str, Field(min_length=1, max_length=LONGEST_NAME, default_factory=str)]
    instructions: Annotated[str, Field(max_length=MAX_INSTRUCTIONS, default_factory=str)]
    folder: Annotated[Id | None, Field(description="Null takes it out of its folder.")] = None
    tags: Annotated[list[Tag], Field(max_length=MOST_TAGS, default_factory=list, description="All that it is to have.")]
    pinned: Annotated[bool, Field(default_factory=bool)]
    archived: Annotated[bool, Field(default_factory=bool)]

    def read(self) -> Changes:
        """Give what was said, and nothing else."""
        said = {NAMES.get(name, name): value for name, value in self.model_dump(exclude_unset=True).items()}
        if "tags" in said:
            said["tags"] = tuple(said["tags"])
        return Changes(**said)


NAMES = {"pinned": "is_pinned", "archived": "is_archived"}


@router.get("/conversations", response=Page[ListedConversation], auth=READING, summary="List conversations")
def list_conversations(request: ApiRequest, shelf: Query[Shelf]) -> Page[ListedConversation]:
    """List your conversations, the one in which something was said last first."""
    user = request.auth.user
    place = Place(
        shelf="deleted" if shelf.deleted else "archived" if shelf.archived else "",
        folder=get_folder(user, shelf.folder) if shelf.folder else None,
        tag=find_tag(user, shelf.tag) if shelf.tag is not None else None,
        is_pinned=shelf.pinned,
    )
    found = list_page(user, place, after=shelf.key, size=shelf.limit)
    return Page(data=[describe_listed(one) for one in found.conversations], next=cursor_of(found.after))


@router.get("/conversations/{uuid:conversation_id}", response=Conversation, auth=READING, summary="Read a conversation")
def read_conversation(request: ApiRequest, conversation_id: UUID) -> Conversation:
    found = get_conversation(request.auth.user, conversation_id)
    return with_version(request, describe_conversation(found), EDITABLE)


@router.patch(
    "/conversations/{uuid:conversation_id}", response=Conversation, auth=CHATTING, summary="Change a conversation"
)
def edit_conversation(request: ApiRequest, conversation_id: UUID, body: ConversationChanges) -> Conversation:
    """Change what you name and leave the rest; with `If-Match` only if nobody else did since."""
    check = expected_by(request, describe_conversation, EDITABLE)
    changed = change_conversation(request.auth.user, conversation_id, body.read(), check=check)
    return with_version(request, describe_conversation(changed), EDITABLE)


@router.delete(
    "/conversations/{uuid:conversation_id}", response={204: None}, auth=CHATTING, summary="Delete a conversation"
)
def delete_conversation(request: ApiRequest, conversation_id: UUID) -> Status[None]:
    """Delete a conversation. It can be restored for an hour; a temporary one is gone at once."""
    take_away(get_conversation(request.auth.user, conversation_id))
    return Status(204, None)


@router.post(
    "/conversations/{uuid:conversation_id}/restore",
    response=Conversation,
    auth=CHATTING,
    summary="Bring a conversation back",
)
def bring_conversation_back(request: ApiRequest, conversation_id: UUID) -> Conversation:
    found = restore_conversation(get_deleted_conversation(request.auth.user, conversation_id))
    return with_version(request, describe_conversation(found), EDITABLE)


@router.get(
    "/conversations/{uuid:conversation_id}/messages",
    response=Page[Message],
    auth=READING,
    summary="List the messages of a conversation",
)
def list_messages(request: ApiRequest, conversation_id: UUID, branch: Query[Branch]) -> Page[Message]:
    """List the branch on show, or the one that ends in `leaf`, the newest message first; or the whole tree."""
    conversation = get_conversation(request.auth.user, conversation_id)
    if branch.tree:
        found, following = split(
            list_tree(conversation, branch.limit + 1, after=branch.id), branch.limit, lambda one: one.message.pk
        )
        return Page(data=[describe_message(one) for one in found], next=following)
    tip = find_parent(conversation, branch.id or branch.leaf)
    shown = list_branch(conversation, branch.limit, tip=tip)
    before = shown[0].message.parent_id if shown else None
    return Page(data=[describe_message(one) for one in reversed(shown)], next=cursor_of(before))
