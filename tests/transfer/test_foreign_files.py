"""Files that the exports of others bring along."""

from __future__ import annotations

import base64
import io
import zipfile
from typing import TYPE_CHECKING

import orjson
import pytest

from conversations.models import Message
from files.models import Attachment
from tests.files import samples
from tests.transfer.test_carrying import media as media  # noqa: PLC0414 - the fixture
from tests.transfer.test_carrying import take
from tests.transfer.trees import SAMPLES

if TYPE_CHECKING:
    from accounts.models import User

pytestmark = pytest.mark.django_db(transaction=True)


def test_chatgpt_brings_the_files_of_its_archive(alice: User) -> None:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        archive.writestr("conversations.json", (SAMPLES / "chatgpt-made-by-hand.json").read_bytes())
        archive.writestr("file-x-sky.png", samples.picture("PNG"))
        archive.writestr("file-y-other.png", samples.picture("PNG"))
    job = take(alice, written.getvalue())
    assert (job.added, job.files, job.files_left_out) == (2, 1, 0)
    carried = Attachment.objects.get()
    assert carried.message.content == "Why is the sky blue? <b>really</b>"
    assert (carried.upload.name, carried.upload.kind) == ("sky.png", "picture")


def test_chatgpt_without_its_archive_says_in_the_talk_what_is_not_there(alice: User) -> None:
    job = take(alice, (SAMPLES / "chatgpt-made-by-hand.json").read_bytes())
    assert (job.added, job.files_left_out) == (2, 1)
    question = Message.objects.get(content__contains="Why is the sky blue?")
    assert question.content.startswith("[a file that was not taken over: ")
    assert "not taken over" in question.html


def test_openwebui_brings_what_stands_in_its_export(alice: User) -> None:
    file = orjson.loads((SAMPLES / "openwebui-made-by-hand.json").read_bytes())
    question = next(node for node in file[0]["chat"]["history"]["messages"].values() if node["role"] == "user")
    picture = base64.b64encode(samples.picture("PNG")).decode()
    question["files"] = [
        {"type": "image", "url": f"data:image/png;base64,{picture}"},
        {"type": "file", "name": "Plan.pdf", "file": {"id": "f1", "data": {"content": "What it says."}}},
        {"type": "image", "url": "data:image/png;base64,not base64"},
        {"type": "image", "url": "data:image/svg+xml;base64,PHN2Zz4="},
    ]
    job = take(alice, orjson.dumps(file))
    assert (job.added, job.files, job.files_left_out) == (2, 3, 1)
    found = {row.upload.name: row.upload for row in Attachment.objects.all()}
    assert found["Plan.pdf.txt"].text == "What it says."
    assert found["picture.png"].kind == "picture"
