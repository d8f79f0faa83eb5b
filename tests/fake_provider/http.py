"""As much HTTP/1.1 as a fake provider needs, with every byte and every close in its own hands."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

_EXTRA_REASONS = {529: "Overloaded"}


@dataclass(frozen=True)
class HttpRequest:
    method: str
    path: str
    headers: dict[str, str]
    content: bytes

    def json(self) -> dict[str, Any]:
        try:
            document = json.loads(self.content or b"{}")
        except ValueError:
            document = {}
        return document if isinstance(document, dict) else {}


class Connection(asyncio.Protocol):
    """One client. A request is handled in a task of its own, which is cancelled when the client goes."""

    def __init__(
        self,
        handle: Callable[[Connection, HttpRequest], Awaitable[None]],
        opened: Callable[[Connection], None],
        lost: Callable[[Connection], None],
    ) -> None:
        self._handle = handle
        self._opened = opened
        self._lost = lost
        self.is_dead = False
        """Whether the next request is met with a close."""
        self._buffer = b""
        self._task: asyncio.Task[None] | None = None
        self._writable = asyncio.Event()
        self._writable.set()

    # The transport's side

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._opened(self)
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        self._next_request()

    def connection_lost(self, exc: Exception | None) -> None:
        self._lost(self)
        self._writable.set()
        if self._task:
            self._task.cancel()

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    # The request

    def _next_request(self) -> None:
        head, separator, rest = self._buffer.partition(b"\r\n\r\n")
        if not separator or self._task:
            return
        first, *lines = head.decode("latin-1").split("\r\n")
        pairs = (line.partition(":") for line in lines)
        headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
        length = int(headers.get("content-length", 0))
        if len(rest) < length:
            return
        method, path, _ = first.split(" ", 2)
        if self.is_dead:
            self.close()
            return
        self._buffer = rest[length:]
        request = HttpRequest(method, path, headers, rest[:length])
        self._task = asyncio.get_running_loop().create_task(self._run(request))

    async def _run(self, request: HttpRequest) -> None:
        await self._handle(self, request)
        self._task = None
        if not self._transport.is_closing():
            self._next_request()

    # The answer

    async def send(self, status: int, content: bytes, **headers: str) -> None:
        headers.setdefault("content_type", "application/json")
        headers["content_length"] = str(len(content))
        self._head(status, headers)
        await self._write(content)

    async def send_json(self, status: int, document: Any, **headers: str) -> None:
        await self.send(status, json.dumps(document, ensure_ascii=False).encode(), **headers)

    def begin_stream(self) -> None:
        headers = {"content_type": "text/event-stream; charset=utf-8", "transfer_encoding": "chunked"}
        self._head(200, headers)

    async def write_body(self, data: bytes, size: int = 0) -> None:
        """Write one piece of a streamed body, ``size`` bytes at a time."""
        for start in range(0, len(data), size or len(data)):
            part = data[start : start + (size or len(data))]
            await self._write(b"%x\r\n%b\r\n" % (len(part), part))

    def end_stream(self) -> None:
        self._transport.write(b"0\r\n\r\n")

    def close(self) -> None:
        self._transport.close()

    def abort(self) -> None:
        """Close with RST, as a crashed process or an impatient firewall does."""
        linger = struct.pack("ii", 1, 0)
        self._transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self._transport.abort()

    def _head(self, status: int, headers: dict[str, str]) -> None:
        known = {one.value: one.phrase for one in HTTPStatus} | _EXTRA_REASONS
        lines = [f"HTTP/1.1 {status} {known.get(status, 'Unknown')}"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        self._transport.write("\r\n".join([*lines, "", ""]).encode("latin-1"))

    async def _write(self, data: bytes) -> None:
        self._transport.write(data)
        await asyncio.sleep(0)
        await self._writable.wait()
