"""A tab's line to the server, over the ``websockets`` library."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any, Self
from uuid import uuid4

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from websockets.typing import Origin

Frame = dict[str, Any]
PATIENCE = 60.0
"""Seconds to wait where nothing else is said: a busy machine is no failure."""


class ChatSocket:
    """``async with server.connect(person) as socket``: open, and greeted by ``hello``.

    ``receive(type)`` gives the next frame of that type, in order of arrival; frames of other types are kept for later
    calls. ``frames`` is everything that ever arrived. Each wait has a time limit and fails with what had arrived.
    """

    def __init__(self, url: str, origin: str | None, headers: dict[str, str]) -> None:
        self._url = url
        self._origin = origin
        self._headers = headers
        self._waiting: list[Frame] = []
        self.frames: list[Frame] = []
        self.close_code: int | None = None

    async def open(self) -> None:
        """Open without waiting for ``hello``; a refusal raises ``websockets.exceptions.InvalidStatus``."""
        origin: Any = self._origin
        self.connection: ClientConnection = await connect(
            self._url,
            origin=_as_origin(origin),
            additional_headers=self._headers,
            compression=None,
            max_size=None,
            proxy=None,
            open_timeout=20,
        )

    async def close(self) -> None:
        await self.connection.close()

    async def __aenter__(self) -> Self:
        await self.open()
        self.hello = await self.receive("hello")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def send(self, type: str, **fields: Any) -> None:  # noqa: A002 - the frame's own name
        """Send a frame; UUIDs may be given as they are."""
        await self.connection.send(json.dumps({"type": type, **fields}, default=str))

    async def send_text(self, text: str) -> None:
        """Send anything, also what is no frame."""
        await self.connection.send(text)

    async def ask(self, text: str, model: str, *, conversation: Any = None, parent: Any = None) -> Frame:
        """Send a message and give its ``message.accepted``; a refusal fails at once with its sentence."""
        client_id = uuid4().hex
        fields = {"client_id": client_id, "conversation": conversation, "parent": parent, "attachments": []}
        await self.send("message.send", text=text, model=model, **fields)
        answer = await self.receive(where=lambda frame: frame.get("client_id") == client_id)
        assert answer["type"] == "message.accepted", answer
        return answer

    async def receive(
        self,
        type: str | None = None,  # noqa: A002 - the frame's own name
        *,
        where: Callable[[Frame], bool] | None = None,
        within: float = PATIENCE,
    ) -> Frame:
        """Give the next frame of this type (any without one) that ``where`` accepts."""

        def fits(frame: Frame) -> bool:
            return type in (None, frame["type"]) and (where is None or where(frame))

        for frame in self._waiting:
            if fits(frame):
                self._waiting.remove(frame)
                return frame
        try:
            async with asyncio.timeout(within):
                while not fits(frame := await self._next()):
                    self._waiting.append(frame)
                return frame
        except TimeoutError:
            arrived = [frame["type"] for frame in self.frames]
            raise AssertionError(f"no {type or 'frame'} within {within} s; there were {arrived}") from None

    async def receive_close(self, *, within: float = PATIENCE) -> int | None:
        """Wait until the server closes; return its code."""
        try:
            async with asyncio.timeout(within):
                while True:
                    self._waiting.append(await self._next())
        except ConnectionClosed:
            return self.connection.close_code

    async def _next(self) -> Frame:
        frame: Frame = json.loads(await self.connection.recv())
        self.frames.append(frame)
        return frame


def _as_origin(origin: Any) -> Origin | None:
    return origin  # type: ignore[no-any-return] # a NewType of str
