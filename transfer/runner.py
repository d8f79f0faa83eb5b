"""Works on exports and imports beside the requests: one of each at a time in each process, whoever asked for it.

A job is leased: while its heartbeat goes, no other process takes it. When a process ends in the middle, another one
goes on from what was noted. A job that was taken up :data:`MOST_TRIES` times without coming any further is given up.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta

from django.db import Error as DatabaseError
from django.db import IntegrityError, InterfaceError, OperationalError
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.languages import speaking_to
from chatproject.database import in_database
from chatproject.errors import DomainError
from transfer import exports, imports, places
from transfer.models import Export, Import, State

logger = logging.getLogger(__name__)

LOOK_INTERVAL = 2.0
LEASE = timedelta(seconds=90)
KEPT_FOR = timedelta(days=3)
LOOKS_BETWEEN_TIDYING = 1800
BROKEN = _("Something went wrong here. Nothing that was there before is changed; please try again.")
MOST_TRIES = 5
MODELS: tuple[type[Export | Import], ...] = (Import, Export)


async def keep_working() -> None:
    """Look for jobs for as long as the process lives; many imports keep no export waiting, nor the other way round."""
    async with asyncio.TaskGroup() as tasks:
        for model in MODELS:
            tasks.create_task(_keep_working(model))


async def _keep_working(model: type[Export | Import]) -> None:
    look = 0
    while True:
        try:
            if look % LOOKS_BETWEEN_TIDYING == 0:
                await in_database(tidy)
            look += 1
            while await work_once(model):
                pass
        except (DatabaseError, OSError) as error:
            logger.warning("Exports and imports could not be looked for (%s).", type(error).__name__)
        await asyncio.sleep(LOOK_INTERVAL)


async def work_once(*models: type[Export | Import]) -> bool:
    """Work on one job to its end, of these models or any; False where there is none."""
    job = await in_database(claim, *models)
    if job is None:
        return False
    with speaking_to(job.user):
        await _work_or_fail(job)
    return True


async def _work_or_fail(job: Export | Import) -> None:
    try:
        await _work_on(job)
    except DomainError as error:
        await in_database(fail, job, error.message)
    except (OperationalError, InterfaceError, IntegrityError):
        raise  # the storage is away, or another process was quicker: the job is taken up again when its lease is over
    except Exception:
        logger.exception("The job %s broke.", job.pk)
        await in_database(fail, job, str(BROKEN))


async def _work_on(job: Export | Import) -> None:
    if isinstance(job, Import):
        await imports.work_through(job)
        return
    while await in_database(exports.write_some, job):
        pass


def claim(*models: type[Export | Import]) -> Export | Import | None:
    """Take the oldest job that nobody works on, and whose person may still be here."""
    now = timezone.now()
    is_free = Q(state=State.WAITING) | Q(state=State.RUNNING, heartbeat_at__lt=now - LEASE)
    for model in models or MODELS:
        found = model.objects.filter(is_free, user__is_active=True).order_by("created_at")
        for key in found.values_list("pk", flat=True)[:3]:
            free = model.objects.filter(is_free, pk=key)
            if free.update(state=State.RUNNING, heartbeat_at=now, tries=F("tries") + 1):
                job = model.objects.select_related("user").get(pk=key)
                if job.tries <= MOST_TRIES:
                    return job
                with speaking_to(job.user):
                    fail(job, str(BROKEN))
    return None


def fail(job: Export | Import, sentence: str) -> None:
    """End a job in words for its person; its file is of no use any more."""
    failed = {"state": State.FAILED, "failure": sentence[:300], "finished_at": timezone.now()}
    type(job).objects.filter(pk=job.pk, state=State.RUNNING).update(**failed)
    places.remove_file(job)


def tidy() -> None:
    """Remove what was kept long enough, and files whose job, or person, is gone."""
    known = set()
    for model in MODELS:
        model.objects.filter(created_at__lt=timezone.now() - KEPT_FOR).exclude(state=State.RUNNING).delete()
        known |= set(model.objects.values_list("pk", flat=True))
    places.remove_strays(known)
