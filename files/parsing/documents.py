"""The text of documents. What is too long is cut, and the note says so."""

from __future__ import annotations

import stat
import zipfile
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING
from xml.parsers import expat

from files.parsing.limits import (
    LARGEST_UNPACKED,
    LONGEST_TEXT,
    MOST_ENTRIES,
    MOST_PAGES,
    Unreadable,
    gettext_noop,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import BinaryIO

    from pypdf import PdfReader

CHUNK = 1 << 16
_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_STRICT_WORD = "http://purl.oclc.org/ooxml/wordprocessingml/main"
_MARKS = {"tab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}
_CUT = gettext_noop("Only its first 200,000 characters are used.")
_EMPTY = gettext_noop("%(name)s has no text that could be read. A scan has to be attached as pictures.")


@dataclass(frozen=True, slots=True)
class Document:
    text: str
    note: str = ""


class _Full(Exception):
    """There is more than is kept."""


class _Gathered:
    """Text as it comes; raises _Full when there is enough of it."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._room = LONGEST_TEXT

    def add(self, text: str) -> None:
        self._parts.append(text[: self._room])
        self._room -= len(text)
        if self._room < 0:
            raise _Full

    @property
    def text(self) -> str:
        return "".join(self._parts)


def _document(gathered: _Gathered, *, is_cut: bool) -> Document:
    text = gathered.text.replace("\0", "").strip()
    if not text:
        raise Unreadable(_EMPTY)
    return Document(text, _CUT if is_cut else "")


def read_text(source: BinaryIO) -> Document:
    """Read plain text: Unicode, or what Windows wrote before it."""
    data = source.read()
    text = _decode(data).replace("\r\n", "\n").replace("\r", "\n")
    if "\0" in text:
        raise Unreadable(gettext_noop("%(name)s is not a text."))
    gathered = _Gathered()
    try:
        gathered.add(text)
    except _Full:
        return _document(gathered, is_cut=True)
    return _document(gathered, is_cut=False)


def _decode(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        names: Iterable[str] = ("utf-16",)
    else:
        names = ("utf-8-sig", "cp1252")
    for name in names:
        try:
            return data.decode(name)
        except UnicodeDecodeError:
            continue
    raise Unreadable(gettext_noop("%(name)s is not a text."))


def read_pdf(source: BinaryIO) -> Document:
    """Read the text of a PDF page by page; pictures in it are not looked at."""
    from pypdf import PdfReader  # noqa: PLC0415 - only who reads a PDF waits for it

    gathered, is_cut = _Gathered(), False
    try:
        reader = PdfReader(source)
        _require_open(reader)
        for page in islice(reader.pages, MOST_PAGES):
            gathered.add(page.extract_text() + "\n\n")
        is_cut = len(reader.pages) > MOST_PAGES
    except _Full:
        is_cut = True
    except (Unreadable, MemoryError):
        raise
    except Exception:  # noqa: BLE001 - whatever a broken file makes pypdf raise
        raise Unreadable(gettext_noop("%(name)s could not be read as a PDF. It may be damaged.")) from None
    return _document(gathered, is_cut=is_cut)


def _require_open(reader: PdfReader) -> None:
    if reader.is_encrypted and not reader.decrypt(""):
        raise Unreadable(gettext_noop("%(name)s is locked with a password. Take it off, then attach it again."))


def read_docx(source: BinaryIO) -> Document:
    """Read the words of a Word document: paragraphs, tabs, and the cells of tables."""
    gathered, is_cut = _Gathered(), False
    try:
        with zipfile.ZipFile(source) as archive:
            _require_harmless(archive)
            _read_words(archive, gathered)
    except _Full:
        is_cut = True
    except Unreadable:
        raise
    except (
        zipfile.BadZipFile,
        expat.ExpatError,
        KeyError,
        OSError,
        EOFError,
        ValueError,
        NotImplementedError,
        RuntimeError,
    ):
        raise Unreadable(gettext_noop("%(name)s could not be read as a Word document. It may be damaged.")) from None
    return _document(gathered, is_cut=is_cut)


def _require_harmless(archive: zipfile.ZipFile) -> None:
    entries = archive.infolist()
    if len(entries) > MOST_ENTRIES or sum(entry.file_size for entry in entries) > LARGEST_UNPACKED:
        raise Unreadable(gettext_noop("%(name)s unpacks to more than is taken."))
    if any(stat.S_ISLNK(entry.external_attr >> 16) for entry in entries):
        raise Unreadable(gettext_noop("%(name)s holds links, which no document needs."))


def _read_words(archive: zipfile.ZipFile, gathered: _Gathered) -> None:
    """Parse the body as it is unpacked; what it says of its own size is not believed."""
    parser = _words_parser(gathered)
    unpacked = 0
    with archive.open("word/document.xml") as body:
        while chunk := body.read(CHUNK):
            unpacked += len(chunk)
            if unpacked > LARGEST_UNPACKED:
                raise Unreadable(gettext_noop("%(name)s unpacks to more than is taken."))
            parser.Parse(chunk, False)  # noqa: FBT003 - expat takes no names
    parser.Parse(b"", True)  # noqa: FBT003 - likewise


def _words_parser(gathered: _Gathered) -> expat.XMLParserType:
    parser = expat.ParserCreate(namespace_separator=" ")
    in_text = 0

    def local(name: str) -> str:
        space, _colon, tag = name.rpartition(" ")
        return tag if space in {_WORD, _STRICT_WORD} else ""

    def start(name: str, _attributes: object) -> None:
        nonlocal in_text
        tag = local(name)
        in_text += tag == "t"
        if mark := _MARKS.get(tag):
            gathered.add(mark)

    def end(name: str) -> None:
        nonlocal in_text
        tag = local(name)
        in_text -= tag == "t"
        if tag == "p":
            gathered.add("\n")
        elif tag == "tc":
            gathered.add("\t")

    def words(text: str) -> None:
        if in_text:
            gathered.add(text)

    def refuse(*_: object) -> None:
        raise Unreadable(gettext_noop("%(name)s declares entities, which no document needs."))

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = words
    parser.StartDoctypeDeclHandler = refuse
    return parser
