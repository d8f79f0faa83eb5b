"""Who did what, for ever: rows are added, and never changed or removed."""

from __future__ import annotations

from typing import Any, ClassVar, NoReturn

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils import timezone
from uuid_utils.compat import uuid7

ACTION_LENGTH, TYPE_LENGTH, ID_LENGTH, LABEL_LENGTH = 60, 100, 64, 254
FOR_EVER = "Entries of the audit log are never changed or removed."


class EntryQuerySet(models.QuerySet["Entry"]):
    """Reads and adds; the database's own triggers hold for whoever goes around it."""

    def update(self, **_: Any) -> NoReturn:
        raise TypeError(FOR_EVER)

    def delete(self) -> NoReturn:
        raise TypeError(FOR_EVER)

    def bulk_update(self, *_: Any, **__: Any) -> NoReturn:
        raise TypeError(FOR_EVER)


class Entry(models.Model):
    """One thing that somebody did. It names people and rows by id and label, because it outlives them.

    ``changes`` holds ``{field: [before, after]}`` where a row changed, and what else there is to know otherwise.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    at = models.DateTimeField("when", default=timezone.now, editable=False)
    actor_id = models.UUIDField("id of who did it", null=True, editable=False)
    actor_label = models.CharField("who", max_length=LABEL_LENGTH, editable=False)
    action = models.CharField("did what", max_length=ACTION_LENGTH, editable=False)
    target_type = models.CharField("kind", max_length=TYPE_LENGTH, blank=True, editable=False)
    target_id = models.CharField("id", max_length=ID_LENGTH, blank=True, editable=False)
    target_label = models.CharField("to what", max_length=LABEL_LENGTH, blank=True, editable=False)
    changes = models.JSONField(default=dict, encoder=DjangoJSONEncoder, editable=False)
    address = models.CharField("from", max_length=45, blank=True, editable=False)

    objects = EntryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "entries"
        ordering: ClassVar = ("-at", "-id")
        indexes = (
            models.Index(fields=("-at", "-id"), name="audit_newest"),
            models.Index(fields=("actor_label", "-at"), name="audit_of_actor"),
            models.Index(fields=("target_id", "-at"), name="audit_of_target"),
            models.Index(fields=("target_type", "-at"), name="audit_of_kind"),
            models.Index(fields=("action", "-at"), name="audit_of_action"),
        )

    def __str__(self) -> str:
        return f"{self.actor_label}: {self.action} {self.target_label}".rstrip()

    def save(self, **options: Any) -> None:
        if not self._state.adding:
            raise TypeError(FOR_EVER)
        super().save(**options)

    def delete(self, using: Any = None, keep_parents: bool = False) -> NoReturn:  # noqa: ARG002, FBT001, FBT002 - Django's signature
        raise TypeError(FOR_EVER)
