"""What people bring along: files of theirs, and the messages that carry them."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from uuid_utils.compat import uuid7

NAME_LENGTH = 200


class Kind(models.TextChoices):
    PICTURE = "picture"
    DOCUMENT = "document"


class Upload(models.Model):
    """A file of one person. It is stored under its id; ``name`` is only ever shown.

    It belongs to the person until they send it, and to the messages that carry it afterwards: when the last one is
    gone, so is the file. ``is_ready`` is false while it is looked at; then it counts for as much as arrived.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="uploads")
    name = models.CharField(max_length=NAME_LENGTH)
    kind = models.CharField(max_length=8, choices=Kind)
    media_type = models.CharField(max_length=100)
    size = models.PositiveBigIntegerField(help_text="In bytes, as it is given back.")
    kept = models.PositiveBigIntegerField(help_text="In bytes: all that is kept of it. This is what counts.")
    width = models.PositiveIntegerField(default=0, help_text="Of a picture, in pixels.")
    height = models.PositiveIntegerField(default=0)
    text = models.TextField(blank=True, help_text="Of a document: what the model gets to read.")
    note = models.CharField(
        max_length=200, blank=True, help_text="What its owner should know, such as that it was cut."
    )
    is_ready = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    used_at = models.DateTimeField(null=True, help_text="When it was sent.")

    class Meta:
        ordering: ClassVar = ("id",)
        indexes = (
            models.Index(fields=("user", "created_at"), name="upload_of_user"),
            models.Index(fields=("created_at",), condition=models.Q(used_at=None), name="upload_unused"),
        )

    def __str__(self) -> str:
        """Name it without anybody's words."""
        return str(self.id)


class FolderFile(models.Model):
    """A folder carries a document, which every conversation in it may read."""

    folder = models.ForeignKey("conversations.Folder", models.CASCADE, related_name="files")
    upload = models.ForeignKey(Upload, models.CASCADE, related_name="folders")

    class Meta:
        ordering: ClassVar = ("id",)
        constraints = (models.UniqueConstraint(fields=("folder", "upload"), name="folder_file_once"),)

    def __str__(self) -> str:
        return f"{self.folder_id} {self.upload_id}"


class Attachment(models.Model):
    """A message carries a file; a message that was edited or copied carries the same one."""

    message = models.ForeignKey("conversations.Message", models.CASCADE, related_name="attachments")
    upload = models.ForeignKey(Upload, models.CASCADE, related_name="attachments")

    class Meta:
        ordering: ClassVar = ("id",)
        constraints = (models.UniqueConstraint(fields=("message", "upload"), name="attachment_once"),)

    def __str__(self) -> str:
        return f"{self.message_id} {self.upload_id}"
