"""Files that messages carry, as far as conversations know of them; the app that keeps them says who it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from django.utils.translation import gettext as _

from chatproject.errors import BadRequest
from providers.gateway import get_gateway

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from uuid import UUID

    from accounts.models import User
    from conversations.models import Message
    from conversations.parts import AttachedFile

PICTURE = "picture"
MOST_OF_MESSAGE = 10


@dataclass(frozen=True, slots=True)
class Document:
    """A text to read; ``note`` says that it was cut, where it was."""

    name: str
    text: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class StoredPicture:
    """A picture that is read when it is needed; sizes in pixels."""

    upload: UUID
    owner: UUID
    name: str
    media_type: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Material:
    """What a model gets of the files of one message."""

    documents: tuple[Document, ...] = ()
    pictures: tuple[StoredPicture, ...] = ()


class Keeper(Protocol):
    """Who keeps the files. A message is named by its id; those that carry nothing are in no answer."""

    def look_at(self, user: User, uploads: Sequence[UUID]) -> tuple[AttachedFile, ...]:
        """Return a person's own files that were not sent yet; raises BadRequest, NotFound, Conflict."""
        ...

    def claim(self, user: User, message: Message, uploads: Sequence[UUID]) -> tuple[AttachedFile, ...]:
        """Let a stored message carry them, in its transaction; each is sent once. Raises as ``look_at`` does."""
        ...

    def copy(self, messages: Mapping[UUID, UUID]) -> None:
        """Let each message on the right carry what the one on the left does."""
        ...

    def describe(self, messages: Collection[UUID]) -> dict[UUID, tuple[AttachedFile, ...]]:
        """Say what pages and frames show."""
        ...

    def read(self, messages: Collection[UUID]) -> dict[UUID, Material]:
        """Give what models read; of the pictures only what they are."""
        ...

    def describe_folder(self, folder: UUID) -> tuple[AttachedFile, ...]:
        """Say what a folder carries."""
        ...

    def read_folder(self, folder: UUID) -> tuple[Document, ...]:
        """Give the documents that go before every conversation in a folder."""
        ...

    def read_picture(self, picture: StoredPicture) -> bytes | None:
        """Read a picture itself; None where it is gone."""
        ...


class _Nobody:
    """No files are kept."""

    def look_at(self, user: User, uploads: Sequence[UUID]) -> tuple[AttachedFile, ...]:  # noqa: ARG002 - see Keeper
        if uploads:
            raise BadRequest(_("Files cannot be attached here."))
        return ()

    def claim(self, user: User, message: Message, uploads: Sequence[UUID]) -> tuple[AttachedFile, ...]:  # noqa: ARG002
        return self.look_at(user, uploads)

    def copy(self, messages: Mapping[UUID, UUID]) -> None:
        """Copy nothing."""

    def describe(self, messages: Collection[UUID]) -> dict[UUID, tuple[AttachedFile, ...]]:  # noqa: ARG002 - likewise
        return {}

    def read(self, messages: Collection[UUID]) -> dict[UUID, Material]:  # noqa: ARG002 - likewise
        return {}

    def describe_folder(self, folder: UUID) -> tuple[AttachedFile, ...]:  # noqa: ARG002 - likewise
        return ()

    def read_folder(self, folder: UUID) -> tuple[Document, ...]:  # noqa: ARG002 - likewise
        return ()

    def read_picture(self, picture: StoredPicture) -> bytes | None:  # noqa: ARG002 - likewise
        return None


_keeper: Keeper = _Nobody()


def look_at(user: User, uploads: Sequence[UUID], *models: str) -> tuple[AttachedFile, ...]:
    """Return the files that a message is to carry, before its transaction; raises BadRequest, NotFound, Conflict.

    A picture is never sent along to models of which one would not see it.
    """
    if not uploads:
        return ()
    files = _keeper.look_at(user, uploads)
    blind = [entry.label for entry in map(get_gateway().find_model, models) if not entry.has_vision]
    if blind and any(one.kind == PICTURE for one in files):
        raise BadRequest(
            _("%(model)s cannot see pictures. Choose another model, or take the picture away. Your draft is kept.")
            % {"model": blind[0]}
        )
    return files


def claim(user: User, uploads: Sequence[UUID], message: Message) -> tuple[AttachedFile, ...]:
    """Let a stored message carry files, in its transaction; raises BadRequest, NotFound, Conflict."""
    return _keeper.claim(user, message, uploads) if uploads else ()


def carry_over(former: UUID, message: Message) -> tuple[AttachedFile, ...]:
    """Let a stored message carry what a former one does."""
    _keeper.copy({former: message.pk})
    return describe(message.pk)


def describe(message: UUID) -> tuple[AttachedFile, ...]:
    """Say what pages and frames show of the files of a message."""
    return _keeper.describe([message]).get(message, ())


def use(keeper: Keeper) -> None:
    """Let the files be kept by somebody; once, when the apps are ready."""
    global _keeper  # noqa: PLW0603 - there is one
    _keeper = keeper


def keeper() -> Keeper:
    return _keeper
