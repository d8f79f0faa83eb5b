"""Who may open the socket at all: people who are signed in, from pages of ours, on both servers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from websockets.exceptions import InvalidStatus

from tests.support.server import on_both_servers

if TYPE_CHECKING:
    from tests.support.server import Server
    from tests.support.socket import ChatSocket

pytestmark = pytest.mark.once

FOREIGN = {
    "another site": "https://evil.example",
    "null": "null",
    "a name that begins like ours": "http://127.0.0.1.evil.example:{port}",
    "a name that ends like ours": "http://evil-127.0.0.1:{port}",
    "another port": "http://127.0.0.1:1",
    "no port": "http://127.0.0.1",
    "another scheme": "https://127.0.0.1:{port}",
    "a user name before ours": "http://evil@127.0.0.1:{port}",
    "ours as a user name": "http://127.0.0.1:{port}@evil.example",
    "a path after ours": "http://127.0.0.1:{port}/evil",
}
MALFORMED = ("http://127.0.0.1:{port}, https://evil.example", "http://[evil", " ")


async def refusal(socket: ChatSocket) -> int:
    with pytest.raises(InvalidStatus) as refused:
        await socket.open()
    return refused.value.response.status_code


@on_both_servers
@pytest.mark.parametrize("kind", FOREIGN)
async def test_foreign_origin_is_refused_before_accept(server: Server, kind: str) -> None:
    alice = server.sign_up()
    origin = FOREIGN[kind].format(port=server.port)
    assert await refusal(server.connect(alice, origin=origin)) == 403


@on_both_servers
@pytest.mark.parametrize("origin", MALFORMED)
async def test_malformed_origin_is_refused_before_accept(server: Server, origin: str) -> None:
    alice = server.sign_up()
    assert await refusal(server.connect(alice, origin=origin.format(port=server.port))) in {400, 403}


@on_both_servers
async def test_missing_origin_is_refused(server: Server) -> None:
    assert await refusal(server.connect(server.sign_up(), origin=None)) == 403


@on_both_servers
async def test_own_origins_are_welcome_under_every_loopback_name(server: Server) -> None:
    alice = server.sign_up()
    for name in ("127.0.0.1", "localhost", "[::1]"):
        async with server.connect(alice, origin=f"http://{name}:{server.port}") as socket:
            assert socket.hello["user"] == str(alice.user_id)


@on_both_servers
async def test_strangers_are_refused_before_accept(server: Server) -> None:
    assert await refusal(server.connect(None)) == 403


@on_both_servers
async def test_other_socket_addresses_are_refused(server: Server) -> None:
    alice = server.sign_up()
    errors_before = server.log.count("Traceback")
    assert await refusal(server.connect(alice, path="/ws/other/")) == 403
    assert server.log.count("Traceback") == errors_before
