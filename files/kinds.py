"""What kinds of files are taken: the name's ending and the first bytes have to agree."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

from django.utils.translation import gettext as _

from chatproject.errors import BadRequest
from files.models import NAME_LENGTH, Kind

Format = Literal["picture", "text", "pdf", "docx"]
"""How a file is read."""

HEAD = 16
"""Bytes that tell a file's kind."""

_PICTURES = {
    "png": re.compile(rb"\x89PNG\r\n\x1a\n"),
    "jpg": re.compile(rb"\xff\xd8\xff"),
    "jpeg": re.compile(rb"\xff\xd8\xff"),
    "gif": re.compile(rb"GIF8[79]a"),
    "webp": re.compile(rb"RIFF....WEBP", re.DOTALL),
}
_PDF = re.compile(rb"%PDF-")
_ZIP = re.compile(rb"PK\x03\x04")
_BINARY = (*_PICTURES.values(), _PDF, _ZIP)
_DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

_TEXTS = frozenset(
    """
    txt text md markdown rst adoc org tex bib log csv tsv json jsonl ndjson yaml yml toml ini cfg conf env properties
    xml html htm css scss sass less js mjs cjs jsx ts tsx vue svelte py pyi pyw ipynb rb php pl pm lua r jl java kt kts
    scala groovy gradle clj cljs ex exs erl hrl hs elm ml mli fs fsx cs vb swift go rs zig nim d dart c h cc cpp cxx hh
    hpp hxx asm s sh bash zsh fish bat cmd ps1 sql graphql gql proto thrift tf hcl nix cmake mk diff patch srt vtt
    """.split()  # noqa: SIM905 - a list of a hundred quoted endings would be harder to read
)
_NAMED_TEXTS = frozenset({"dockerfile", "makefile", "license", "readme", "gemfile", "rakefile", "procfile"})
THUMBNAIL = "image/jpeg"
PLAIN_TEXT = "text/plain; charset=utf-8"

LONGEST_ENDING = 20
_RESERVED = re.compile(r"[:*?\"<>|]")
"""What some system does not take in a name."""

_STACKED = re.compile(
    r"([\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u20d0-\u20ff]{2})[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u20d0-\u20ff]+"
)
"""Marks above a letter, more than any language writes."""


@dataclass(frozen=True, slots=True)
class FileKind:
    """How a file is read and how it is given back; a picture's type is decided when it is written anew."""

    kind: Kind
    format: Format
    media_type: str


def find_kind(name: str, head: bytes) -> FileKind:
    """Tell the kind of a file by its name and its first bytes; raises BadRequest where they do not agree."""
    stem, dot, ending = name.lower().rpartition(".")
    ending = ending if dot and stem else ""
    if ending in _PICTURES:
        _require(_PICTURES[ending].match(head), name)
        return FileKind(Kind.PICTURE, "picture", "")
    if ending == "pdf":
        _require(_PDF.match(head), name)
        return FileKind(Kind.DOCUMENT, "pdf", "application/pdf")
    if ending == "docx":
        _require(_ZIP.match(head), name)
        return FileKind(Kind.DOCUMENT, "docx", _DOCX)
    if ending in _TEXTS or name.lower() in _NAMED_TEXTS:
        _require(not any(binary.match(head) for binary in _BINARY), name)
        return FileKind(Kind.DOCUMENT, "text", PLAIN_TEXT)
    raise BadRequest(
        _("%(name)s is of a kind that cannot be attached. Pictures, PDF, Word (docx), text and code can.")
        % {"name": name}
    )


def name_as(name: str, called: str) -> str:
    """Let a name end as the file it names does; a picture may have the ending of another picture, which it was."""
    stem, dot, ending = called.lower().rpartition(".")
    own = name.lower().rpartition(".")[2]
    if not dot or not stem or own == ending or {own, ending} <= _PICTURES.keys():
        return name
    return clean_name(f"{name}.{ending}")


def _require(agrees: object, name: str) -> None:
    if not agrees:
        raise BadRequest(_("%(name)s is not what its name says it is. It was not attached.") % {"name": name})


def clean_name(given: str) -> str:
    """Make a name that is safe to show and to save under: one line, no path, nothing unseen, not too long."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", given[-4 * NAME_LENGTH :]))[-1]
    seen = "".join(one for one in last if unicodedata.category(one)[0] != "C")
    plain = " ".join(_RESERVED.sub("_", _STACKED.sub(r"\1", seen)).split()).strip(". ")
    stem, dot, ending = plain.rpartition(".")
    if dot and len(ending) < LONGEST_ENDING:
        return f"{stem[: NAME_LENGTH - len(ending) - 1] or 'file'}.{ending}"
    return plain[:NAME_LENGTH] or "file"
