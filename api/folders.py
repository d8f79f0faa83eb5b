"""``/api/folders`` and ``/api/tags``: how somebody keeps conversations in order."""

from typing import Annotated, Any
from uuid import UUID

from ninja import File, Router, Status
from ninja.files import UploadedFile
from pydantic import Field

from api.auth import CHATTING, READING, ApiRequest
from api.file_shapes import StoredFile, describe_file
from api.message_shapes import Attachment, describe_attachment
from api.paging import Listing
from api.shapes import Failure, Id, Input, Moment, Shape
from api.versions import expected_by, with_version
from conversations import filing
from conversations.attachments import keeper
from conversations.changing import MAX_FOLDER_NAME, FolderChanges, change_folder
from conversations.library import get_folder, list_tags
from conversations.library import list_folders as find_folders
from conversations.models import Folder as SavedFolder
from conversations.presets import MAX_INSTRUCTIONS
from files.arriving import count_upload, one_file
from files.folders import add_to_folder, remove_from_folder
from files.selectors import find_upload

router = Router(tags=["folders"])

ONE = "/folders/{uuid:folder_id}"
EDITABLE = frozenset({"name", "parent", "model", "instructions"})
LONGEST_MODEL = 200


class ListedFolder(Shape):
    """What a list says of a folder."""

    id: Id
    name: str
    parent: Annotated[UUID | None, Field(description="The folder in which it lies; no folder lies deeper than that.")]
    model: Annotated[str, Field(description="What a new conversation in it begins with; perhaps empty.")]
    created_at: Moment


class Folder(ListedFolder):
    instructions: Annotated[str, Field(description="Said to the model before every conversation in it.")]
    files: Annotated[list[Attachment], Field(description="What every conversation in it may read.")]


class NewFolder(Input):
    name: Annotated[str, Field(min_length=1, max_length=MAX_FOLDER_NAME)]
    parent: Id | None = None
    model: Annotated[str, Field(max_length=LONGEST_MODEL)] = ""
    instructions: Annotated[str, Field(max_length=MAX_INSTRUCTIONS)] = ""


class FolderEdit(Input):
    """What is to be different; what is left out stays as it is."""

    name: Annotated[str, Field(min_length=1, max_length=MAX_FOLDER_NAME, default_factory=str)]
    parent: Annotated[Id | None, Field(description="Null takes it out of the folder in which it lies.")] = None
    model: Annotated[str, Field(max_length=LONGEST_MODEL, default_factory=str)]
    instructions: Annotated[str, Field(max_length=MAX_INSTRUCTIONS, default_factory=str)]


class Tag(Shape):
    name: str


@router.get("/folders", response=Listing[ListedFolder], auth=READING, summary="List folders")
def list_folders(request: ApiRequest) -> Listing[ListedFolder]:
    """List your folders; each is followed by those in it."""
    return Listing(data=[ListedFolder(**_fields(folder)) for folder in find_folders(request.auth.user)])


@router.post("/folders", response={201: Folder}, auth=CHATTING, summary="Make a folder")
def make_folder(request: ApiRequest, body: NewFolder) -> Status[Folder]:
    made = change_folder(request.auth.user, None, FolderChanges(**body.model_dump()))
    return Status(201, with_version(request, _describe(made), EDITABLE))


@router.get(ONE, response=Folder, auth=READING, summary="Read a folder")
def read_folder(request: ApiRequest, folder_id: UUID) -> Folder:
    return with_version(request, _describe(get_folder(request.auth.user, folder_id)), EDITABLE)


@router.patch(ONE, response=Folder, auth=CHATTING, summary="Change a folder")
def edit_folder(request: ApiRequest, folder_id: UUID, body: FolderEdit) -> Folder:
    """Change what you name and leave the rest; with `If-Match` only if nobody else did since."""
    check = expected_by(request, _describe, EDITABLE)
    changes = FolderChanges(**body.model_dump(exclude_unset=True))
    return with_version(request, _describe(change_folder(request.auth.user, folder_id, changes, check=check)), EDITABLE)


@router.delete(ONE, response={204: None}, auth=CHATTING, summary="Delete a folder")
def delete_folder(request: ApiRequest, folder_id: UUID) -> Status[None]:
    """Take a folder away; the conversations and folders in it stay, outside."""
    filing.delete_folder(get_folder(request.auth.user, folder_id))
    return Status(204, None)


@router.post(
    f"{ONE}/files", response={201: StoredFile, 507: Failure}, auth=CHATTING, summary="Add a document to a folder"
)
def add_file_to_folder(
    request: ApiRequest,
    folder_id: UUID,
    file: Annotated[UploadedFile, File()],  # noqa: ARG001 - for the schema
) -> Status[StoredFile]:
    """Let every conversation in a folder read a document."""
    user = request.auth.user
    get_folder(user, folder_id)
    count_upload(user)
    upload = add_to_folder(user, folder_id, one_file(request))
    return Status(201, describe_file(find_upload(user, upload.pk)))


@router.delete(
    f"{ONE}/files/{{uuid:file_id}}", response={204: None}, auth=CHATTING, summary="Take a document out of a folder"
)
def take_file_from_folder(request: ApiRequest, folder_id: UUID, file_id: UUID) -> Status[None]:
    """Take a document out of a folder; it is deleted where nothing else carries it."""
    remove_from_folder(request.auth.user, folder_id, file_id)
    return Status(204, None)


@router.get("/tags", response=Listing[Tag], auth=READING, summary="List tags")
def list_all_tags(request: ApiRequest) -> Listing[Tag]:
    """List the tags on your conversations; a tag comes with the first conversation and goes with the last."""
    return Listing(data=[Tag(name=tag.name) for tag in list_tags(request.auth.user)])


def _describe(folder: SavedFolder) -> Folder:
    files = [describe_attachment(one) for one in keeper().describe_folder(folder.pk)]
    return Folder(**_fields(folder), instructions=folder.instructions, files=files)


def _fields(folder: SavedFolder) -> dict[str, Any]:
    return {
        "id": folder.pk,
        "name": folder.name,
        "parent": folder.parent_id,
        "model": folder.model,
        "created_at": folder.created_at,
    }
