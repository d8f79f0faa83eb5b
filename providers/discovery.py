"""Looking for a model server on this machine."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from providers.port import ProviderConfig, ProviderError
from providers.registry import make_provider, warm
from providers.timeouts import Limits

if TYPE_CHECKING:
    from collections.abc import Collection

USUAL_PORTS = {11434: "Ollama", 8080: "llama.cpp", 8000: "vLLM", 1234: "LM Studio"}
"""Where these servers listen when nobody says otherwise, the likeliest first."""

CONNECT_SECONDS = 0.4
LIST_SECONDS = 3.0
"""Some load half a library when they are first asked for their models."""


async def discover_local(*, own_port: int | None = None, ports: Collection[int] | None = None) -> list[str]:
    """Ask the usual loopback ports for a list of models; the base URLs that gave one, in order.

    Where nothing listens this takes no time; something that listens and is silent is given up after a few seconds.
    ``own_port`` is the port of this site, which is never asked.
    """
    asked = [port for port in ports or USUAL_PORTS if port != own_port]
    found = await asyncio.gather(*(_answers(port) for port in asked))
    return [_base_url(port) for port, answers in zip(asked, found, strict=True) if answers]


async def _answers(port: int) -> bool:
    # A closed port answers at once; only what listens is worth the loading of a client.
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    await warm(["openai"])
    config = ProviderConfig("local", "openai", "Local", _base_url(port))
    try:
        async with asyncio.timeout(LIST_SECONDS):
            return bool(await make_provider(config, Limits(connect=CONNECT_SECONDS)).list_models())
    except (ProviderError, TimeoutError):
        return False


def _base_url(port: int) -> str:
    return f"http://127.0.0.1:{port}/v1"
