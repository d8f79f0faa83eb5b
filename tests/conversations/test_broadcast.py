"""The hub, and a channel layer that is away."""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING, Any

import pytest

from conversations import broadcast
from conversations.protocol import Pong

if TYPE_CHECKING:
    from collections.abc import Iterator


class Listener:
    def __init__(self) -> None:
        self.heard: list[str] = []

    def deliver(self, text: str, replaces: str) -> None:
        self.heard.append(text)

    def check_session(self) -> None:
        raise AssertionError("nobody signed out")


@pytest.fixture
def silent_redis(settings: Any) -> Iterator[None]:
    """Give a Redis that takes connections and answers nothing."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listening:
        settings.REDIS_URL = f"redis://127.0.0.1:{listening.getsockname()[1]}"
        layer = {"BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer", "CONFIG": {"hosts": [settings.REDIS_URL]}}
        settings.CHANNEL_LAYERS = {"default": layer}
        yield


async def test_layer_that_stays_away_holds_up_one_answer_and_not_all(
    silent_redis: None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(broadcast, "PUBLISH_TIMEOUT", 0.1)
    monkeypatch.setattr(broadcast, "RECONNECT_DELAY", 0.0)
    hub, listener = broadcast.Hub(), Listener()
    await hub.join("talk", listener)
    await hub.send("talk", Pong())
    caplog.clear()
    await asyncio.gather(*(hub.send("talk", Pong()) for _ in range(20)))
    tries = [record for record in caplog.records if "The channel layer is away" in record.message]
    assert (len(listener.heard), len(tries)) == (21, 1)
