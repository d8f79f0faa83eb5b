"""The fake provider as a process of its own, for tests that start real servers or drive browsers."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from tests.fake_provider.opinions import OPINIONS
from tests.fake_provider.records import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

_ROOT = Path(__file__).resolve().parents[2]


class FakeProviderProcess:
    """``with FakeProviderProcess(delay=0.02) as fake:``; ``delay`` is the pace where nothing else is said."""

    def __init__(self, *, port: int = 0, delay: float = 0.0) -> None:
        self._arguments = ["--port", str(port), "--delay", str(delay)]
        self.root_url = ""

    @property
    def base_url(self) -> str:
        return f"{self.root_url}/v1"

    def start(self) -> None:
        command = [sys.executable, "-m", "tests.fake_provider", *self._arguments]
        self._process = subprocess.Popen(command, cwd=_ROOT, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self.root_url = self._process.stdout.readline().strip()
        assert self.root_url, "the fake provider did not start"

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(timeout=PATIENCE)
        assert self._process.stdout is not None
        self._process.stdout.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def script(
        self, *, times: int = 1, model: str | None = None, contains: str | None = None, **behaviour: Any
    ) -> None:
        told = {"behaviour": behaviour, "times": times, "model": model, "contains": contains}
        self._ask("/_script", told)

    def set_default(self, **behaviour: Any) -> None:
        self._ask("/_default", behaviour)

    def set_key(self, key: str, **behaviour: Any) -> None:
        """Say how every call with this key behaves from now on; without anything: as any other."""
        self._ask("/_keys", {key: behaviour or None})

    def reset(self) -> None:
        self._ask("/_reset", {})

    def requests(self) -> list[dict[str, Any]]:
        """List all calls as the package's docstring describes them."""
        found: list[dict[str, Any]] = self._ask("/_requests", None)
        return found

    def bill(self) -> list[dict[str, Any]]:
        """List what the calls that ended cost, a row for each key and model."""
        rows: list[dict[str, Any]] = self._ask("/_usage", None)
        return rows

    def calls(self) -> list[dict[str, Any]]:
        """List the calls for an answer."""
        return [one for one in self.requests() if one["method"] == "POST" and one["path"] != OPINIONS]

    def wait_until(
        self, condition: Callable[[list[dict[str, Any]]], bool], *, timeout: float = PATIENCE
    ) -> list[dict[str, Any]]:
        """Wait until the calls fulfil a condition and give them; raises TimeoutError with what there is."""
        deadline = time.monotonic() + timeout
        while not condition(found := self.calls()):
            if time.monotonic() > deadline:
                raise TimeoutError(f"the calls are {found}")
            time.sleep(0.02)
        return found

    def _ask(self, path: str, document: dict[str, Any] | None) -> Any:
        content = None if document is None else json.dumps(document).encode()
        request = urllib.request.Request(self.root_url + path, data=content)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=PATIENCE) as response:
            return json.load(response)
