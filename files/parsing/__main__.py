"""``python -m files.parsing <format>``: one file in, what is kept of it out.

What is written: a line of JSON, ``{"error"}`` or ``{"text", "note"}`` or ``{"media_type", "width", "height", "note",
"sizes"}``, and after it, for a picture, the picture and its thumbnail, of these sizes in bytes.
"""

from __future__ import annotations

import json
import sys
from io import BytesIO
from typing import Any

from files.parsing.limits import LARGEST_FILE, MEMORY, PICTURE_MEMORY, Unreadable, confine, gettext_noop


def main() -> None:
    form = sys.argv[1]
    confine(PICTURE_MEMORY if form == "picture" else MEMORY)
    source = BytesIO(sys.stdin.buffer.read(LARGEST_FILE + 1))
    try:
        told, blobs = _read(form, source)
    except Unreadable as error:
        told, blobs = {"error": str(error)}, ()
    except (MemoryError, RecursionError):
        told, blobs = {"error": gettext_noop("%(name)s takes more memory than one file may.")}, ()
    sys.stdout.buffer.write(json.dumps(told).encode() + b"\n")
    for blob in blobs:
        sys.stdout.buffer.write(blob)
    sys.stdout.buffer.flush()


def _read(form: str, source: BytesIO) -> tuple[dict[str, Any], tuple[bytes, ...]]:
    if form == "picture":
        from files.parsing.pictures import read_picture  # noqa: PLC0415 - only what this file needs is loaded

        picture = read_picture(source)
        sizes = [len(picture.data), len(picture.thumbnail)]
        told = {name: getattr(picture, name) for name in ("media_type", "width", "height", "note")}
        return {**told, "sizes": sizes}, (picture.data, picture.thumbnail)
    from files.parsing import documents  # noqa: PLC0415 - likewise

    readers = {"text": documents.read_text, "pdf": documents.read_pdf, "docx": documents.read_docx}
    document = readers[form](source)
    return {"text": document.text, "note": document.note}, ()


if __name__ == "__main__":
    main()
