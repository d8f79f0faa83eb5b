"""Pictures that come with a question: read by a process that knows nothing, written anew, and kept for a while.

Programs send a conversation whole each time, so the same pictures come again and again.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import threading
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from tempfile import TemporaryFile
from typing import TYPE_CHECKING

from chatproject.errors import BadRequest
from files.kinds import find_kind
from files.reader import read_file
from providers.port import Picture

if TYPE_CHECKING:
    from uuid import UUID

    from providers.catalogue import CatalogueEntry
    from providers.port import ChatMessage, ChatRequest

MOST_PICTURES = 20
LARGEST_KEPT = 32 << 20
THREADS = 32
"""In which requests wait for their pictures: of their own, since those of the event loop look up addresses."""

ENDINGS = {"image/png": "png", "image/jpeg": "jpg", "image/gif": "gif", "image/webp": "webp"}


def has_pictures(request: ChatRequest) -> bool:
    return any(message.pictures for message in request.messages)


async def read_pictures(request: ChatRequest, entry: CatalogueEntry, *, owner: UUID) -> ChatRequest:
    """Read the pictures of a request, which are as they were sent; raises BadRequest, and Unavailable.

    They are refused for a model that cannot see; its fallback gets a word about them instead.
    """
    count = sum(len(message.pictures) for message in request.messages)
    if not count:
        return request
    if not entry.has_vision:
        raise BadRequest(f"{entry.label} cannot see pictures. Choose another model.")
    if count > MOST_PICTURES:
        raise BadRequest(f"One request takes at most {MOST_PICTURES} pictures.")
    return replace(request, messages=tuple([await _seen(message, owner) for message in request.messages]))


async def _seen(message: ChatMessage, owner: UUID) -> ChatMessage:
    if not message.pictures:
        return message
    loop = asyncio.get_running_loop()
    pictures = [await loop.run_in_executor(_threads, _read, picture, owner) for picture in message.pictures]
    return replace(message, pictures=tuple(pictures))


class _Kept:
    """The pictures that were read last, by what was sent, up to so many characters; for any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pictures: OrderedDict[bytes, Picture] = OrderedDict()
        self._size = 0

    def find(self, name: bytes) -> Picture | None:
        with self._lock:
            if name in self._pictures:
                self._pictures.move_to_end(name)
            return self._pictures.get(name)

    def keep(self, name: bytes, picture: Picture) -> None:
        with self._lock:
            self._size += len(picture.data) - len(self._pictures[name].data if name in self._pictures else "")
            self._pictures[name] = picture
            while self._size > LARGEST_KEPT:
                self._size -= len(self._pictures.popitem(last=False)[1].data)


_kept = _Kept()
_threads = ThreadPoolExecutor(THREADS, thread_name_prefix="pictures")


def _read(sent: Picture, owner: UUID) -> Picture:
    name = hashlib.sha256(f"{sent.media_type} {sent.data}".encode()).digest()
    if known := _kept.find(name):
        return known
    try:
        data = base64.b64decode(sent.data, validate=True)
    except (ValueError, binascii.Error):
        raise BadRequest("A picture is not valid base64.") from None
    called = f"picture.{ENDINGS.get(sent.media_type, '')}"
    kind = find_kind(called, data[:16])
    with TemporaryFile() as file:
        file.write(data)
        file.seek(0)
        reading = read_file(file, kind.format, called, owner=owner)
    picture = Picture(reading.media_type, reading.width, reading.height, base64.b64encode(reading.data).decode())
    _kept.keep(name, picture)
    return picture
