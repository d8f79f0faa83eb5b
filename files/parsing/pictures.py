"""Pictures: decoded and written anew, so that nothing of the file itself is kept, least of all who made it where."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING

from PIL import Image

from files.parsing.limits import MEGABYTE, MOST_PIXELS, Unreadable

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
_FIRST_FRAME = "Only the first picture of the animation is used."


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
    try:
        with Image.open(source, formats=FORMATS) as opened:
            _require_small(opened)
            is_photograph = opened.format == "JPEG"
            note = _FIRST_FRAME if getattr(opened, "n_frames", 1) > 1 else ""
            shown = _upright(opened)
    except (Unreadable, MemoryError):
        raise
    except Exception:  # noqa: BLE001 - whatever a broken file makes Pillow raise
        raise Unreadable("could not be read as a picture. It may be damaged.") from None
    media_type, data = _written(shown, is_photograph=is_photograph)
    return Picture(media_type, shown.width, shown.height, data, _thumbnail(shown), note)


def _require_small(opened: Image.Image) -> None:
    """Look at the size before a pixel is decoded."""
    if opened.width * opened.height > MOST_PIXELS:
        raise Unreadable("has more than 40 million pixels. Make it smaller, then try again.")


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
