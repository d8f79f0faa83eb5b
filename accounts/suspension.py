"""The page that suspends one person, from wherever an operator looks at what they did, and that lets them in again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils.http import url_has_allowed_host_and_scheme

from accounts.models import User
from accounts.services import reinstate_user, suspend_user
from audit.admin import address_of
from audit.services import recording

if TYPE_CHECKING:
    from uuid import UUID

    from django.contrib.admin import ModelAdmin
    from django.contrib.auth.models import AnonymousUser
    from django.http import HttpRequest, HttpResponse

    from audit.services import Actor

SUSPEND = "accounts.suspend_user"


def suspension_page(page: ModelAdmin[Any], request: HttpRequest, user_id: UUID) -> HttpResponse:
    """Ask first, then do it: ``active`` says what shall be, ``next`` where to go afterwards."""
    person = get_suspendable(request.user, user_id)
    target = _target(request)
    if request.method == "POST":
        is_active = request.POST.get("active") == "yes"
        set_active(request.user, person, is_active=is_active, address=address_of(request))
        said = "may come in again" if is_active else "is suspended, and signed out everywhere"
        messages.success(request, f"{person.email} {said}.")
        return redirect(target)
    title = "Let this person in again" if not person.is_active else "Suspend this person"
    context = {**page.admin_site.each_context(request), "opts": page.opts, "title": title, "person": person}
    return TemplateResponse(request, "admin/accounts/user/suspension.html", {**context, "next": target})


def is_superuser(actor: object) -> bool:
    return isinstance(actor, User) and actor.is_superuser


def may_touch(actor: object, user: User | None) -> bool:
    """Tell whether the account of ``user`` is open to who asks: operators' are for superusers alone."""
    return user is None or not user.is_operator or is_superuser(actor)


def may_suspend_person(actor: object, person: User) -> bool:
    """Tell whether who may suspend people may suspend this one: not oneself, and operators as ``may_touch`` says."""
    return person != actor and may_touch(actor, person)


def get_suspendable(actor: User | AnonymousUser, user_id: UUID) -> User:
    """Give a person whom ``actor`` may suspend; raises Http404 and PermissionDenied."""
    person = get_object_or_404(User, pk=user_id)
    if not (actor.has_perm(SUSPEND) and may_suspend_person(actor, person)):
        raise PermissionDenied
    return person


def set_active(actor: Actor, person: User, *, is_active: bool, address: str) -> None:
    """Suspend a person or let them in again, with an entry in the log, for who may: see ``get_suspendable``."""
    service, done = (reinstate_user, "reinstate") if is_active else (suspend_user, "suspend")
    chosen = User.objects.filter(pk=person.pk)
    with recording(actor, done, chosen, address=address, without=["session_number"]):
        service(person)


def _target(request: HttpRequest) -> str:
    """Take ``next`` where it is a path of this site."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    is_ours = wanted.startswith("/") and url_has_allowed_host_and_scheme(wanted, allowed_hosts=None)
    return wanted if is_ours else "admin:index"
