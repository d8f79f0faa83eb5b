"""Exports and imports as jobs, and where imported conversations come from."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from uuid_utils.compat import uuid7

from conversations.models import Conversation


class State(models.TextChoices):
    """A job waits, is worked on while its heartbeat goes, and ends in one of two ways.

    READY is an import that was looked through, and waits for its person.
    """

    WAITING = "waiting"
    RUNNING = "running"
    READY = "ready"
    DONE = "done"
    FAILED = "failed"


class Format(models.TextChoices):
    JSON = "json", "JSON"
    MARKDOWN = "md", "Markdown"
    HTML = "html", "HTML"


class Job(models.Model):
    """What takes longer than a page: whoever has its lease works on it, and another process goes on from ``done``."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    state = models.CharField(max_length=7, choices=State, default=State.WAITING)
    done = models.PositiveIntegerField(default=0, help_text="Conversations so far.")
    total = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    heartbeat_at = models.DateTimeField(null=True)
    tries = models.PositiveSmallIntegerField(default=0, help_text="How often it was taken up since it last came on.")
    finished_at = models.DateTimeField(null=True)
    failure = models.CharField(max_length=300, blank=True, help_text="For people: why it ended early.")

    class Meta:
        abstract = True
        ordering: ClassVar = ("-created_at", "-id")

    def __str__(self) -> str:
        return str(self.id)

    @property
    def is_going_on(self) -> bool:
        return self.state in {State.WAITING, State.RUNNING}

    @property
    def percent(self) -> int:
        return min(100, 100 * self.done // self.total) if self.total else 0


class Export(Job):
    """All conversations of a person as one file, kept for a while under a name made by the server."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="exports")
    format = models.CharField(max_length=4, choices=Format)
    size = models.PositiveBigIntegerField(default=0, help_text="Of the file, in bytes, as far as it is good.")
    files_size = models.PositiveBigIntegerField(
        default=0, help_text="Of the files that are packed along when it is fetched, in bytes."
    )
    cursor = models.UUIDField(null=True, help_text="The last conversation that is in the file.")

    class Meta(Job.Meta):
        indexes = (models.Index(fields=("state",), condition=~Q(state="done"), name="export_open"),)

    @property
    def bytes(self) -> int:
        """Say how large what is fetched will be, about."""
        return self.size + self.files_size


class Import(Job):
    """A file of conversations that a person brings. It is looked through first, and taken when they say so."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="imports")
    name = models.CharField(max_length=200, help_text="What the file was called.")
    is_confirmed = models.BooleanField(default=False)
    added = models.PositiveIntegerField(default=0)
    known = models.PositiveIntegerField(default=0, help_text="Were there already.")
    messages = models.PositiveIntegerField(default=0)
    files = models.PositiveIntegerField(default=0, help_text="That its messages carry.")
    files_left_out = models.PositiveIntegerField(default=0)
    unreadable = models.PositiveIntegerField(default=0)
    faults = models.JSONField(default=list, help_text="The first of what could not be read, as sentences.")
    kinds = models.JSONField(default=dict, help_text="How many conversations of which format.")
    samples = models.JSONField(default=list, help_text="The first titles.")

    class Meta(Job.Meta):
        indexes = (models.Index(fields=("state",), condition=~Q(state="done"), name="import_open"),)


class Origin(models.Model):
    """Where a conversation was imported from, so that the same file twice adds nothing."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=12)
    key = models.CharField(max_length=200)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("user", "kind", "key"), name="origin_unique"),)

    def __str__(self) -> str:
        return f"{self.kind}/{self.conversation_id}"
