"""Files of an archive that only take time: they are left out, and hold up nobody."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING

import orjson
import pytest

from files.models import Upload
from tests.transfer.test_carrying import media as media  # noqa: PLC0414 - the fixture
from tests.transfer.test_carrying import packed, take
from transfer import carrying

if TYPE_CHECKING:
    from accounts.models import User

pytestmark = pytest.mark.django_db(transaction=True)


def test_files_that_end_in_nothing_do_not_hold_up_the_imports_of_others(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(carrying, "PATIENCE", 0.0)
    names = ["good.txt", "bad.pdf", "worse.pdf", "late.txt"]
    files = [
        {"id": f"0190a000-0000-7000-8000-00000000010{number}", "name": name, "file": f"files/{name}"}
        for number, name in enumerate(names)
    ]
    with zipfile.ZipFile(io.BytesIO(packed())) as archive:
        (talk,) = orjson.loads(archive.read("conversations.json"))
    talk["messages"][0]["attachments"] = files
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        archive.writestr("conversations.json", orjson.dumps([talk]))
        for name in names:
            archive.writestr(f"files/{name}", b"%PDF-1.7 and no more" if name.endswith(".pdf") else b"Some notes.")
    job = take(alice, written.getvalue())
    assert (job.added, job.files_left_out) == (1, 3)
    assert list(Upload.objects.values_list("name", flat=True)) == ["good.txt"]
    damaged, *late = job.faults
    assert "could not be read as a PDF" in damaged
    assert [fault.endswith("took too long to read. It was not attached.") for fault in late] == [True, True]
