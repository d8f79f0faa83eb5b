"""Files as people and attackers make them, made here so that none is checked in."""

from __future__ import annotations

import zipfile
from io import BytesIO
from typing import Any

from PIL import Image
from pypdf import PdfWriter
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def picture(form: str = "PNG", size: tuple[int, int] = (64, 48), mode: str = "RGB", **options: Any) -> bytes:
    written = BytesIO()
    Image.new(mode, size, "teal" if mode in {"RGB", "RGBA"} else 1).save(written, form, **options)
    return written.getvalue()


def photograph(secret: str = "secret camera", orientation: int = 6) -> bytes:
    """Make a JPEG of 64 x 48 pixels that tells who took it, held sideways."""
    exif = Image.Exif()
    exif[0x010F], exif[0x0112] = secret, orientation
    return picture("JPEG", exif=exif, comment=secret.encode())


def pdf(text: str = "", password: str = "", *, packed: bool = False) -> bytes:
    writer = PdfWriter()
    page = writer.add_blank_page(300, 300)
    if text:
        font = DictionaryObject(
            {
                NameObject(f"/{key}"): NameObject(f"/{value}")
                for key, value in {"Type": "Font", "Subtype": "Type1", "BaseFont": "Helvetica"}.items()
            }
        )
        fonts = DictionaryObject({NameObject("/F1"): writer._add_object(font)})
        page[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
        stream = DecodedStreamObject()
        stream.set_data(f"BT /F1 12 Tf 20 200 Td ({text}) Tj ET".encode())
        page[NameObject("/Contents")] = writer._add_object(stream.flate_encode() if packed else stream)
    if password:
        writer.encrypt(password)
    written = BytesIO()
    writer.write(written)
    return written.getvalue()


def archive(entries: dict[str, str | bytes]) -> bytes:
    written = BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in entries.items():
            packed.writestr(name, content)
    return written.getvalue()


def docx(body: str, before: str = "", **further: str | bytes) -> bytes:
    """Make a Word document; ``before`` stands before its root element."""
    document = f'<?xml version="1.0"?>{before}<w:document xmlns:w="{WORD}"><w:body>{body}</w:body></w:document>'
    return archive({"word/document.xml": document, **further})


def paragraph(*words: str) -> str:
    return "<w:p>" + "<w:tab/>".join(f"<w:r><w:t>{word}</w:t></w:r>" for word in words) + "</w:p>"
