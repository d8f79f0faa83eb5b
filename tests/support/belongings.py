"""One of everything that a person can own, all under one id, so that every address can be asked about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from accounts.models import ApiToken
from conversations.models import Conversation, Folder, Message, Preset, QueuedMessage
from files.models import Kind, Upload
from moderation.models import PersonalWarning
from sharing.models import Link
from tests.support.factories import make_conversation, make_message
from transfer.models import Export, Format, Import, State

if TYPE_CHECKING:
    from django.db.models import Model

    from accounts.models import User

OBJECTS: dict[str, type[Model]] = {
    "conversation_id": Conversation,
    "message_id": Message,
    "reply_id": Message,
    "preset_id": Preset,
    "folder_id": Folder,
    "queued_id": QueuedMessage,
    "link_id": Link,
    "export_id": Export,
    "import_id": Import,
    "warning_id": PersonalWarning,
    "file_id": Upload,
    "token_id": ApiToken,
}
"""What each argument of an address names. One id is that of all of these, so that each address is alice's."""


def make_everything(user: User) -> Conversation:
    """Make it; everything says that it is secret."""
    talk = make_conversation(user, "A secret talk")
    make_message(talk, "A secret question", pk=talk.pk)
    Upload.objects.create(pk=talk.pk, user=user, name="A secret.png", kind=Kind.PICTURE, size=1, kept=1, is_ready=True)
    QueuedMessage.objects.create(pk=talk.pk, conversation=talk, text="A secret plan", held=True)
    Folder.objects.create(pk=talk.pk, user=user, name="A secret folder")
    Preset.objects.create(pk=talk.pk, user=user, name="A secret preset", model="demo/demo")
    Link.objects.create(pk=talk.pk, user=user, conversation=talk, token_hash="0" * 64, title="A secret link")
    Export.objects.create(pk=talk.pk, user=user, format=Format.JSON, state=State.DONE)
    Import.objects.create(pk=talk.pk, user=user, name="A secret file", state=State.READY)
    PersonalWarning.objects.create(pk=talk.pk, person=user, text="A secret warning")
    ApiToken.objects.create(pk=talk.pk, user=user, name="A secret token", token_hash="0" * 64, scopes="read")
    return talk


def everything_of(talk: Conversation) -> dict[str, Any]:
    """Give all that is its owner's, as it is stored."""
    stored = {model.__name__: list(model._default_manager.filter(pk=talk.pk).values()) for model in OBJECTS.values()}
    return {**stored, "messages": list(talk.messages.values()), "folders": list(Folder.objects.values())}
