"""Pictures that come with a question are read as those that people attach are."""

from __future__ import annotations

import asyncio
import io
from base64 import b64decode, b64encode
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from uuid import uuid4

import pytest
from PIL import Image

from chatproject.errors import BadRequest
from doors.pictures import MOST_PICTURES, has_pictures, read_pictures
from files.reader import _place_of
from providers.catalogue import CatalogueEntry
from providers.port import ChatMessage, ChatRequest, Picture

SEEING = CatalogueEntry("local/x", "local", "Local", "x", "X", 8_000, has_vision=True)


def picture(form: str, **further: object) -> Picture:
    """Give a picture of 6 by 4 as a program sends it."""
    written = io.BytesIO()
    Image.new("RGB", (6, 4), "red").save(written, form, **further)
    return Picture(f"image/{form.lower()}", 0, 0, b64encode(written.getvalue()).decode())


def showing(*pictures: Picture) -> ChatRequest:
    return ChatRequest("x", (ChatMessage("system", "Look."), ChatMessage("user", "What?", pictures=pictures)))


@pytest.mark.parametrize("form", ["PNG", "JPEG", "GIF", "WEBP"])
async def test_picture_gets_its_size_and_a_kind_that_every_model_knows(form: str) -> None:
    request = await read_pictures(showing(picture(form)), SEEING, owner=uuid4())
    [read] = request.messages[1].pictures
    assert (read.width, read.height) == (6, 4)
    assert read.media_type in {"image/png", "image/jpeg"}
    with Image.open(io.BytesIO(b64decode(read.data))) as opened:
        assert opened.size == (6, 4)


async def test_picture_loses_what_it_says_of_its_making() -> None:
    about = Image.Exif()
    about[0x010F] = "a camera of mine"
    sent = picture("JPEG", exif=about)
    assert b"a camera of mine" in b64decode(sent.data)
    request = await read_pictures(showing(sent), SEEING, owner=uuid4())
    assert b"a camera of mine" not in b64decode(request.messages[1].pictures[0].data)


@pytest.mark.parametrize("data", ["?", "", b64encode(b"no picture").decode()])
async def test_what_is_no_picture_is_refused(data: str) -> None:
    with pytest.raises(BadRequest):
        await read_pictures(showing(Picture("image/png", 0, 0, data)), SEEING, owner=uuid4())


async def test_who_waits_for_a_place_to_read_keeps_no_thread_of_the_loop() -> None:
    """With one, the loop would look up no address for anybody."""
    loop = asyncio.get_running_loop()
    loop.set_default_executor(ThreadPoolExecutor(1))
    owner = uuid4()
    with _place_of(owner):
        waiting = asyncio.create_task(read_pictures(showing(picture("PNG", compress_level=0)), SEEING, owner=owner))
        await asyncio.sleep(0)  # now it has handed its picture to a thread
        assert await asyncio.wait_for(asyncio.to_thread(lambda: "free"), 10) == "free"
        assert not waiting.done()
    assert (await waiting).messages[1].pictures[0].width == 6


async def test_too_many_pictures_are_refused_before_one_is_read() -> None:
    with pytest.raises(BadRequest, match="at most"):
        await read_pictures(showing(*[Picture("image/png", 0, 0, "?")] * (MOST_PICTURES + 1)), SEEING, owner=uuid4())


async def test_model_that_cannot_see_is_asked_nothing() -> None:
    with pytest.raises(BadRequest, match="cannot see"):
        await read_pictures(showing(picture("PNG")), replace(SEEING, has_vision=False), owner=uuid4())


def test_request_without_pictures_has_none() -> None:
    assert not has_pictures(showing())
    assert has_pictures(showing(Picture("image/png", 0, 0, "")))
