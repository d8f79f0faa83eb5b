"""What is decided about incidents: once, by somebody whom they are not about, and never over another's decision."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.models import PermissionsMixin
from django.db.models.functions import Now
from django.utils.timezone import localtime

from audit.services import record
from chatproject.errors import BadRequest, Conflict, Forbidden, NotFound
from moderation.models import Incident, Kind, State

if TYPE_CHECKING:
    from uuid import UUID

    from django.contrib.auth.base_user import AbstractBaseUser
    from django.db.models import QuerySet

LONGEST_NOTE = 2000
ABOUT_YOU = "This is about you. Somebody else decides about it."


def has_all_rights(person: object) -> bool:
    return isinstance(person, PermissionsMixin) and person.is_superuser


def may_decide(reviewer: AbstractBaseUser, incident: Incident) -> bool:
    """Tell whether somebody may decide about an incident: of one's own, only a superuser does."""
    return incident.person_id != reviewer.pk or has_all_rights(reviewer)


def decide(incidents: QuerySet[Incident], *, reviewer: AbstractBaseUser, state: str) -> int:
    """Close those that are open, or open those that are closed; returns how many there were.

    Those about the reviewer, or reported by them, are left out, as :func:`may_decide` says. Raises BadRequest for an
    unknown state.
    """
    if state not in State.values:
        raise BadRequest("An incident is open, confirmed or dismissed.")
    others = incidents if has_all_rights(reviewer) else incidents.exclude(person_id=reviewer.pk)
    if state == State.OPEN:
        return others.exclude(state=State.OPEN).update(state=state, reviewer_id=None, reviewed_at=None)
    return others.filter(state=State.OPEN).update(state=state, reviewer_id=reviewer.pk, reviewed_at=Now())


def decide_one(incident_id: UUID, *, reviewer: AbstractBaseUser, state: str) -> None:
    """Close one incident, or open it again; the same once more changes nothing where it was one's own decision.

    Raises NotFound, Forbidden (it is about the reviewer, or theirs), Conflict (it is closed already), BadRequest.
    """
    one = Incident.objects.filter(pk=incident_id)
    if decide(one, reviewer=reviewer, state=state):
        return
    found = _find_for(reviewer, incident_id)
    is_same = found.state == state and found.reviewer_id in {reviewer.pk, None}
    if not is_same:
        raise Conflict(f"{decision(found)} Open it again first, to decide anew.")


def write_note(incident_id: UUID, *, author: AbstractBaseUser, note: str, before: str, address: str = "") -> None:
    """Put a note in place of the one that its author saw; the audit log keeps that, and not the words.

    Raises NotFound, Forbidden (it is about the author, or theirs), Conflict (there is another one by now), BadRequest.
    """
    note = _lines(note)
    if len(note) > LONGEST_NOTE:
        raise BadRequest(f"A note has at most {LONGEST_NOTE:,} characters.")
    found = _find_for(author, incident_id)
    if found.note == note:
        return
    same = Incident.objects.filter(pk=incident_id, note=found.note)
    if _lines(found.note) != _lines(before) or not same.update(note=note):
        raise Conflict("Somebody wrote another note meanwhile. Reload the page to read it.")
    record(author, "write note", found, changes={"note": "changed"}, address=address)


def decision(incident: Incident) -> str:
    """Say in a sentence who decided what, and when."""
    if incident.state == State.OPEN or incident.reviewed_at is None:
        return "It is open."
    who = f" by {incident.reviewer}" if incident.reviewer else ""
    return f"Already {incident.state}{who} on {localtime(incident.reviewed_at):%d %B %Y at %H:%M}."


def _find_for(reviewer: AbstractBaseUser, incident_id: UUID) -> Incident:
    found = Incident.objects.select_related("reviewer").filter(pk=incident_id).first()
    if found is None:
        raise NotFound("This incident is not there any more.")
    if not may_decide(reviewer, found):
        is_own_report = found.kind == Kind.REPORT
        raise Forbidden("You reported this; somebody else decides." if is_own_report else ABOUT_YOU)
    return found


def _lines(text: str) -> str:
    """Write text as it is kept, whatever a form made of its line breaks."""
    return "\n".join(text.splitlines()).strip()
