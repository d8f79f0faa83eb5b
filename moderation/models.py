"""What should not be said, what is harmless although it looks like it, and what was found or reported."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from uuid_utils.compat import uuid4, uuid7

from moderation.folding import fold_pattern
from moderation.matcher import LONGEST_PATTERN, Severity, Term

if TYPE_CHECKING:
    from typing import Any


class Action(models.TextChoices):
    BLOCK = "block"
    MASK = "mask"
    FLAG = "flag"


class Direction(models.TextChoices):
    INPUT = "in", "What people write"
    OUTPUT = "out", "What models answer"
    BOTH = "both"


SEVERITIES = {Action.BLOCK: Severity.BLOCK, Action.MASK: Severity.MASK, Action.FLAG: Severity.FLAG}
NOTHING_SEEN = "Write at least one visible character."
ALREADY_THERE = "The list has this already, perhaps in another spelling."


def require_one_line(text: str) -> None:
    """Refuse what a list of one entry a line could not hold; raises ValidationError."""
    if len(text.splitlines()) > 1 or text.endswith(("\n", "\r")):
        raise ValidationError("This is one line, without a break.")


def checked_fold(text: str) -> str:
    """Fold a pattern; raises ValidationError when nothing of it can be seen, or when it is too long."""
    folded = fold_pattern(text)
    if not folded:
        raise ValidationError(NOTHING_SEEN)
    if len(folded) > LONGEST_PATTERN:
        raise ValidationError(f"This is longer than {LONGEST_PATTERN} characters.")
    return folded


class SensitiveWord(models.Model):
    """A word or phrase, taken literally. ``folded`` is its one spelling; two entries never share it in a direction."""

    pattern = models.CharField(
        max_length=LONGEST_PATTERN,
        validators=[require_one_line],
        help_text="A word or phrase, taken as it is written.",
    )
    folded = models.CharField(max_length=LONGEST_PATTERN, editable=False)
    language = models.CharField(
        max_length=16, blank=True, validators=[require_one_line], help_text="For your own order, for example: en."
    )
    category = models.CharField(
        max_length=60,
        blank=True,
        validators=[require_one_line],
        help_text="People read it when something is refused.",
    )
    whole_word = models.BooleanField(
        default=True, help_text="Off: also inside other words. Chinese, Japanese, Korean, Thai: always inside."
    )
    action = models.CharField(max_length=5, choices=Action, default=Action.FLAG)
    direction = models.CharField(max_length=4, choices=Direction, default=Direction.BOTH)
    enabled = models.BooleanField(default=True)
    note = models.CharField(max_length=500, blank=True, validators=[require_one_line])
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ("folded", "id")
        indexes = (
            models.Index(fields=("category", "folded"), name="word_of_category"),
            models.Index(fields=("language", "folded"), name="word_of_language"),
        )
        constraints = (models.UniqueConstraint(fields=("folded", "direction"), name="word_unique"),)

    def __str__(self) -> str:
        return self.pattern

    def save(self, **options: Any) -> None:
        self.folded = checked_fold(self.pattern)
        super().save(**options)

    def clean(self) -> None:
        self.folded = checked_fold(self.pattern)
        # A form leaves the constraint out, because it does not show ``folded``.
        others = SensitiveWord.objects.exclude(pk=self.pk)
        if others.filter(folded=self.folded, direction=self.direction).exists():
            raise ValidationError(ALREADY_THERE)

    @property
    def term(self) -> Term:
        severity = SEVERITIES[Action(self.action)]
        return Term(self.pattern, severity, self.pk, self.category, self.whole_word, self.folded)


class AllowedPhrase(models.Model):
    """A harmless word or phrase that contains a sensitive one: what lies inside it is no hit."""

    phrase = models.CharField(max_length=LONGEST_PATTERN, validators=[require_one_line])
    folded = models.CharField(max_length=LONGEST_PATTERN, unique=True, editable=False)
    enabled = models.BooleanField(default=True)
    note = models.CharField(max_length=500, blank=True, validators=[require_one_line])
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("folded",)

    def __str__(self) -> str:
        return self.phrase

    def save(self, **options: Any) -> None:
        self.folded = checked_fold(self.phrase)
        super().save(**options)

    def clean(self) -> None:
        self.folded = checked_fold(self.phrase)
        if AllowedPhrase.objects.exclude(pk=self.pk).filter(folded=self.folded).exists():
            raise ValidationError(ALREADY_THERE)

    @property
    def term(self) -> Term:
        return Term(self.phrase, Severity.ALLOW, folded=self.folded)


class WordListVersion(models.Model):
    """One row, whose mark changes with the list, so that every process sees that it has to read it again."""

    mark = models.UUIDField(default=uuid4)
    changed_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"{self.changed_at}"


class Kind(models.TextChoices):
    HIT = "hit", "Found"
    REPORT = "report", "Reported"
    OPINION = "opinion", "Second opinion"


class State(models.TextChoices):
    OPEN = "open"
    CONFIRMED = "confirmed"
    DISMISSED = "dismissed"


class Incident(models.Model):
    """Something to look at: a hit, an answer that a person reported, or what a second opinion objected to.

    What the rule said is kept with it; of a second opinion, ``pattern`` is the model's name and ``category`` what it
    found. ``subject`` is the id of the message, where one was stored.
    """

    LONGEST_EXCERPT: ClassVar = 400

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=7, choices=Kind)
    # No constraint: an entry that is removed while an answer is checked must not keep the answer from being saved.
    rule = models.ForeignKey(
        SensitiveWord, models.SET_NULL, null=True, blank=True, related_name="incidents", db_constraint=False
    )
    pattern = models.CharField(max_length=LONGEST_PATTERN, blank=True)
    category = models.CharField(max_length=60, blank=True)
    action = models.CharField(max_length=5, choices=Action, blank=True)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="incidents")
    subject = models.UUIDField(null=True, blank=True, db_index=True)
    direction = models.CharField(max_length=4, choices=Direction)
    before = models.CharField(max_length=LONGEST_EXCERPT, blank=True)
    matched = models.CharField(max_length=LONGEST_EXCERPT, blank=True)
    after = models.CharField(max_length=LONGEST_EXCERPT, blank=True)
    remark = models.CharField(max_length=1000, blank=True, help_text="What the person said who reported it.")
    state = models.CharField(max_length=9, choices=State, default=State.OPEN)
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", editable=False
    )
    note = models.TextField(blank=True, max_length=2000)
    created_at = models.DateTimeField(auto_now_add=True)
    reviewed_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ("-created_at", "-id")
        indexes = (
            models.Index(fields=("-created_at", "-id"), name="incident_newest"),
            models.Index(fields=("state", "-created_at", "-id"), name="incident_queue"),
            models.Index(fields=("person", "-created_at"), name="incident_of_person"),
        )
        constraints = (
            models.UniqueConstraint(
                fields=("person", "subject"),
                condition=models.Q(kind="report"),
                name="incident_reported_once",
            ),
        )

    def __str__(self) -> str:
        """Name it without anybody's words: logs keep the name."""
        return f"{self.get_kind_display()}: {self.pattern or self.category or 'an answer'}"


class PersonalWarning(models.Model):
    """What operators have to say to one person; the page shows it until the person has taken note of it."""

    LONGEST_TEXT: ClassVar = 1000

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="warnings")
    incident = models.ForeignKey(Incident, models.SET_NULL, null=True, blank=True, related_name="warnings")
    text = models.TextField(max_length=LONGEST_TEXT)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    acknowledged_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "warning"
        ordering = ("-created_at", "-id")

    def __str__(self) -> str:
        return f"Warning of {self.created_at:%Y-%m-%d %H:%M}"
