"""Links that show one branch of a conversation, as it was when they were made, to whoever has them."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from uuid_utils.compat import uuid7

from conversations.models import Conversation, Message, Role, Status
from files.models import Upload


class Link(models.Model):
    """A link; only the hash of its token is kept. It goes with its conversation and with its owner."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="links")
    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="links")
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    title = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, db_index=True)

    class Meta:
        ordering = ("-created_at", "-id")

    def __str__(self) -> str:
        """Name it without its words: operators' pages and logs show the name."""
        return str(self.id)


class SharedFile(models.Model):
    """A file that a shared message carries, where its owner ticked it: gone with the link, the message or the file."""

    message = models.ForeignKey("SharedMessage", models.CASCADE, related_name="files")
    upload = models.ForeignKey(Upload, models.CASCADE, related_name="+")

    class Meta:
        ordering: ClassVar = ("id",)

    def __str__(self) -> str:
        return f"{self.message_id} {self.upload_id}"


class SharedMessage(models.Model):
    """A message as the link shows it; what is said or added later does not reach it, what is removed takes it along."""

    link = models.ForeignKey(Link, models.CASCADE, related_name="messages")
    original = models.ForeignKey(Message, models.CASCADE, related_name="+")
    position = models.PositiveIntegerField()
    role = models.CharField(max_length=9, choices=Role)
    content = models.TextField(blank=True)
    html = models.TextField(blank=True)
    renderer_version = models.PositiveSmallIntegerField(default=0)
    status = models.CharField(max_length=11, choices=Status)
    model = models.CharField(max_length=200, blank=True)
    source = models.CharField(max_length=5, blank=True)

    class Meta:
        ordering: ClassVar = ("link", "position")
        constraints = (models.UniqueConstraint(fields=("link", "position"), name="shared_message_position_unique"),)

    def __str__(self) -> str:
        return f"{self.link_id}/{self.position}"
