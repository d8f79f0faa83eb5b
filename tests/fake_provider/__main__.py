"""``python -m tests.fake_provider --port 0``: a fake provider as a process; its first line is its URL."""

from __future__ import annotations

import argparse
import asyncio
import signal

from tests.fake_provider import Behaviour, FakeProvider


async def _serve(port: int, delay: float) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    fake = FakeProvider(Behaviour(delay=delay))
    await fake.start(port)
    print(fake.root_url, flush=True)  # noqa: T201 - this is the program's output
    await stop.wait()
    await fake.stop()


def main() -> None:
    parser = argparse.ArgumentParser(description="A model provider made for tests.")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--delay", type=float, default=0.02, help="seconds between two events, by default")
    arguments = parser.parse_args()
    asyncio.run(_serve(arguments.port, arguments.delay))


if __name__ == "__main__":
    main()
