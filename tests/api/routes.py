"""A small API of its own for tests: things that are made and asked for, behind the guards of the real one."""

from typing import Annotated

from django.urls import include, path
from ninja import Query, Router, Status
from pydantic import Field

from api.auth import CHATTING, READING, ApiRequest
from api.foundation import Api
from api.idempotency import knows_repeats, read_key
from api.limits import starts_model
from api.paging import Paging
from api.shapes import Id, Input, Shape
from chatproject.errors import Unavailable
from conversations.models import Tag

router = Router()


class NewThing(Input):
    name: Annotated[str, Field(min_length=1, max_length=20)]
    count: int = 0
    is_good: bool = False
    other: Id | None = None


class Thing(Shape):
    id: Id
    name: str


@router.get("/things", response=list[Thing], auth=READING)
def list_things(request: ApiRequest, paging: Query[Paging]) -> list[Thing]:
    tags = Tag.objects.filter(user=request.auth.user)[: paging.limit]
    return [Thing(id=tag.pk, name=tag.name) for tag in tags]


@router.post("/other-things", response={201: Thing}, auth=CHATTING, url_name="other_things")
@router.post("/things", response={201: Thing}, auth=CHATTING)
def make_thing(request: ApiRequest, body: NewThing) -> Status[Thing]:
    if body.name == "break":
        raise RuntimeError("the inside")
    tag = Tag.objects.create(user=request.auth.user, name=body.name)
    if body.name == "fail":
        tag.delete()
        raise Unavailable("Not now.", retry_after=3)
    return Status(201, Thing(id=tag.pk, name=tag.name))


@router.post("/asked", response=Thing, auth=CHATTING)
@starts_model
async def ask_thing(request: ApiRequest, body: NewThing) -> Thing:
    if body.name == "fail":
        raise Unavailable("Not now.", retry_after=3)
    return Thing(id=request.auth.user.pk, name=body.name)


@router.post("/knowing", response=list[str], auth=CHATTING)
@knows_repeats
def know_repeats(request: ApiRequest) -> list[str]:
    return [read_key(request) or ""]


urlpatterns = [path("api/", include((Api((router,), title="Things", urls_namespace="things").urls[0], "things")))]
handler404 = "chatproject.views.page_not_found"
