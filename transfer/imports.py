"""Taking conversations from a file: looked through first, then taken a few at a time."""

from __future__ import annotations

import asyncio
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from typing import TYPE_CHECKING
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import limits
from accounts.models import User
from chatproject.database import in_database
from chatproject.errors import Conflict
from chatproject.text import one_line, storable
from conversations.models import Role
from conversations.rendering import get_pool, plain_title, render_question
from moderation.models import Direction
from moderation.services import follow_list
from moderation.stream import screen
from moderation.words import word_list
from transfer import places, storing
from transfer.carrying import brought_by, open_members, take_files
from transfer.filing import list_new_folders
from transfer.models import Import, State
from transfer.readers import read_talk
from transfer.storing import Prepared, is_known, prepare
from transfer.stream import read_elements
from transfer.talk import Said, Talk, Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from transfer.carrying import Members
    from transfer.talk import Brought

BATCH = 20
MOST_AT_ONCE = 1_000_000
"""Characters of the conversations that are in memory together, but for the last one."""

MOST_FAULTS, MOST_SAMPLES = 20, 10
BETWEEN_BEATS = timedelta(seconds=10)

NOTED = (
    "done",
    "added",
    "known",
    "messages",
    "files",
    "files_left_out",
    "unreadable",
    "faults",
    "kinds",
    "samples",
    "heartbeat_at",
    "tries",
)
"""What a job notes of its way."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Something in a file that is no conversation, and why."""

    sentence: str


def bring_file(user: User, *, name: str, pieces: Iterable[bytes], is_counted: bool = False) -> Import:
    """Keep a file that a person brought, to be looked through; raises Conflict, TooManyRequests, Unavailable."""
    if not is_counted:  # a large one was, before it came
        limits.require(limits.IMPORTS, user.pk, settings.RATE_LIMIT_IMPORTS)
    job = Import(user=user, name=plain_title(one_line(storable(name))) or _("A file"))
    places.keep_file(job, pieces)
    try:
        _save_only(job)
    except Conflict:
        places.remove_file(job)
        raise
    return job


def _save_only(job: Import) -> None:
    """Save a new import as the only open one of its person; raises Conflict."""
    with transaction.atomic():
        User.objects.select_for_update().get(pk=job.user_id)
        if Import.objects.filter(user=job.user_id).exclude(state__in=[State.DONE, State.FAILED]).exists():
            raise Conflict(_("You have brought a file already. Take it, or remove it first."))
        job.save()


def confirm_import(job: Import) -> None:
    """Have a file taken that was looked through; raises Conflict at any other time."""
    found = Import.objects.filter(pk=job.pk, state=State.READY)
    if not found.update(
        state=State.WAITING, is_confirmed=True, total=job.done, done=0, known=0, unreadable=0, faults=[]
    ):
        raise Conflict(_("This file cannot be taken now. Look at the page again."))


async def work_through(job: Import) -> None:
    """Look through a file or, once its person said so, take it; goes on after what was noted as done.

    Raises Unreadable for a file that cannot be read on.
    """
    elements = _talks(job)
    with closing(await in_database(open_members, places.path_of(job))) as members:
        await in_database(lambda: next(islice(elements, job.done, job.done), None))  # what an earlier run took
        while batch := await in_database(_next_batch, elements):
            if not await (_take(job, batch, members) if job.is_confirmed else in_database(_look, job, batch)):
                places.remove_file(job)
                return
    await in_database(_finish, job)


def _next_batch(elements: Iterator[Talk | Fault]) -> list[Talk | Fault]:
    """Read some conversations: few, where they are long."""
    batch: list[Talk | Fault] = []
    size = 0
    for one in elements:
        batch.append(one)
        size += sum(len(said.content) for said in one.messages) if isinstance(one, Talk) else 0
        if len(batch) == BATCH or size > MOST_AT_ONCE:
            break
    return batch


def _talks(job: Import) -> Iterator[Talk | Fault]:
    for element in read_elements(places.path_of(job)):
        if isinstance(element, Unreadable):
            yield Fault(element.message)
            continue
        try:
            talk: Talk | Fault = read_talk(element)
        except Unreadable as fault:
            talk = Fault(fault.message)
        yield talk


def _whole(one: Talk | Fault) -> Talk:
    if isinstance(one, Fault):
        raise Unreadable(one.sentence)
    return one


def _look(job: Import, batch: list[Talk | Fault]) -> bool:
    for one in batch:
        try:
            _note_found(job, prepare(_whole(one)))
        except Unreadable as fault:
            _note_fault(job, job.done + 1, fault.message)
        job.done += 1
    return _save(job)


def _note_found(job: Import, found: Prepared) -> None:
    job.kinds[found.talk.kind] = job.kinds.get(found.talk.kind, 0) + 1
    job.messages += len(found.messages)
    job.files += sum(len(brought_by(said)) for said in found.messages)
    job.known += is_known(job.user, found.talk)
    if len(job.samples) < MOST_SAMPLES:
        job.samples.append(plain_title(storable(found.talk.title)) or _("Without a title"))


