"""The socket below its frames, the same on both servers."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from conversations.protocol import MAX_FRAME_BYTES
from tests.support.server import on_both_servers

if TYPE_CHECKING:
    from tests.support.server import Server

pytestmark = pytest.mark.once

TOO_LARGE = 1009


@on_both_servers
async def test_nothing_is_compressed(server: Server) -> None:
    alice = server.sign_up()
    url = f"ws://127.0.0.1:{server.port}/ws/chat/"
    headers = {"Cookie": alice.cookie}
    async with connect(url, origin=server.origin, additional_headers=headers, compression="deflate") as line:  # type: ignore[arg-type]
        assert line.response is not None
        assert "Sec-WebSocket-Extensions" not in line.response.headers
        assert "Server" not in line.response.headers


@on_both_servers
async def test_frame_over_the_limit_is_refused_in_words(server: Server) -> None:
    async with server.connect(server.sign_up()) as socket:
        await socket.send("ping", text="x" * (MAX_FRAME_BYTES + 1))
        refusal = await socket.receive("error")
        assert refusal["code"] == "bad_request"


@on_both_servers
async def test_frame_far_over_the_limit_ends_only_its_socket(server: Server) -> None:
    alice = server.sign_up()
    async with server.connect(alice) as witness:
        async with server.connect(alice) as socket:
            with suppress(ConnectionClosed):  # it may hang up while we are still sending
                await socket.send("ping", text="x" * (3 * MAX_FRAME_BYTES))
            assert await socket.receive_close() == TOO_LARGE
        await witness.send("ping")
        assert (await witness.receive("pong"))["type"] == "pong"


@on_both_servers
@pytest.mark.parametrize("data", [b"\xff\xfe binary", b"{}"])
async def test_binary_frames_are_answered_or_refused(server: Server, data: bytes) -> None:
    async with server.connect(server.sign_up()) as socket:
        await socket.connection.send(data)
        assert (await socket.receive("error"))["code"] == "bad_request"


@on_both_servers
async def test_idle_socket_is_still_there(server: Server) -> None:
    async with server.connect(server.sign_up()) as socket:
        # Longer than the five seconds after which some Redis clients take a quiet connection for a dead one.
        with pytest.raises(TimeoutError):
            await socket.receive_close(within=6)
        await socket.send("ping")
        await socket.receive("pong")
