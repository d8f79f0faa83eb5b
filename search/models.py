"""What is looked through: the words of messages and titles, folded. Triggers of the database write every row."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

from conversations.models import Conversation, Message


class Document(models.Model):
    """The folded words of one message; a trigger lets it go with its message, so that no door needs to know of it."""

    id = models.BigAutoField(primary_key=True)
    message = models.OneToOneField(Message, models.DO_NOTHING, related_name="document", db_constraint=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False
    )
    at = models.DateTimeField(help_text="When the message was written.")
    text = models.TextField()

    class Meta:
        ordering: ClassVar = ("-at", "-id")
        indexes = (models.Index(fields=("user", "-at", "-id"), name="document_of_user"),)

    def __str__(self) -> str:
        return str(self.message_id)


class Title(models.Model):
    """The folded title of one conversation, kept like a document."""

    conversation = models.OneToOneField(
        Conversation, models.DO_NOTHING, primary_key=True, related_name="+", db_constraint=False
    )
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.DO_NOTHING, related_name="+", db_constraint=False)
    text = models.TextField()

    def __str__(self) -> str:
        return str(self.conversation_id)
