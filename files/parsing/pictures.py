"""Pictures: decoded and written anew, so that nothing of the file itself is kept, least of all who made it where."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING

from PIL import Image

from files.parsing.limits import MEGABYTE, MOST_PIXELS, Unreadable, gettext_noop

if TYPE_CHECKING:
    from typing import BinaryIO

FORMATS = ("PNG", "JPEG", "GIF", "WEBP")
LONGEST_SIDE = 2048
"""Pixels; models look at no more, and scale down what is larger."""

THUMBNAIL_SIDE = 512
LARGEST_WRITTEN = 3 * MEGABYTE
"""Providers refuse pictures of more than 5 MB in base64."""

PNG, JPEG = "image/png", "image/jpeg"
_QUALITY = 88
_ORIENTATION = 0x0112
"""Where EXIF says how a camera was held."""

_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_SCAN, _END, _JFIF, _JFIF_LENGTH = b"\xff\xda", b"\xff\xd9", b"\xff\xe0", 16
_DRAWING = frozenset({_JFIF, b"\xff\xdb", b"\xff\xc0", b"\xff\xc4"})
"""The parts of a JPEG before its pixels: its format, tables and size."""

_FIRST_FRAME = gettext_noop("Only the first picture of the animation is used.")


@dataclass(frozen=True, slots=True)
class Picture:
    """What is kept of a picture: as the model sees it, and small."""

    media_type: str
    width: int
    height: int
    data: bytes
    thumbnail: bytes
    note: str = ""


def read_picture(source: BinaryIO) -> Picture:
    """Decode a picture and write it anew; raises Unreadable."""
    Image.MAX_IMAGE_PIXELS = None  # ours is stricter than Pillow's, which only warns at first
    whole = source.read()
    source.seek(0)
    try:
        with Image.open(source, formats=FORMATS) as opened:
            _require_small(opened)
            is_photograph = opened.format == "JPEG"
            is_ours = is_photograph and _is_as_written(opened, whole)
            note = _FIRST_FRAME if getattr(opened, "n_frames", 1) > 1 else ""
            shown = _upright(opened)
    except (Unreadable, MemoryError):
        raise
    except Exception:  # noqa: BLE001 - whatever a broken file makes Pillow raise
        raise Unreadable(gettext_noop("%(name)s could not be read as a picture. It may be damaged.")) from None
    media_type, data = (JPEG, whole) if is_ours else _written(shown, is_photograph=is_photograph)
    return Picture(media_type, shown.width, shown.height, data, _thumbnail(shown), note)


def _require_small(opened: Image.Image) -> None:
    """Look at the size before a pixel is decoded."""
    if opened.width * opened.height > MOST_PIXELS:
        raise Unreadable(gettext_noop("%(name)s has more than 40 million pixels. Make it smaller, then try again."))


def _is_as_written(opened: Image.Image, whole: bytes) -> bool:
    """Tell whether a JPEG is one that was written here: it is kept as it is, since each writing loses a little.

    It has our size and our tables, and between its beginning and its end nothing but what draws it.
    """
    ours = Image.open(BytesIO(_encode(Image.new("RGB", (8, 8)), "JPEG", quality=_QUALITY)))
    has_our_tables = getattr(opened, "quantization", None) == getattr(ours, "quantization", None)
    if not has_our_tables or opened.mode != "RGB" or max(opened.size) > LONGEST_SIDE:
        return False
    place = 2
    while (marker := whole[place : place + 2]) != _SCAN:
        length = int.from_bytes(whole[place + 2 : place + 4], "big")
        if marker not in _DRAWING or (marker == _JFIF and length != _JFIF_LENGTH):
            return False
        place += 2 + length
    return whole.find(_END, place) == len(whole) - len(_END)


def _upright(opened: Image.Image) -> Image.Image:
    """Give the pixels alone, the right way up, and no more of them than models look at."""
    turn = _TURNS.get(opened.getexif().get(_ORIENTATION, 1))
    opened.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
    mode = "RGBA" if opened.has_transparency_data else "RGB"
    opened.load()
    plain = opened if opened.mode == mode else opened.convert(mode)
    if (factor := max(opened.size) // LONGEST_SIDE) > 1:
        plain = plain.reduce(factor)  # takes less memory than doing it all at once
    plain.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    bare = Image.new(plain.mode, plain.size)
    bare.paste(plain)
    return bare if turn is None else bare.transpose(turn)


def _written(shown: Image.Image, *, is_photograph: bool) -> tuple[str, bytes]:
    """Write a photograph as JPEG and anything else as PNG, which every server understands; a huge PNG as JPEG, too."""
    if not is_photograph:
        data = _encode(shown, "PNG")
        if len(data) <= LARGEST_WRITTEN:
            return PNG, data
    return JPEG, _encode(_on_white(shown), "JPEG", quality=_QUALITY)


def _thumbnail(shown: Image.Image) -> bytes:
    small = _on_white(shown)
    small.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE))
    return _encode(small, "JPEG", quality=_QUALITY)


def _on_white(shown: Image.Image) -> Image.Image:
    if shown.mode != "RGBA":
        return shown.copy()
    ground = Image.new("RGB", shown.size, "white")
    ground.paste(shown, mask=shown.getchannel("A"))
    return ground


def _encode(shown: Image.Image, name: str, **options: object) -> bytes:
    written = BytesIO()
    shown.save(written, name, **options)
    return written.getvalue()
