"""One streamed answer, read from a body: what all wire protocols have in common.

An answer is complete when its finish reason came, whatever happens to the connection afterwards; a body that ends
without one was cut. What comes after the end is ignored.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Protocol

import orjson

from providers import faults
from providers.http import TRANSPORT_ERRORS, drain, pieces
from providers.port import Accepted, Citation, Finished, PromptRead, ProviderError, ReasoningDelta, TextDelta, Writing
from providers.sse import EventParser, UnreadableStreamError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Iterator

    import httpx2

    from providers.port import FinishReason, StreamEvent, Usage
    from providers.sse import Event

logger = logging.getLogger(__name__)

MOST_TOKENS = 1_000_000_000
"""No call uses more; a larger count is nonsense."""

MOST_KEPT_CHARACTERS = 1 << 20
LONGEST_ADDRESS, LONGEST_NAME = 2_000, 300
MOST_PARTS = 128
"""Calls of tools, or signed blocks, of one answer."""


class Answer(Protocol):
    """One wire protocol's reading of its events; raises the port's errors for faults inside the stream."""

    finish: FinishReason | None
    stop_sequence: str
    is_over: bool
    """The terminator came."""

    @property
    def usage(self) -> Usage | None: ...
    def take(self, event: Event) -> Iterator[StreamEvent]: ...


async def read_answer(body: httpx2.Response, answer: Answer, label: str) -> AsyncGenerator[StreamEvent, None]:
    """Turn a body into the port's events, in the port's order; raises StreamInterrupted when it was cut.

    Pieces of text that arrive together come as one.
    """
    if body.headers.get("content-type", "").startswith("text/html"):
        raise faults.wrong_address(label)
    yield Accepted()
    parser, broken = EventParser(), faults.silent
    try:
        async with pieces(body) as chunks:
            async for chunk in _checked(chunks, label):
                for event in _joined(answer, parser.feed(chunk) if chunk else parser.close()):
                    broken = broken if isinstance(event, PromptRead | Writing) else faults.interrupted
                    yield event
                if answer.is_over:
                    await drain(chunks)
                    break
    except TRANSPORT_ERRORS:
        if answer.finish is None:
            raise broken(label) from None
    except UnreadableStreamError as error:
        logger.warning("%s sent a stream that cannot be read: %s", label, error)
        raise faults.unreadable(label) from None
    if answer.finish is None:
        raise broken(label)
    if answer.usage is not None:
        yield answer.usage
    yield Finished(answer.finish, answer.stop_sequence)


def _joined(answer: Answer, events: Iterator[Event]) -> Iterator[StreamEvent]:
    """Read what arrived at once, up to the answer's end; what came before a fault is given before it is raised."""
    kind: type[TextDelta | ReasoningDelta] | None = None
    texts: list[str] = []
    failure: Exception | None = None
    is_writing = False
    try:
        for delta in _taken(answer, events):
            if type(delta) is not kind:
                if kind:
                    yield kind("".join(texts))
                kind = None
                texts = []
            if isinstance(delta, TextDelta | ReasoningDelta):
                kind = type(delta)
                texts.append(delta.text)
            elif not (is_writing and isinstance(delta, Writing)):
                is_writing = is_writing or isinstance(delta, Writing)
                yield delta
    except (ProviderError, UnreadableStreamError) as error:
        failure = error
    if kind:
        yield kind("".join(texts))
    if failure is not None:
        raise failure


def _taken(answer: Answer, events: Iterator[Event]) -> Iterator[StreamEvent]:
    for event in events:
        yield from answer.take(event)
        if answer.is_over:
            return


class Kept:
    """Counts what an answer keeps until a part of it is whole; raises UnreadableStreamError when it is too much."""

    def __init__(self) -> None:
        self._characters = self._parts = 0

    def part(self) -> None:
        self._parts += 1
        if self._parts > MOST_PARTS:
            raise UnreadableStreamError("too many calls or blocks")

    def text(self, text: str) -> str:
        self._characters += len(text)
        if self._characters > MOST_KEPT_CHARACTERS:
            raise UnreadableStreamError("calls or blocks without end")
        return text

    def written(self, document: dict[str, Any]) -> str:
        """Keep what came as an object as JSON."""
        try:
            return self.text(orjson.dumps(document).decode())
        except TypeError:
            raise UnreadableStreamError("an object nested too deep") from None


async def read_whole(body: httpx2.Response, most: int) -> bytes:
    """Read a body that is no stream; raises ValueError when it has more bytes."""
    content = bytearray()
    async with pieces(body) as chunks:
        async for chunk in chunks:
            content += chunk
            if len(content) > most:
                raise ValueError("a body without end")
    return bytes(content)


def as_citation(value: object) -> Iterator[Citation]:
    """Take what should be a source, if it is the address of a page."""
    told = as_object(value)
    url = as_text(told.get("url"))
    if url.startswith(("https://", "http://")) and len(url) <= LONGEST_ADDRESS:
        yield Citation(url, as_text(told.get("title"))[:LONGEST_NAME])


def as_object(value: object) -> dict[str, Any]:
    """Take what should be a JSON object; servers also send null there, and worse."""
    return value if isinstance(value, dict) else {}


def as_text(*values: object) -> str:
    """Take the first text among what should be texts, or nothing."""
    for value in values:
        if isinstance(value, str) and value:
            return value
    return ""


def as_count(value: object) -> int | None:
    """Take what should be a number of tokens; None for anything that cannot be one."""
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    return value if 0 <= value <= MOST_TOKENS else None


def read_list(content: bytes) -> list[dict[str, Any]]:
    """Read the entries with a name from a list of models; raises ValueError, LookupError or TypeError for no list."""
    listed = as_object(orjson.loads(content))["data"]
    if not isinstance(listed, list | None):
        raise TypeError("no list")
    return [one for one in map(as_object, listed or ()) if as_text(one.get("id"))]


def _take(answer: Answer, events: Iterator[Event]) -> tuple[list[StreamEvent], Exception | None]:
    """Take what came in one read, and what broke it off; its words as one: each event costs all who pass it on."""
    told: list[StreamEvent] = []
    try:
        for event in events:
            for delta in answer.take(event):
                last = told[-1] if told else None
                if isinstance(delta, TextDelta) and isinstance(last, TextDelta):
                    told[-1] = TextDelta(last.text + delta.text)
                elif isinstance(delta, ReasoningDelta) and isinstance(last, ReasoningDelta):
                    told[-1] = ReasoningDelta(last.text + delta.text)
                else:
                    told.append(delta)
            if answer.is_over:
                break
    except (ProviderError, UnreadableStreamError) as error:
        return told, error
    return told, None


async def _checked(chunks: AsyncIterator[bytes], label: str) -> AsyncGenerator[bytes, None]:
    """Pass a body on that does not begin as a web page does; an empty piece stands for its end."""
    seen = b""
    async for chunk in chunks:
        if not seen:
            seen = chunk.lstrip()[:1]
            if seen == b"<":
                raise faults.wrong_address(label)
        if chunk:
            yield chunk
    yield b""
