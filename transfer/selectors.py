"""Reads: a person's own jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from chatproject.errors import NotFound
from transfer.models import Export, Import

if TYPE_CHECKING:
    from uuid import UUID

    from django.db.models import QuerySet

    from accounts.models import User


def list_exports(user: User) -> QuerySet[Export]:
    return Export.objects.filter(user=user)


def list_imports(user: User) -> QuerySet[Import]:
    return Import.objects.filter(user=user)


def get_export(user: User, job_id: UUID) -> Export:
    """Return a person's own export; raises NotFound."""
    found = list_exports(user).filter(pk=job_id).first()
    if found is None:
        raise NotFound(_("This export is not there."))
    return found


def get_import(user: User, job_id: UUID) -> Import:
    """Return a person's own import; raises NotFound."""
    found = list_imports(user).filter(pk=job_id).first()
    if found is None:
        raise NotFound(_("This import is not there."))
    return found
