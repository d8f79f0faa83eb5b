"""Keys change while people talk: through real server processes and the commands that operators run."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any

from cryptography.fernet import Fernet

from providers.models import ApiKey, Health, KeySource, KeyState, Provider
from tests.fake_provider import answer_to, filler
from tests.support.homes import ROOT
from tests.support.processes import start_process, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.fake_provider import FakeProviderProcess
    from tests.support.homes import Home
    from tests.support.server import Server
    from tests.support.socket import ChatSocket

REFUSED, RESTING, WORKING = "sk-refused-00000001", "sk-resting-00000002", "sk-working-00000003"
NEW = "sk-brand-new-00000004"
MODEL = "openai/fake-echo"
STREAMS = 50
PATIENCE = 120.0
"""Seconds: a busy machine is no failure."""


async def answered(socket: ChatSocket, text: str) -> dict[str, Any]:
    accepted = await socket.ask(text, MODEL)
    return await socket.receive(
        "reply.finished", where=lambda frame: frame["reply"] == accepted["reply"], within=PATIENCE
    )


async def connect(server: Server, stack: AsyncExitStack, count: int) -> list[ChatSocket]:
    """Open so many sockets, of a few people."""
    people = [server.sign_up() for _ in range(10)]
    return [await stack.enter_async_context(server.connect(people[number % 10])) for number in range(count)]


async def manage(server: Server, *arguments: str, text: str = "") -> str:
    """Run a command beside the loop."""
    done = await asyncio.to_thread(server.manage, *arguments, text=text)
    return done.stdout


def offers_openai(server: Server) -> bool:
    listed = server.get("/models/", server.sign_up()).json()["providers"]
    return any(provider["id"] == "openai" for provider in listed)


def keys_of(server: Server) -> dict[str, ApiKey]:
    with server.database():
        return {key.last4: key for key in ApiKey.objects.select_related("provider")}


async def test_200_chats_meet_a_refused_a_resting_and_a_good_key(
    fresh_server: Callable[..., Server], fake: FakeProviderProcess, home: Home
) -> None:
    keys = {"OPENAI_API_KEY": f"{REFUSED},{RESTING},{WORKING}", "ANTHROPIC_API_KEY": ""}
    server = fresh_server("uvicorn", **keys)
    servers = [server]
    if home.name == "postgres":  # two processes share what they learn
        servers.append(fresh_server("uvicorn", **keys, DATABASE_URL=server.environment["DATABASE_URL"]))
    fake.set_key(REFUSED, status=401, headers_delay=0.2)
    fake.set_key(RESTING, status=429, retry_after="2", headers_delay=0.2)
    for one in servers:
        one.start()
    async with AsyncExitStack() as stack:
        sockets = [socket for one in servers for socket in await connect(one, stack, 200 // len(servers))]
        finished = await asyncio.gather(*(answered(socket, "Hello?") for socket in sockets))
        await asyncio.gather(*(socket.close() for socket in sockets))

    assert {(one["status"], one["text"]) for one in finished} == {("complete", answer_to("Hello?"))}
    calls = fake.calls()
    assert sum(request["key"] == REFUSED for request in fake.requests()) == 1  # lists of models, too
    assert sum(call["key"] == WORKING for call in calls) == 200
    learned = {"0001": Health.REFUSED, "0002": Health.COOLING, "0003": Health.GOOD}
    wait_until(
        lambda: {end: key.health for end, key in keys_of(server).items()} == learned, what="the states to be saved"
    )
    refusal = "refused the key …0001"
    wait_until(lambda: any(refusal in one.log for one in servers), what="the refusal to be logged")
    log = "".join(one.log for one in servers)
    assert log.count(refusal) == 1
    checked = await manage(server, "check_keys")
    lines = {word: line for line in checked.splitlines() for word in line.split() if word.startswith("…")}
    assert "refused" in lines["…0001"]
    assert "cooling" in lines["…0002"]
    assert "good" in lines["…0003"]
    assert not any(key in log + checked for key in (REFUSED, RESTING, WORKING))


async def test_keys_are_rotated_while_50_answers_stream(
    fresh_server: Callable[..., Server], fake: FakeProviderProcess
) -> None:
    new_field_key = Fernet.generate_key().decode()
    server = fresh_server("uvicorn", OPENAI_API_KEY="", ANTHROPIC_API_KEY="")
    old_field_key = server.environment["FIELD_ENCRYPTION_KEYS"]
    server.environment["FIELD_ENCRYPTION_KEYS"] = f"{new_field_key},{old_field_key}"
    server.start()
    server.environment["FIELD_ENCRYPTION_KEYS"] = old_field_key
    await manage(server, "add_key", "openai", "--label", "old", text=WORKING)
    server.environment["FIELD_ENCRYPTION_KEYS"] = f"{new_field_key},{old_field_key}"
    wait_until(lambda: offers_openai(server), what="the process to follow")
    question = "Tell me. [[fake: chars=2400 chunk=10 delay=0.05]]"
    async with AsyncExitStack() as stack:
        sockets = await connect(server, stack, STREAMS)
        answers = [asyncio.create_task(answered(socket, question)) for socket in sockets]
        await asyncio.to_thread(fake.wait_until, lambda calls: len(calls) == STREAMS, timeout=PATIENCE)

        assert "can be removed" in await manage(server, "rotate_keys")
        said = await manage(server, "rotate_provider_key", "openai", "--label", "new", text=NEW)
        assert "Done." in said
        finished = await asyncio.gather(*answers)
        await asyncio.gather(*(socket.close() for socket in sockets))

    assert {(one["status"], one["text"]) for one in finished} == {("complete", filler(2400))}
    # No stream was cut: the old key was retired only after the last of them.
    last = max(call["ended_at"] for call in fake.calls() if call["key"] == WORKING)
    found = keys_of(server)
    assert (found["0003"].state, found["0003"].ciphertext) == (KeyState.RETIRED, "")
    assert found["0003"].retired_at is not None
    assert found["0003"].retired_at.timestamp() > last
    assert (found["0004"].state, found["0004"].label) == (KeyState.ACTIVE, "new")
    # The old field key can be removed.
    server.stop()
    server.environment["FIELD_ENCRYPTION_KEYS"] = new_field_key
    await manage(server, "rotate_keys", "--check")
    server.start()
    async with server.connect(server.sign_up()) as socket:
        assert (await answered(socket, "Still there?"))["status"] == "complete"
    assert fake.calls()[-1]["key"] == NEW


def test_rotation_that_is_killed_half_way_finishes_later(fresh_server: Callable[..., Server]) -> None:
    new, old = (Fernet.generate_key().decode() for _ in range(2))
    server = fresh_server("uvicorn", FIELD_ENCRYPTION_KEYS=old)
    server.manage("prepare")
    with server.database():
        provider = Provider.objects.create(slug="lab", kind="openai", label="Lab", base_url="https://lab.example/v1")
        made = [
            ApiKey(provider=provider, fingerprint=str(number), bound_to=provider.base_url, source=KeySource.STORED)
            for number in range(3000)
        ]
        ApiKey.objects.bulk_create(made)
        rows = list(ApiKey.objects.filter(provider=provider))
        sealing = Fernet(old)
        for row in rows:
            row.ciphertext = sealing.encrypt(b"[]").decode()
        ApiKey.objects.bulk_update(rows, ["ciphertext"], batch_size=500)
    server.environment["FIELD_ENCRYPTION_KEYS"] = f"{new},{old}"
    command = [sys.executable, "manage.py", "rotate_keys", "--batch", "1"]
    process = start_process(command, cwd=ROOT, env=server.variables, stderr=subprocess.DEVNULL)

    def outdated() -> int:
        with server.database():
            before = {row.pk: row.ciphertext for row in rows}
            now = dict(ApiKey.objects.filter(provider__slug="lab").values_list("pk", "ciphertext"))
            return sum(now[pk] == ciphertext for pk, ciphertext in before.items())

    wait_until(lambda: outdated() < len(rows), what="the rotation to begin")
    process.kill()
    process.wait()
    left = outdated()
    assert 0 < left < len(rows)

    assert "can be removed" in server.manage("rotate_keys").stdout

    assert outdated() == 0
    server.environment["FIELD_ENCRYPTION_KEYS"] = new
    assert "can be removed" in server.manage("rotate_keys", "--check").stdout
