"""How a conversation begins: with its first message, perhaps in a folder."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils import timezone

from conversations.library import get_folder
from conversations.models import Conversation
from conversations.screening import title_of
from conversations.selectors import get_conversation

if TYPE_CHECKING:
    from uuid import UUID

    from accounts.models import User


@dataclass(frozen=True, slots=True)
class Beginning:
    """What a message says of the conversation that it may begin."""

    folder: UUID | None = None

    def plan(self, user: User) -> Conversation:
        """Make the conversation without storing it; raises NotFound."""
        return Conversation(user=user, folder=get_folder(user, self.folder) if self.folder else None)

    def open(self, user: User, conversation_id: UUID | None, client_id: str, name: str) -> Conversation:
        """Hold the conversation of a message, or store a new one, titled by ``name``; raises NotFound."""
        if conversation_id is not None:
            return get_conversation(user, conversation_id, lock=True)
        if begun := Conversation.objects.filter(user=user, client_id=client_id).first():
            return begun
        conversation = self.plan(user)
        conversation.client_id, conversation.title, conversation.updated_at = client_id, title_of(name), timezone.now()
        conversation.save(force_insert=True)
        return conversation


ANYWHERE = Beginning()
