"""Ports for the processes that tests start."""

from __future__ import annotations

import random
import socket

# Below the range from which the system takes ports for outgoing connections, so that a port stays free
# between two lives of a server.
RANGE = range(20_000, 32_000)


def free_port() -> int:
    """Give a loopback port that nobody listens on."""
    for port in random.sample(RANGE, 200):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError("no free port was found")
