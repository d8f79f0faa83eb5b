"""Money: a row for every call, and budgets that hold. All amounts are integers in micro-dollars."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import models
from django.db.models import Q
from uuid_utils.compat import uuid7

from providers.models.keys import ApiKey


class Purpose(models.TextChoices):
    CHAT = "chat"
    TITLE = "title"
    TOOL = "tool"
    IMAGE = "image"
    SPEECH = "speech"
    API = "api", "API"


class Outcome(models.TextChoices):
    """OPEN until the call is settled, once."""

    OPEN = "open"
    COMPLETE = "complete"
    STOPPED = "stopped"
    FAILED = "failed"
    INTERRUPTED = "interrupted"


class UsageRecord(models.Model):
    """One provider call: who, what for, how many tokens of each kind, at which price.

    ``prompt_tokens`` holds ``cached_tokens`` and ``cache_write_tokens``, ``completion_tokens`` holds
    ``reasoning_tokens``. Prices are those of the moment, in micro-dollars per million tokens; null is unknown.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)
    settled_at = models.DateTimeField(null=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="usage")
    purpose = models.CharField(max_length=8, choices=Purpose, default=Purpose.CHAT)
    subject = models.UUIDField(null=True, help_text="What the call was for: a reply's id.")
    model = models.CharField(max_length=200, help_text="<provider>/<name>")
    key = models.ForeignKey(ApiKey, models.SET_NULL, null=True, related_name="+")
    outcome = models.CharField(max_length=11, choices=Outcome, default=Outcome.OPEN)
    error_code = models.CharField(max_length=40, blank=True)
    prompt_tokens = models.PositiveIntegerField(default=0)
    cached_tokens = models.PositiveIntegerField(default=0)
    cache_write_tokens = models.PositiveIntegerField(default=0)
    completion_tokens = models.PositiveIntegerField(default=0)
    reasoning_tokens = models.PositiveIntegerField(default=0)
    is_estimated = models.BooleanField("estimated", default=False)
    input_price = models.PositiveBigIntegerField(null=True)
    cached_input_price = models.PositiveBigIntegerField(null=True)
    cache_write_price = models.PositiveBigIntegerField(null=True)
    output_price = models.PositiveBigIntegerField(null=True)
    cost = models.PositiveBigIntegerField(null=True, help_text="In micro-dollars; empty when the price is unknown.")
    reserved = models.PositiveBigIntegerField(default=0)
    accounts = models.JSONField(default=list, help_text="The budget accounts that hold the reservation.")

    class Meta:
        ordering: ClassVar = ("-created_at", "-id")
        indexes = (
            models.Index(fields=("user", "created_at"), name="usage_of_user"),
            models.Index(fields=("model", "-created_at"), name="usage_of_model"),
            models.Index(fields=("subject",), name="usage_of_subject"),
            models.Index(fields=("subject",), condition=Q(settled_at=None), name="usage_open"),
        )

    def __str__(self) -> str:
        return f"{self.model} {self.created_at:%Y-%m-%d %H:%M}"


class Period(models.TextChoices):
    DAY = "day"
    MONTH = "month"


class Scope(models.TextChoices):
    SITE = "site", "everybody together"
    GROUP = "group", "a group together"
    EACH = "each", "each person (of a group)"
    PERSON = "person", "one person"


class Budget(models.Model):
    """How much may be spent in a period (UTC), and by whom."""

    scope = models.CharField(max_length=6, choices=Scope)
    group = models.ForeignKey(Group, models.CASCADE, null=True, blank=True, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="+")
    period = models.CharField(max_length=5, choices=Period)
    limit = models.PositiveBigIntegerField(help_text="In micro-dollars.")
    enabled = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ("scope", "id")

    def __str__(self) -> str:
        return f"{self.get_scope_display()}, each {self.period}"


class BudgetAccount(models.Model):
    """What a budget's holder has spent and reserved in one period.

    ``limit`` is the budget's, kept here too, so that one UPDATE of this row decides. ``holder`` is the person's id
    where each person has an account, else empty.
    """

    budget = models.ForeignKey(Budget, models.CASCADE, related_name="accounts")
    holder = models.CharField(max_length=36, blank=True)
    starts_on = models.DateField()
    limit = models.PositiveBigIntegerField()
    spent = models.PositiveBigIntegerField(default=0)
    reserved = models.PositiveBigIntegerField(default=0)
    warned_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ("budget", "-starts_on")
        constraints = (models.UniqueConstraint(fields=("budget", "holder", "starts_on"), name="account_unique"),)

    def __str__(self) -> str:
        return f"{self.budget_id} {self.starts_on}"
