"""How a conversation begins: with its first message, perhaps in a folder, perhaps not to be kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils import timezone

from conversations.library import get_folder
from conversations.models import Conversation
from conversations.presets import own_instructions
from conversations.screening import title_of
from conversations.selectors import get_conversation

if TYPE_CHECKING:
    from uuid import UUID

    from accounts.models import User


@dataclass(frozen=True, slots=True)
class Beginning:
    """What a message says of the conversation that it may begin."""

    folder: UUID | None = None
    is_temporary: bool = False

    def plan(self, user: User) -> Conversation:
        """Make the conversation without storing it; raises NotFound."""
        folder = get_folder(user, self.folder) if self.folder else None
        instructions = own_instructions(user)
        return Conversation(user=user, folder=folder, is_temporary=self.is_temporary, instructions=instructions)

    def open(self, user: User, conversation_id: UUID | None, client_id: str, name: str) -> Conversation:
        """Hold the conversation of a message, or store a new one; raises NotFound.

        ``name`` makes its title; a temporary one has none.
        """
        if conversation_id is not None:
            return get_conversation(user, conversation_id, lock=True)
        if begun := Conversation.objects.filter(user=user, client_id=client_id).first():
            return begun
        conversation = self.plan(user)
        conversation.client_id, conversation.updated_at = client_id, timezone.now()
        conversation.title = "" if self.is_temporary else title_of(name)
        conversation.save(force_insert=True)
        return conversation


ANYWHERE = Beginning()
