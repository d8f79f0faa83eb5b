"""From the text of a frame to a command; nothing that a browser may send gets past here in another shape."""

from __future__ import annotations

from types import NoneType
from typing import TYPE_CHECKING, Any, get_args
from uuid import UUID

import orjson
from django.utils.translation import gettext as _

from chatproject.errors import BadRequest
from conversations.protocol import COMMANDS, FIELDS, MAX_FRAME_BYTES, REQUIRED
from conversations.text import is_storable

if TYPE_CHECKING:
    from conversations.protocol import Command

_LENGTHS = {"client_id": (1, 64), "model": (0, 200)}


class RejectedFrame(BadRequest):
    """A frame that is no command; ``client_id`` is what could still be read of it."""

    def __init__(self, message: str, client_id: str | None = None) -> None:
        super().__init__(message)
        self.client_id = client_id


def parse(text: str) -> Command:
    """Read a command; raises :class:`RejectedFrame` with a sentence for whatever is wrong with it."""
    if len(text) > MAX_FRAME_BYTES or len(text.encode(errors="surrogatepass")) > MAX_FRAME_BYTES:
        raise RejectedFrame(_("That was too large to send: at most 1 MiB at once."))
    try:
        data = orjson.loads(text)
    except (orjson.JSONDecodeError, UnicodeEncodeError):
        raise RejectedFrame(_("That could not be read: it is not valid JSON.")) from None
    if not isinstance(data, dict):
        raise RejectedFrame(_("A frame is a JSON object."))
    client_id = data.get("client_id")
    known_id = client_id if isinstance(client_id, str) and len(client_id) <= _LENGTHS["client_id"][1] else None
    try:
        return _command(data)
    except BadRequest as error:
        raise RejectedFrame(error.message, known_id) from None


def _command(data: dict[str, Any]) -> Command:
    kind = data.pop("type", None)
    shape = COMMANDS.get(kind) if isinstance(kind, str) else None
    if shape is None:
        raise BadRequest(_("This kind of frame is not known."))
    hints = FIELDS[shape.type]
    if missing := REQUIRED[shape.type] - data.keys():
        raise BadRequest(f"{shape.type} needs {', '.join(sorted(missing))}.")
    if data.keys() - hints.keys():
        raise BadRequest(f"{shape.type} has only the fields {', '.join(sorted(hints)) or 'type'}.")
    return shape(**{name: _value(name, value, hints[name]) for name, value in data.items()})


def _value(name: str, value: object, hint: Any) -> object:
    options = get_args(hint) or (hint,)
    if value is None and NoneType in options:
        return None
    if hint == list[UUID]:
        return [_uuid(name, item) for item in _items(name, value)]
    if hint == tuple[str, ...]:
        return tuple(_value("model", item, str) for item in _items(name, value))
    if UUID in options:
        return _uuid(name, value)
    if hint is bool:
        if not isinstance(value, bool):
            raise BadRequest(f"{name} must be true or false.")
        return value
    if not isinstance(value, str):
        raise BadRequest(f"{name} must be a text.")
    low, high = _LENGTHS.get(name, (0, len(value)))
    if not low <= len(value) <= high or (name in _LENGTHS and not is_storable(value)):
        raise BadRequest(f"{name} must have {low} to {high} characters, and none that cannot be stored.")
    return value


def _items(name: str, value: object) -> list[object]:
    if not isinstance(value, list):
        raise BadRequest(f"{name} must be a list.")
    return value


def _uuid(name: str, value: object) -> UUID:
    try:
        return UUID(value) if isinstance(value, str) else UUID("")
    except ValueError:
        raise BadRequest(f"{name} is not an id.") from None
