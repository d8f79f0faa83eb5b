"""Providers and their keys, with the state of each key that all processes share."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

from providers.pricing import is_own_server


class ProviderSource(models.TextChoices):
    """Who gave the address. What the environment or a look around gave is checked again at every start."""

    ENVIRONMENT = "environment"
    DISCOVERED = "discovered"
    OPERATOR = "operator"


class Provider(models.Model):
    """Somebody who answers; ``slug`` is the first half of ``<provider>/<model>``."""

    slug = models.SlugField(max_length=40, unique=True)
    kind = models.CharField(
        max_length=20, help_text="The wire protocol: openai (also compatible servers) or anthropic."
    )
    label = models.CharField(max_length=60)
    base_url = models.CharField("address", max_length=300)
    needs_key = models.BooleanField(default=True)
    source = models.CharField(max_length=11, choices=ProviderSource, default=ProviderSource.OPERATOR, editable=False)
    is_present = models.BooleanField(default=True, editable=False, help_text="Its source named it at the last start.")
    enabled = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    listed_at = models.DateTimeField(null=True, editable=False, help_text="When its list of models came last.")
    listing_claimed_at = models.DateTimeField(null=True, editable=False, help_text="One process asks for it at a time.")
    listing_error = models.CharField(max_length=500, blank=True, editable=False)

    class Meta:
        ordering: ClassVar = ("id",)

    def __str__(self) -> str:
        return self.label

    @property
    def is_own_server(self) -> bool:
        """Tell whether the operator runs it, so that nobody sends a bill."""
        return is_own_server(self.kind, self.base_url, needs_key=self.needs_key)


class KeySource(models.TextChoices):
    STORED = "stored"
    ENVIRONMENT = "environment"


class KeyState(models.TextChoices):
    """The life of a key. A draining key finishes what it began and gets no new calls."""

    ACTIVE = "active"
    DRAINING = "draining"
    RETIRED = "retired"


class Health(models.TextChoices):
    """What is known of a key. After a rest it is tried again: by one call, while the others wait or go elsewhere."""

    UNTRIED = "untried"
    GOOD = "good"
    COOLING = "cooling"
    REFUSED = "refused"


class ApiKey(models.Model):
    """One key. Its secret is sealed, bound to this row and to the address it was entered for.

    A key of the environment has a row for its state only: no ciphertext.
    """

    provider = models.ForeignKey(Provider, models.CASCADE, related_name="keys")
    label = models.CharField(max_length=60, blank=True)
    source = models.CharField(max_length=11, choices=KeySource, default=KeySource.STORED, editable=False)
    ciphertext = models.TextField(blank=True, editable=False)
    fingerprint = models.CharField(max_length=64, editable=False, help_text="Tells whether a key is already here.")
    last4 = models.CharField(max_length=4, editable=False)
    bound_to = models.CharField("entered for", max_length=300, editable=False)
    state = models.CharField(max_length=8, choices=KeyState, default=KeyState.ACTIVE, editable=False)
    health = models.CharField(max_length=8, choices=Health, default=Health.UNTRIED, editable=False)
    health_note = models.CharField(max_length=200, blank=True, editable=False)
    failures = models.PositiveIntegerField(default=0, editable=False, help_text="In a row.")
    resting_until = models.DateTimeField(null=True, editable=False)
    trial_until = models.DateTimeField(null=True, editable=False, help_text="One call tries the key until then.")
    checked_at = models.DateTimeField(null=True, editable=False, help_text="When its health was last learned.")
    in_use_at = models.DateTimeField(null=True, editable=False, help_text="When it drained and a call still used it.")
    is_present = models.BooleanField(default=True, editable=False, help_text="Its source named it at the last start.")
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, editable=False, related_name="+"
    )
    retired_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = "API key"
        ordering: ClassVar = ("provider", "id")
        constraints = (models.UniqueConstraint(fields=("provider", "fingerprint"), name="key_unique"),)

    def __str__(self) -> str:
        return f"…{self.last4}"
