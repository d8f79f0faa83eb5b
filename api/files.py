"""``/api/files``: what somebody brings along."""

from typing import Annotated
from uuid import UUID

from django.conf import settings
from django.http import HttpResponse
from ninja import File, Query, Router, Status
from ninja.files import UploadedFile
from pydantic import Field

from api.auth import CHATTING, READING, ApiRequest
from api.file_shapes import StoredFile, describe_file
from api.paging import Page, Paging, split
from api.shapes import Failure
from files import services
from files.arriving import count_upload, one_file
from files.giving import give_file, give_thumbnail
from files.parsing.limits import MEGABYTE
from files.selectors import count_files, find_upload, get_upload, list_newest_uploads

router = Router(tags=["files"])

ONE = "/files/{uuid:file_id}"
BYTES = {"responses": {200: {"content": {"*/*": {"schema": {"type": "string", "format": "binary"}}}}}}


class FilePage(Page[StoredFile]):
    count: Annotated[int, Field(description="How many files you have in all.")]
    kept: Annotated[int, Field(description="How many bytes they take.")]
    room: Annotated[int, Field(description="How many bytes you may have.")]


@router.get("/files", response=FilePage, auth=READING, summary="List files")
def list_files(request: ApiRequest, paging: Query[Paging]) -> FilePage:
    """List your files, the newest first."""
    user = request.auth.user
    found = list_newest_uploads(user, paging.limit + 1, before=paging.id)
    shown, following = split(found, paging.limit, lambda one: one.pk)
    count, kept = count_files(user.pk)
    room = settings.FILES_MB_PER_PERSON * MEGABYTE
    return FilePage(data=[describe_file(one) for one in shown], next=following, count=count, kept=kept, room=room)


@router.post("/files", response={201: StoredFile, 507: Failure}, auth=CHATTING, summary="Bring a file")
def upload_file(
    request: ApiRequest,
    file: Annotated[UploadedFile, File()],  # noqa: ARG001 - for the schema
) -> Status[StoredFile]:
    """Take one file, as `file` of a form, to be sent with a message. What is not sent is removed after a while."""
    count_upload(request.auth.user)
    upload = services.take_file(request.auth.user, one_file(request))
    return Status(201, describe_file(find_upload(request.auth.user, upload.pk)))


@router.get(ONE, response=StoredFile, auth=READING, summary="Read about a file")
def read_file(request: ApiRequest, file_id: UUID) -> StoredFile:
    return describe_file(find_upload(request.auth.user, file_id))


@router.delete(ONE, response={204: None}, auth=CHATTING, summary="Delete a file")
def delete_file(request: ApiRequest, file_id: UUID) -> Status[None]:
    """Delete a file, also from the messages that carry it, which stay."""
    services.delete_file(request.auth.user, file_id)
    return Status(204, None)


@router.get(f"{ONE}/content", auth=READING, url_name="file_content", openapi_extra=BYTES, summary="Get a file back")
def read_file_content(request: ApiRequest, file_id: UUID) -> HttpResponse:
    """Get the bytes of a file."""
    return give_file(get_upload(request.auth.user, file_id))


@router.get(
    f"{ONE}/thumbnail",
    auth=READING,
    url_name="file_thumbnail",
    openapi_extra=BYTES,
    summary="Get a picture made small",
)
def read_file_thumbnail(request: ApiRequest, file_id: UUID) -> HttpResponse:
    """Get a picture made small; a document has none."""
    return give_thumbnail(get_upload(request.auth.user, file_id))
