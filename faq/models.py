"""Answers that operators wrote, and by which wordings of a question they are found."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

LONGEST_LINE = 500
LONGEST_ANSWER = 20_000


class Entry(models.Model):
    """A question, the ways in which it is also asked (one a line), and its answer."""

    question = models.CharField(max_length=LONGEST_LINE)
    variants = models.TextField(blank=True)
    answer = models.TextField()
    active = models.BooleanField(default=True)
    valid_until = models.DateField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = "question"
        ordering = ("question", "id")

    def __str__(self) -> str:
        return self.question

    @property
    def questions(self) -> list[str]:
        """All wordings, the main one first."""
        return [self.question, *filter(None, map(str.strip, self.variants.splitlines()))]

    @property
    def is_expired(self) -> bool:
        return self.valid_until is not None and self.valid_until < timezone.localdate()

    @property
    def is_in_force(self) -> bool:
        return self.active and not self.is_expired


class Wording(models.Model):
    """One wording of an entry, as :func:`faq.wording.key_of` writes it; made anew whenever the entry is saved."""

    entry = models.ForeignKey(Entry, models.CASCADE, related_name="wordings")
    key = models.CharField(max_length=64)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("key", "entry"), name="faq_wording_unique"),)

    def __str__(self) -> str:
        return self.key
