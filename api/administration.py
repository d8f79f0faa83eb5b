"""``/api/admin/...``: for operators, what their permissions in the administration allow."""

from typing import Annotated
from uuid import UUID

from django.utils.translation import gettext as _
from ninja import Query, Router
from pydantic import BaseModel, Field

from accounts.models import EMAIL_LENGTH, User
from accounts.selectors import list_people
from accounts.suspension import get_suspendable, set_active
from api.auth import ADMINISTERING, ApiRequest
from api.paging import Page, Paging, split
from api.shapes import Id, Moment, Shape
from api.usage import DaySum, ModelSum, Month, Sum, sums_of
from audit.admin import address_of
from chatproject.errors import Forbidden
from providers.models import Purpose
from providers.money.filters import UsageFilters
from providers.money.periods import parse_month
from providers.money.reports import find_records, report_month, report_people

router = Router(tags=["admin"])


class Person(Shape):
    id: Id
    email: str
    name: str
    created_at: Moment
    last_login: Annotated[Moment | None, Field(description="When they last signed in to the pages.")]
    is_active: Annotated[bool, Field(description="False while they are suspended.")]
    is_operator: bool


class PeopleWanted(BaseModel):
    email: Annotated[str, Field(max_length=EMAIL_LENGTH, description="How the address begins.")] = ""
    is_active: Annotated[bool | None, Field(description="false: only those who are suspended.")] = None


class PersonSum(Sum):
    email: Annotated[str | None, Field(description="Null: of accounts that are gone.")]


class SiteUsage(Shape):
    month: Annotated[str, Field(description="Such as 2026-11, in UTC.")]
    total: Sum
    models: Annotated[list[ModelSum], Field(description="The dearest first.")]
    people: Annotated[list[PersonSum], Field(description="The dearest first, at most 100.")]
    days: Annotated[list[DaySum], Field(description="All days of the month.")]


class UsageWanted(Month):
    email: Annotated[str, Field(max_length=EMAIL_LENGTH, description="Of this person alone.")] = ""
    model: Annotated[str, Field(max_length=200, description="Of this model alone.")] = ""
    purpose: Annotated[Purpose | None, Field(description="Of calls for this alone.")] = None


@router.get("/admin/people", response=Page[Person], auth=ADMINISTERING, summary="The people of the site")
def list_site_people(request: ApiRequest, wanted: Query[PeopleWanted], paging: Query[Paging]) -> Page[Person]:
    """List people, the newest first."""
    _require(request, "accounts.view_user")
    found = list_people(after=paging.id, email=wanted.email, is_active=wanted.is_active)
    people, following = split(list(found[: paging.limit + 1]), paging.limit, lambda person: person.pk)
    return Page(data=[_person(one) for one in people], next=following)


@router.post("/admin/people/{uuid:user_id}/suspend", response=Person, auth=ADMINISTERING, summary="Suspend a person")
def suspend_person(request: ApiRequest, user_id: UUID) -> Person:
    """Close every door to a person: pages, sockets, tokens and what is being answered end. Nothing is deleted."""
    return _set_active(request, user_id, is_active=False)


@router.post(
    "/admin/people/{uuid:user_id}/reinstate", response=Person, auth=ADMINISTERING, summary="Let a person in again"
)
def reinstate_person(request: ApiRequest, user_id: UUID) -> Person:
    """Let a suspended person sign in again; they find everything as they left it, and their tokens work."""
    return _set_active(request, user_id, is_active=True)


@router.get("/admin/usage", response=SiteUsage, auth=ADMINISTERING, summary="What the site used in a month")
def read_site_usage(request: ApiRequest, wanted: Query[UsageWanted]) -> SiteUsage:
    """Add up what models were asked for, by model, person and day; calls that are still open are not in it."""
    _require(request, "providers.view_usagerecord")
    month = parse_month(wanted.month)
    filters = UsageFilters(person=wanted.email, model=wanted.model, purpose=wanted.purpose or "")
    records = find_records(month, **filters.lookups)
    report = report_month(month, records)
    return SiteUsage(
        month=f"{month:%Y-%m}",
        total=Sum(**sums_of(report.total)),
        models=[ModelSum(model=one.key, **sums_of(one)) for one in report.models],
        people=[PersonSum(email=one.key, **sums_of(one)) for one in report_people(records)],
        days=[DaySum(day=one.key, **sums_of(one)) for one in report.days],
    )


def _require(request: ApiRequest, permission: str) -> None:
    if not request.auth.user.has_perm(permission):
        raise Forbidden(_("You are signed in, but this is not open to you."))


def _set_active(request: ApiRequest, user_id: UUID, *, is_active: bool) -> Person:
    person = get_suspendable(request.auth.user, user_id)
    set_active(request.auth.user, person, is_active=is_active, address=address_of(request))
    return _person(person)


def _person(person: User) -> Person:
    return Person(
        id=person.pk,
        email=person.email,
        name=person.name,
        created_at=person.created_at,
        last_login=person.last_login,
        is_active=person.is_active,
        is_operator=person.is_operator,
    )