async def _take(job: Import, batch: list[Talk | Fault], members: Members) -> bool:
    for one in batch:
        try:
            prepared = await in_database(_allowed, job, _whole(one))
            files = await in_database(_take_files, job, prepared, members) if prepared else {}
            html = await _render(job, prepared) if prepared else {}
            stored = await in_database(storing.store_talk, job.user, prepared, html, files) if prepared else None
            if stored:
                job.added += 1
            else:
                job.known += 1
        except Unreadable as fault:
            _note_fault(job, job.done + 1, fault.message)
        job.done += 1
    return await in_database(_save, job)


def _take_files(job: Import, prepared: Prepared, members: Members) -> dict[str | int, list[UUID]]:
    """Keep the files of a conversation, by the key of the message or the place of the folder that carries them.

    What cannot be kept is noted.
    """
    talk = prepared.talk
    taken: dict[str | int, list[UUID]] = {}
    for place in list_new_folders(job.user, talk.folder):
        taken[place] = _take_those(job, talk.folder_files[place] if talk.folder_files else [], members)[0]
    for said in prepared.messages:
        if brought := brought_by(said):
            taken[said.key], left_out = _take_those(job, brought, members)
            for name in left_out:
                _mention(talk, said, name)
    return taken


def _take_those(job: Import, files: Iterable[Brought], members: Members) -> tuple[list[UUID], list[str]]:
    """Keep files; give their ids, and the names of those that could not be kept."""
    kept: list[UUID] = []
    left_out: list[str] = []
    for one in take_files(job.user, files, members, _screened):
        if isinstance(one, UUID):
            kept.append(one)
        else:
            left_out.append(one[0])
            job.files_left_out += 1
            _add_fault(job, job.done + 1, f"{one[0]}: {one[1]}")
        _stay_alive(job)
    return kept, left_out


def _mention(talk: Talk, said: Said, name: str) -> None:
    """Say in a message of others what it carried there; our own stay as they were."""
    if talk.kind != "own":
        said.content = "\n\n".join(
            filter(None, [_("[a file that was not taken over: %(name)s]") % {"name": name}, said.content])
        )


def _stay_alive(job: Import) -> None:
    """Say that this is still being worked on: files and long conversations take their time."""
    if _is_silent(job):
        job.heartbeat_at = timezone.now()
        Import.objects.filter(pk=job.pk, state=State.RUNNING).update(heartbeat_at=job.heartbeat_at)


def _is_silent(job: Import) -> bool:
    return timezone.now() - (job.heartbeat_at or job.created_at) > BETWEEN_BEATS


def _allowed(job: Import, talk: Talk) -> Prepared | None:
    """Prepare a conversation that is not there yet; the list of words holds for it as for what is typed here."""
    if is_known(job.user, talk):
        return None
    prepared = prepare(talk)
    follow_list()
    talk.title, talk.instructions = _screened(talk.title), _screened(talk.instructions)
    talk.tags = [_screened(tag) for tag in talk.tags]
    talk.folder = [{name: _screened(words) for name, words in step.items()} for step in talk.folder]
    for said in prepared.messages:
        said.content = _screened(said.content, Direction.OUTPUT if said.role == Role.ASSISTANT else Direction.INPUT)
    return prepared


def _screened(words: str, direction: Direction = Direction.INPUT) -> str:
    """Mask what has to be; raises Unreadable for what may not be here at all. It was not said here: no incident."""
    allowed, found = screen(word_list.matcher(direction), words)
    if found.blocked:
        raise Unreadable(_("It has words that are not used here."))
    return allowed


async def _render(job: Import, prepared: Prepared) -> dict[str, str]:
    """Render what was said, by the key of each message: nothing of a file is shown as the HTML it may be."""
    html = {}
    for said in prepared.messages:
        if _is_silent(job):
            await in_database(_stay_alive, job)
        if said.role == Role.ASSISTANT:
            html[said.key] = "".join(await get_pool().answer(said.content))
        else:
            html[said.key] = await asyncio.to_thread(render_question, said.content)
    return html


def _note_fault(job: Import, number: int, sentence: str) -> None:
    job.unreadable += 1
    _add_fault(job, number, sentence)


def _add_fault(job: Import, number: int, sentence: str) -> None:
    if len(job.faults) < MOST_FAULTS:
        words = {"number": number, "problem": sentence}
        job.faults.append(_("Conversation %(number)s: %(problem)s") % words)


def _save(job: Import) -> bool:
    """Note how far it came; False where the job was removed meanwhile."""
    job.heartbeat_at, job.tries = timezone.now(), 0
    running = Import.objects.filter(pk=job.pk, state=State.RUNNING)
    return bool(running.update(**{name: getattr(job, name) for name in NOTED}))


def _finish(job: Import) -> None:
    """Leave a file that was looked through to its person; one that was taken, or has nothing, is over."""
    running = Import.objects.filter(pk=job.pk, state=State.RUNNING)
    if job.is_confirmed:
        running.update(state=State.DONE, finished_at=timezone.now())
        places.remove_file(job)
    elif not job.kinds:
        raise Unreadable(job.faults[0] if job.faults else _("There are no conversations in this file."))
    else:
        running.update(state=State.READY, total=job.done)
