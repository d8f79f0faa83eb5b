"""Worker processes that hang, crash and are killed, and callers who notice none of it but the text of one answer."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import subprocess
import sys
import time
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from conversations.rendering import RendererPool, escaped_blocks, render_answer

from . import tasks
from .attacks import FLOODS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def shared() -> Iterator[RendererPool]:
    """One pool for the tests that break nothing for good."""
    pool = RendererPool()
    yield pool
    pool.close()


@asynccontextmanager
async def own_pool(
    *, workers: int = 1, time_limit: float = 30.0, patience: float = 10.0, tasks_per_worker: int = 0
) -> AsyncIterator[RendererPool]:
    pool = RendererPool(workers=workers, time_limit=time_limit, patience=patience, tasks_per_worker=tasks_per_worker)
    try:
        yield pool
    finally:
        await asyncio.to_thread(pool.close)


async def until(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - other processes set no event
            await asyncio.sleep(0.005)


async def pid_in(path: Path) -> int:
    await until(path.exists)
    return int(await asyncio.to_thread(path.read_text))


async def test_answer_is_what_the_renderer_makes_of_it(shared: RendererPool) -> None:
    text = "# a\n\n- **b**\n\n```python\nc = 1\n```"
    assert await shared.answer(text) == render_answer(text)
    assert await shared.answer(" ") == []


def test_pool_serves_one_event_loop_after_the_other(shared: RendererPool) -> None:
    assert asyncio.run(shared.answer("*a*")) == ["<p><em>a</em></p>"]
    assert asyncio.run(shared.answer("*b*")) == ["<p><em>b</em></p>"]


async def test_workers_step_back_behind_the_server(shared: RendererPool) -> None:
    assert await shared._run(tasks.niceness, "") == os.nice(0) + 5


async def test_pool_is_busy_while_no_worker_is_free(tmp_path: Path) -> None:
    async with own_pool() as pool:
        assert pool.busy()  # it is starting
        await pool.answer("a")
        assert not pool.busy()
        hanging = asyncio.create_task(pool._run(tasks.hang, str(tmp_path / "pid")))
        worker = await pid_in(tmp_path / "pid")
        assert pool.busy()
        os.kill(worker, signal.SIGKILL)
        assert await hanging is None
        assert not pool.busy()


async def test_text_that_takes_too_long_is_shown_as_it_is(caplog: pytest.LogCaptureFixture) -> None:
    text = "secret *b* `c`\n\n" * 9_000
    async with own_pool(time_limit=0.05) as pool:
        with caplog.at_level(logging.WARNING):
            assert await pool.answer(text) == escaped_blocks(text)
        assert await pool.answer("*a*") == ["<p><em>a</em></p>"]
    assert "144000 characters" in caplog.text
    assert "TimeoutError" in caplog.text
    assert "secret" not in caplog.text


async def test_hanging_text_delays_others_by_its_time_limit_at_most(tmp_path: Path) -> None:
    async with own_pool(workers=2, time_limit=1.0) as pool:
        await pool.answer("a")
        hanging = [asyncio.create_task(pool._run(tasks.hang, str(tmp_path / name))) for name in ("one", "two")]
        await pid_in(tmp_path / "one")
        await pid_in(tmp_path / "two")
        before = time.monotonic()
        assert await pool.answer("*a*") == ["<p><em>a</em></p>"]
        assert time.monotonic() - before < 5
        assert await asyncio.gather(*hanging) == [None, None]


async def test_one_hanging_text_delays_nobody_while_another_worker_is_free(tmp_path: Path) -> None:
    async with own_pool(workers=2) as pool:
        hanging = asyncio.create_task(pool._run(tasks.hang, str(tmp_path / "pid")))
        worker = await pid_in(tmp_path / "pid")
        for _ in range(20):
            assert await pool.answer("*a*") == ["<p><em>a</em></p>"]
        assert not hanging.done()
        os.kill(worker, signal.SIGKILL)
        assert await hanging is None


async def test_worker_killed_at_work_costs_only_its_text(tmp_path: Path) -> None:
    async with own_pool() as pool:
        hanging = asyncio.create_task(pool._run(tasks.hang, str(tmp_path / "pid")))
        worker = await pid_in(tmp_path / "pid")
        waiting = asyncio.create_task(pool.answer("*a*"))
        os.kill(worker, signal.SIGKILL)
        assert await hanging is None
        assert await waiting == ["<p><em>a</em></p>"]


async def test_idle_workers_killed_are_replaced() -> None:
    async with own_pool() as pool:
        for _ in range(3):
            worker = await pool._run(tasks.own_pid, "")
            assert worker is not None
            os.kill(worker, signal.SIGKILL)
            assert await pool.answer("*a*") == ["<p><em>a</em></p>"]
            assert await pool._run(tasks.own_pid, "") != worker


async def test_worker_that_crashes_costs_only_its_text(caplog: pytest.LogCaptureFixture) -> None:
    async with own_pool() as pool:
        assert await pool._run(tasks.crash, "") is None
        assert await pool.answer("*a*") == ["<p><em>a</em></p>"]
    assert "ProcessExpired" in caplog.text


async def test_error_in_the_renderer_costs_only_its_text(
    shared: RendererPool, caplog: pytest.LogCaptureFixture
) -> None:
    assert await shared._run(tasks.explode, "") is None
    assert "ValueError" in caplog.text


async def test_workers_that_are_stuck_are_replaced() -> None:
    async with own_pool(time_limit=2.0, patience=0.3) as pool:
        worker = await pool._run(tasks.own_pid, "")
        assert worker is not None
        os.kill(worker, signal.SIGSTOP)
        assert await pool.answer("*a*") == escaped_blocks("*a*")
        assert await pool.answer("*a*") == ["<p><em>a</em></p>"]


async def test_workers_are_recycled() -> None:
    async with own_pool(tasks_per_worker=3) as pool:
        workers = [await pool._run(tasks.own_pid, "") for _ in range(12)]
    assert None not in workers
    assert len(set(workers)) >= 4


async def test_cancelled_caller_leaves_nothing_behind(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with own_pool(time_limit=1.0) as pool:
        caller = asyncio.create_task(pool._run(tasks.hang, str(tmp_path / "pid")))
        await pid_in(tmp_path / "pid")
        caller.cancel()
        with pytest.raises(asyncio.CancelledError):
            await caller
        assert await pool.answer("*a*") == ["<p><em>a</em></p>"]
        await until(lambda: not pool.busy())
    assert [record.message for record in caplog.records if record.name in ("asyncio", "concurrent.futures")] == []


async def test_closed_pool_still_answers() -> None:
    async with own_pool() as pool:
        await pool.answer("a")
    assert await pool.answer("*a*") == escaped_blocks("*a*")
    pool.close()


async def test_closing_does_not_leave_callers_waiting(tmp_path: Path) -> None:
    pool = RendererPool(workers=1, time_limit=30)
    hanging = asyncio.create_task(pool._run(tasks.hang, str(tmp_path / "pid")))
    await pid_in(tmp_path / "pid")
    waiting = asyncio.create_task(pool.answer("*a*"))
    await asyncio.to_thread(pool.close)
    assert await hanging is None
    assert await waiting == escaped_blocks("*a*")


async def longest_pause(work: asyncio.Task[object]) -> float:
    """Seconds that a ticker of 5 ms had to wait at most while the work was done."""
    longest = 0.0
    last = time.monotonic()
    while not work.done():
        await asyncio.sleep(0.005)
        longest, last = max(longest, time.monotonic() - last), time.monotonic()
    return longest


@pytest.mark.parametrize("name", ["brackets", "image brackets", "entities", "empty items", "many small blocks"])
async def test_event_loop_does_not_pause_while_floods_are_rendered(shared: RendererPool, name: str) -> None:
    await shared.answer("a")
    shares = []
    for _ in range(3):
        started = time.monotonic()
        work = asyncio.gather(*(shared.answer(FLOODS[name]) for _ in range(3)))
        pause = await longest_pause(asyncio.ensure_future(work))
        shares.append(pause / max(0.66, time.monotonic() - started))
    # A loop that renders would stand still each time, and all the time; on a busy machine both take longer.
    assert min(shares) < 0.15


SCRIPT = """
import asyncio
from concurrent.futures import ThreadPoolExecutor
from conversations.rendering import get_pool
print("imported")
if __name__ == "__main__":
    with ThreadPoolExecutor(8) as threads:
        pools = set(threads.map(lambda _: get_pool(workers=1), range(50)))
    print(len(pools), asyncio.run(pools.pop().answer("*a*")))
"""


def test_a_process_has_one_shared_pool_whose_workers_do_not_import_its_program(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(SCRIPT)
    done = run_python(str(tmp_path / "program.py"))
    assert done.stdout == "imported\n1 ['<p><em>a</em></p>']\n"
    assert done.stderr == ""


def run_python(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )


def test_renderer_imports_neither_django_nor_our_other_code_but_what_no_page_shows() -> None:
    script = (
        "import sys, conversations.rendering, conversations.rendering.preload as p\n"
        "names = {m.split('.')[0] for m in sys.modules}\n"
        "ours = [m for m in sys.modules if m.startswith(('conversations.', 'chatproject.'))]\n"
        "ours = [m for m in ours if '.rendering' not in m]\n"
        "print(names & {'django', 'channels', 'accounts', 'moderation', 'providers'}, ours)"
    )
    assert run_python("-c", script).stdout == "set() ['chatproject.text']\n"
