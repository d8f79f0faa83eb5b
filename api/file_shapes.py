"""A file of a person as the API tells it."""

from typing import TYPE_CHECKING, Annotated, Literal
from uuid import UUID

from django.urls import reverse
from pydantic import Field

from api.shapes import Id, Moment, Shape
from files.models import Kind

if TYPE_CHECKING:
    from files.models import Upload


class StoredFile(Shape):
    id: Id
    name: str
    kind: Literal["picture", "document"]
    media_type: str
    size: Annotated[int, Field(description="In bytes, as it is given back.")]
    kept: Annotated[int, Field(description="In bytes: all that is kept of it. This is what counts.")]
    width: Annotated[int | None, Field(description="Of a picture, in pixels.")]
    height: int | None
    note: Annotated[str, Field(description="What its owner should know, such as that it was cut; often empty.")]
    created_at: Moment
    sent_at: Annotated[Moment | None, Field(description="When it was sent, or put into a folder; a file is sent once.")]
    conversation: Annotated[UUID | None, Field(description="The first conversation that has it.")]
    folder: UUID | None
    content: Annotated[str, Field(description="The path of the file itself.")]
    thumbnail: Annotated[str | None, Field(description="The path of a picture made small.")]


def describe_file(upload: "Upload") -> StoredFile:
    """Tell a file that knows its place, as those of ``files.selectors.find_upload`` do."""
    is_picture = upload.kind == Kind.PICTURE
    return StoredFile(
        id=upload.pk,
        name=upload.name,
        kind="picture" if is_picture else "document",
        media_type=upload.media_type,
        size=upload.size,
        kept=upload.kept,
        width=upload.width if is_picture else None,
        height=upload.height if is_picture else None,
        note=upload.note,
        created_at=upload.created_at,
        sent_at=upload.used_at,
        conversation=upload.conversation_id,  # type: ignore[attr-defined]  # annotated
        folder=upload.folder_id,  # type: ignore[attr-defined]  # likewise
        content=reverse("api:file_content", args=[upload.pk]),
        thumbnail=reverse("api:file_thumbnail", args=[upload.pk]) if is_picture else None,
    )
