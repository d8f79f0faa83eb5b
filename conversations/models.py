"""What is said: conversations, their messages (a tree), and the text of replies still being written."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7


class Role(models.TextChoices):
    USER = "user"
    ASSISTANT = "assistant"
    SYSTEM = "system"


class Status(models.TextChoices):
    """STREAMING is the one state that moves; each of the others is reached by one compare-and-set from it."""

    STREAMING = "streaming"
    COMPLETE = "complete"
    STOPPED = "stopped"
    FAILED = "failed"
    INTERRUPTED = "interrupted"
    BLOCKED = "blocked"


CONTINUABLE = frozenset({Status.STOPPED, Status.FAILED, Status.INTERRUPTED})


class Source(models.TextChoices):
    """Where an answer comes from; from nowhere else than the model where it is empty."""

    FAQ = "faq"
    CACHE = "cache"


class RatingReason(models.TextChoices):
    """Why an answer is good or not; what it was about stays with who rated it."""

    CORRECT = "correct", _("Correct")
    CLEAR = "clear", _("Clear")
    COMPLETE = "complete", _("Complete")
    WRONG = "wrong", _("Not correct")
    MISSED = "missed", _("Not what I asked")
    TOO_LONG = "long", _("Too long")
    TOO_SHORT = "short", _("Too short")
    REFUSED = "refused", _("Refused without need")


class Rating(models.IntegerChoices):
    GOOD = 1
    BAD = -1

    @property
    def reasons(self) -> tuple[RatingReason, ...]:
        praise = (RatingReason.CORRECT, RatingReason.CLEAR, RatingReason.COMPLETE)
        return praise if self is Rating.GOOD else tuple(one for one in RatingReason if one not in praise)


class TitleSource(models.TextChoices):
    """Who named a conversation; a person's name is never replaced."""

    WORDS = "words"
    MODEL = "model"
    PERSON = "person"


class PersonalInstructions(models.Model):
    """What a person says to the model in every conversation that they begin from then on; each keeps its own copy."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="personal_instructions"
    )
    text = models.TextField(blank=True)

    def __str__(self) -> str:
        return f"Instructions of {self.user_id}"


class Preset(models.Model):
    """A model with words and settings of its own, made by a person for themselves or by an operator for everybody.

    It is chosen where a model is chosen, as ``preset/<id>``.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="presets", editable=False
    )
    name = models.CharField(max_length=60)
    model = models.CharField(max_length=200)
    instructions = models.TextField(blank=True)
    temperature = models.FloatField(null=True, blank=True, help_text="Empty: the model's own.")
    output_tokens = models.PositiveIntegerField(
        "output limit", null=True, blank=True, help_text="Empty: the model's own."
    )
    enabled = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ("name", "id")
        constraints = (
            models.UniqueConstraint(fields=("user", "name"), name="preset_name_unique"),
            models.UniqueConstraint(fields=("name",), condition=Q(user=None), name="preset_common_name_unique"),
        )

    def __str__(self) -> str:
        return self.name


class Folder(models.Model):
    """A place for conversations of one person, nested one deep; instructions and model go for what is in it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="folders", editable=False)
    parent = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="children")
    name = models.CharField(max_length=60)
    model = models.CharField(max_length=200, blank=True)
    instructions = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ("name", "id")

    def __str__(self) -> str:
        return str(self.id)


class Tag(models.Model):
    """A word that a person puts on conversations of theirs."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="tags", editable=False)
    name = models.CharField(max_length=40)

    class Meta:
        ordering: ClassVar = ("name", "id")
        constraints = (models.UniqueConstraint(fields=("user", "name"), name="tag_name_unique"),)

    def __str__(self) -> str:
        return str(self.id)


