r"""Server-sent events, as model servers send them.

The bytes are split on ``\n`` and nothing else: JSON may carry U+2028 and its kin unescaped, and a character may arrive
in two reads. Nothing is kept beyond one event of at most 1 MiB.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_EVENT_BYTES = 1 << 20
MAX_UNREADABLE_EVENTS = 3

DONE = "[DONE]"
"""The name given to the event that ends a Chat Completions stream."""


class Event(NamedTuple):
    name: str
    data: dict[str, Any]


class UnreadableStreamError(Exception):
    """What arrives is no event stream with JSON in it; the message says why, for the log."""


class EventParser:
    """Feed it bytes as they arrive; it gives the events whose data is a JSON object, or :data:`DONE`."""

    def __init__(self) -> None:
        self._rest = bytearray()
        self._name = ""
        self._data = bytearray()
        self._has_data = False
        self._unreadable = 0

    def feed(self, chunk: bytes) -> Iterator[Event]:
        self._rest += chunk
        self._check_size(self._rest)
        if b"\n" not in chunk:
            return
        *lines, self._rest = self._rest.split(b"\n")
        for line in lines:
            if event := self._line(line):
                yield event

    def close(self) -> Iterator[Event]:
        """Take the end of the body as the end of the last line and event, too."""
        for line in (self._rest, bytearray()):
            if event := self._line(line):
                yield event

    def _line(self, line: bytearray) -> Event | None:
        """Take a line; an empty one ends an event."""
        if line.endswith(b"\r"):
            del line[-1]
        if not line:
            return self._dispatch()
        if line.startswith(b"data:"):
            data = line[6:] if line.startswith(b"data: ") else line[5:]
            self._data = self._data + b"\n" + data if self._has_data else data
            self._has_data = True
            self._check_size(self._data)
        elif line.startswith(b"event:"):
            self._name = line[6:].strip().decode("utf-8", "replace")
        return None

    def _dispatch(self) -> Event | None:
        name, data = self._name, self._data
        self._name, self._data, self._has_data = "", bytearray(), False
        if data == b"[DONE]":
            return Event(DONE, {})
        document = self._decode(data) if data else None
        return Event(name, document) if isinstance(document, dict) else None

    def _decode(self, data: bytearray) -> object:
        try:
            return orjson.loads(data)
        except orjson.JSONDecodeError:
            return self._decode_leniently(data)

    def _decode_leniently(self, data: bytearray) -> object:
        """Accept halves of surrogate pairs and broken UTF-8, each as U+FFFD; count what is no JSON at all."""
        try:
            loaded = json.dumps(json.loads(data.decode("utf-8", "replace")), ensure_ascii=False)
            return orjson.loads(loaded.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))
        except (ValueError, RecursionError):
            self._unreadable += 1
            if self._unreadable >= MAX_UNREADABLE_EVENTS:
                raise UnreadableStreamError("too many events that are no JSON") from None
            return None

    def _check_size(self, part: bytearray) -> None:
        if len(part) > MAX_EVENT_BYTES:
            raise UnreadableStreamError("an event of more than 1 MiB")
