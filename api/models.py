"""Answers that are kept for a day, so that what is asked twice under one key happens once."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class KeptAnswer(models.Model):
    """What a POST with an ``Idempotency-Key`` answered; ``status`` is empty while it is being answered.

    Of the key only a hash is kept, and the body is encrypted: it may hold what is shown once.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    key_hash = models.CharField(max_length=64)
    request_hash = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    headers = models.JSONField(default=dict)
    body = models.BinaryField(default=bytes)
    created_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["user", "key_hash"], name="kept_answer_once"),)

    def __str__(self) -> str:
        return f"Answer {self.pk}"