class Conversation(models.Model):
    """A talk of one person; ``leaf`` is the tip of the branch on show."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="conversations")
    client_id = models.CharField(max_length=64, null=True, editable=False, help_text="The send that began it.")
    title = models.CharField(max_length=200, blank=True)
    title_source = models.CharField(max_length=8, choices=TitleSource, default=TitleSource.WORDS)
    model = models.CharField(max_length=200, blank=True)
    instructions = models.TextField(blank=True)
    folder = models.ForeignKey(Folder, models.SET_NULL, null=True, blank=True, related_name="conversations")
    tags = models.ManyToManyField(Tag, blank=True, related_name="conversations")
    is_temporary = models.BooleanField(default=False, editable=False, help_text="It is not listed, and ends for good.")
    leaf = models.ForeignKey("Message", models.SET_NULL, null=True, editable=False, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(db_index=True)
    pinned_at = models.DateTimeField(null=True, blank=True)
    archived_at = models.DateTimeField(null=True, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True, help_text="Can be undone until the sweep removes it.")

    class Meta:
        ordering = ("-updated_at", "-id")
        indexes = (models.Index(fields=("user", "-updated_at"), name="conversation_of_user"),)
        constraints = (models.UniqueConstraint(fields=("user", "client_id"), name="conversation_client_id_unique"),)
        permissions = (("read_conversation", "Can read what people and models say, with a reason"),)

    def __str__(self) -> str:
        """Name it without anybody's words: operators' pages and logs show the name."""
        return str(self.id)


class Message(models.Model):
    """One message. For a reply in flight, what is written so far stands in its chunks, not in ``content``."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="messages")
    parent = models.ForeignKey("self", models.CASCADE, null=True, related_name="children")
    role = models.CharField(max_length=9, choices=Role)
    content = models.TextField(blank=True)
    html = models.TextField(blank=True)
    renderer_version = models.PositiveSmallIntegerField(default=0)
    status = models.CharField(max_length=11, choices=Status, default=Status.COMPLETE)
    created_at = models.DateTimeField()
    chosen_at = models.DateTimeField(null=True, editable=False, help_text="When it was last chosen of its siblings.")
    deleted_at = models.DateTimeField(null=True, editable=False, help_text="With all below it; can be undone at first.")
    # Commands that made or changed it; a repeated command finds its first result here.
    client_id = models.CharField(max_length=64, null=True, editable=False)
    continued_by = models.CharField(max_length=64, null=True, editable=False)
    # Replies only
    model = models.CharField(max_length=200, blank=True)
    tokens = models.PositiveIntegerField(null=True, help_text="Tokens of the answer.")
    prompt_tokens = models.PositiveIntegerField(null=True)
    tokens_estimated = models.BooleanField(default=False)
    first_token_ms = models.PositiveIntegerField(
        null=True, help_text="Milliseconds from when the question was taken to the first token, also of a thought."
    )
    cost = models.PositiveBigIntegerField(null=True, help_text="In micro-dollars; empty when it is not known.")
    asked_model = models.CharField(
        max_length=200, blank=True, help_text="What was asked, where another model answered."
    )
    preset = models.ForeignKey("Preset", models.SET_NULL, null=True, related_name="+")
    source = models.CharField(max_length=5, choices=Source, blank=True, help_text="Empty: the model itself.")
    source_at = models.DateTimeField(null=True, help_text="When an answer from elsewhere was written.")
    reasoning = models.TextField(blank=True, help_text="What the model thought; never sent back as text.")
    reasoning_ms = models.PositiveIntegerField(null=True)
    signed_reasoning = models.JSONField(default=list, help_text="The provider's own blocks, to send back unchanged.")
    citations = models.JSONField(default=list, help_text="Where the provider says it is from: addresses and titles.")
    finish_reason = models.CharField(max_length=20, blank=True)
    error_code = models.CharField(max_length=40, blank=True)
    error_message = models.CharField(max_length=500, blank=True)
    omitted_messages = models.PositiveIntegerField(default=0, help_text="Earlier messages the model did not see.")
    is_compared = models.BooleanField(
        default=False, editable=False, help_text="It stands side by side with others until one is kept."
    )
    rating = models.SmallIntegerField(choices=Rating, null=True)
    rating_reason = models.CharField(max_length=10, choices=RatingReason, blank=True)
    heartbeat_at = models.DateTimeField(null=True)
    stop_requested_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("created_at", "id")
        indexes = (
            models.Index(fields=("conversation", "created_at"), name="message_of_conversation"),
            models.Index(fields=("heartbeat_at",), condition=Q(status="streaming"), name="message_streaming"),
            models.Index(fields=("created_at",), condition=Q(rating__isnull=False), name="message_rated"),
            models.Index(fields=("deleted_at",), condition=Q(deleted_at__isnull=False), name="message_deleted"),
        )
        constraints = (models.UniqueConstraint(fields=("conversation", "client_id"), name="message_client_id_unique"),)

    def __str__(self) -> str:
        return f"{self.role}: {self.id}"

    @property
    def is_streaming(self) -> bool:
        return self.status == Status.STREAMING

    @property
    def run(self) -> tuple[UUID, str | None]:
        """Name the present run of a reply: each Continue begins another one."""
        return self.pk, self.continued_by

    @property
    def can_continue(self) -> bool:
        """Tell whether the model can be asked for the rest; not of what it did not write just now."""
        return (
            self.role == Role.ASSISTANT
            and not self.source
            and (self.status in CONTINUABLE or self.finish_reason == "length")
        )


class QueuedMessage(models.Model):
    """A message that waits while an answer is being written; a ``held`` one waits until its person lets it go."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="queue")
    client_id = models.CharField(max_length=64)
    text = models.TextField(blank=True)
    model = models.CharField(max_length=200)
    beside = models.JSONField(default=list, help_text="Who is to answer side by side; empty is the model alone.")
    uploads = models.JSONField(default=list, help_text="Ids of the files that it will carry.")
    held = models.BooleanField(default=False)
    problem = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ("id",)
        constraints = (models.UniqueConstraint(fields=("conversation", "client_id"), name="queued_client_id_unique"),)

    def __str__(self) -> str:
        return str(self.id)

    @property
    def upload_ids(self) -> list[UUID]:
        return [UUID(upload) for upload in self.uploads]


class ReplyChunk(models.Model):
    """What a reply in flight gained at one checkpoint.

    Appending keeps the cost of saving linear in the length of the answer; ending the reply folds its chunks into the
    message. The offsets and ``upto`` count UTF-16 code units, the length a browser sees.
    """

    reply = models.ForeignKey(Message, models.CASCADE, related_name="chunks")
    offset = models.PositiveIntegerField()
    text = models.TextField()
    blocks = models.JSONField(
        default=list, help_text="Rendered blocks, each one element, that follow the earlier ones."
    )
    upto = models.PositiveIntegerField(default=0, help_text="The text up to here is in blocks.")
    reasoning = models.TextField(blank=True)
    reasoning_offset = models.PositiveIntegerField(default=0)

    class Meta:
        ordering: ClassVar = ("reply", "id")

    def __str__(self) -> str:
        return f"{self.reply_id}@{self.offset}"
