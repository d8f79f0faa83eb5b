"""Keys in use: which one is taken, what is learned, and that all processes learn it."""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import aclosing
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.db import OperationalError
from django.db.backends.utils import CursorWrapper
from django.utils import timezone

from accounts.models import User
from chatproject.database import in_database
from providers.gateway import Gateway
from providers.http import close_client
from providers.keys import pool
from providers.keys.services import drain_keys, retire_keys
from providers.models import ApiKey, Health, KeyState
from providers.port import (
    BadCredentials,
    CallBegun,
    CallFailed,
    ProviderUnavailable,
    RateLimited,
    TextDelta,
)
from providers.timeouts import Limits
from tests.fake_provider import Behaviour, FakeProvider, answer_to
from tests.providers.asking import Heard, config_for, hear, question

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

pytestmark = pytest.mark.django_db(transaction=True)

KEYS = ("sk-refused-00000001", "sk-resting-00000002", "sk-working-00000003")
REFUSED, RESTING, WORKING = KEYS
MODEL = "openai/fake-echo"


@pytest.fixture
async def fake() -> AsyncIterator[FakeProvider]:
    """Give a provider in this process."""
    async with FakeProvider() as provider:
        yield provider
        await close_client()


@pytest.fixture
async def gateway(fake: FakeProvider) -> AsyncIterator[Gateway]:
    gateway = Gateway([config_for("openai", fake, KEYS)])
    yield gateway
    await gateway.close()


def used(fake: FakeProvider, key: str) -> int:
    return sum(call.key == key for call in fake.calls)


def met(fake: FakeProvider, key: str) -> int:
    """Count whatever a key was used for, lists of models too."""
    return sum(request.key == key for request in fake.requests)


async def states() -> dict[str, ApiKey]:
    return {key.last4: key for key in await in_database(lambda: list(ApiKey.objects.all()))}


async def until(condition: Callable[[dict[str, ApiKey]], bool]) -> dict[str, ApiKey]:
    """Wait until the rows of the keys, by their last characters, are as wanted."""
    async with asyncio.timeout(40):
        while not ((found := await states()) and condition(found)):  # noqa: ASYNC110 - rows tell nobody that they change
            await asyncio.sleep(0.02)
    return found


def all_known(keys: dict[str, ApiKey]) -> bool:
    return Health.UNTRIED not in {key.health for key in keys.values()}


def calls_of(heard: Heard) -> list[str]:
    return [type(event).__name__ for event in heard.events if isinstance(event, CallBegun | CallFailed)]


async def test_200_chats_at_once_use_a_refused_key_once_and_none_fails(
    fake: FakeProvider, gateway: Gateway, caplog: pytest.LogCaptureFixture, mailoutbox: list[Any]
) -> None:
    await in_database(User.objects.create_superuser, "root@example.org", "a long enough password")
    fake.keys[REFUSED] = Behaviour(status=401, headers_delay=0.1)
    fake.keys[RESTING] = Behaviour(status=429, retry_after="2", headers_delay=0.1)
    fake.keys[WORKING] = Behaviour(headers_delay=0.1)

    began = time.monotonic()
    listing = asyncio.create_task(gateway.refresh())
    heard = await asyncio.gather(*(hear(gateway.stream(MODEL, question())) for _ in range(200)))
    await listing
    await gateway.refresh()

    assert {one.text for one in heard} == {answer_to("Hello?")}
    assert (met(fake, REFUSED), used(fake, WORKING)) == (1, 200)
    assert used(fake, RESTING) <= 1 + (time.monotonic() - began) / 2
    found = await until(all_known)
    assert [found[end].health for end in ("0001", "0002", "0003")] == [Health.REFUSED, Health.COOLING, Health.GOOD]
    await gateway.close()
    assert [mail.to for mail in mailoutbox] == [["root@example.org"]]
    assert "…0001" in mailoutbox[0].body
    # Another test's connections may be found unclosed by now, which asyncio logs.
    alarms = [one for one in caplog.records if one.levelno == logging.ERROR and one.name != "asyncio"]
    assert len(alarms) == 1
    assert not any(key in caplog.text + mailoutbox[0].body + mailoutbox[0].subject for key in KEYS)


async def test_what_one_process_learns_the_others_know(fake: FakeProvider, gateway: Gateway) -> None:
    fake.keys[REFUSED] = Behaviour(status=401)
    fake.keys[RESTING] = Behaviour(status=429, retry_after="60")
    await asyncio.gather(*(hear(gateway.stream(MODEL, question())) for _ in range(3)))
    await until(all_known)
    other = Gateway([config_for("openai", fake, KEYS)])

    for _ in range(5):
        await hear(other.stream(MODEL, question()))

    assert (used(fake, REFUSED), used(fake, RESTING)) == (1, 1)
    await other.close()


async def test_two_processes_try_a_key_together_once(fake: FakeProvider, gateway: Gateway) -> None:
    fake.keys[REFUSED] = Behaviour(status=401, headers_delay=0.2)
    other = Gateway([config_for("openai", fake, KEYS)])

    heard = await asyncio.gather(*(hear(one.stream(MODEL, question())) for one in (gateway, other) for _ in range(30)))

    assert {one.text for one in heard} == {answer_to("Hello?")}
    assert met(fake, REFUSED) == 1
    await other.close()


async def test_rested_key_is_tried_again_by_one_call(fake: FakeProvider, gateway: Gateway) -> None:
    fake.keys[REFUSED] = fake.keys[WORKING] = Behaviour(status=401)
    fake.keys[RESTING] = Behaviour(status=429, retry_after="1")
    first = asyncio.create_task(hear(gateway.stream(MODEL, question())))
    await until(lambda keys: keys["0002"].health == Health.COOLING)
    fake.keys[RESTING] = Behaviour()

    heard = await asyncio.gather(first, *(hear(gateway.stream(MODEL, question())) for _ in range(20)))

    assert {one.text for one in heard} == {answer_to("Hello?")}
    assert used(fake, RESTING) == 22
    await until(lambda keys: keys["0002"].health == Health.GOOD)


async def test_long_rest_is_not_waited_for(fake: FakeProvider, gateway: Gateway) -> None:
    fake.default = Behaviour(status=429, retry_after="3600")

    with pytest.raises(RateLimited, match="in 60 minutes") as caught:
        await hear(gateway.stream(MODEL, question()))
    assert caught.value.retry_after == pytest.approx(3600, abs=30)
    asked = len(fake.calls)
    with pytest.raises(RateLimited):
        await hear(gateway.stream(MODEL, question()))
    assert (asked, len(fake.calls)) == (3, 3)


async def test_rest_without_a_number_is_short(fake: FakeProvider, gateway: Gateway) -> None:
    fake.keys[RESTING] = Behaviour(status=429)
    for _ in KEYS:
        await hear(gateway.stream(MODEL, question()))

    found = await until(lambda keys: keys["0002"].health == Health.COOLING)
    assert found["0002"].resting_until is not None
    assert found["0002"].resting_until - timezone.now() < timedelta(seconds=pool.USUAL_REST)


async def test_all_refused_is_said_and_nobody_is_asked_again(fake: FakeProvider, gateway: Gateway) -> None:
    fake.default = Behaviour(status=401)
    for _ in range(3):
        with pytest.raises(BadCredentials, match="operator"):
            await hear(gateway.stream(MODEL, question()))
    assert len(fake.calls) == 3


async def test_outage_says_nothing_about_a_key(fake: FakeProvider, gateway: Gateway) -> None:
    fake.script(status=503, times=2)

    heard = await hear(gateway.stream(MODEL, question()))

    assert calls_of(heard) == ["CallBegun", "CallFailed", "CallBegun", "CallFailed", "CallBegun"]
    assert heard.text == answer_to("Hello?")
    found = await until(lambda keys: all(key.trial_until is None for key in keys.values()))
    assert sorted(key.health for key in found.values()) == [Health.GOOD, Health.UNTRIED, Health.UNTRIED]


async def test_failed_calls_name_their_error_and_key(fake: FakeProvider, gateway: Gateway) -> None:
    fake.keys[REFUSED] = Behaviour(status=401)
    heard = await hear(gateway.stream(MODEL, question()))
    rows = await states()

    begun = [event for event in heard.events if isinstance(event, CallBegun)]
    failed = [event for event in heard.events if isinstance(event, CallFailed)]
    assert [(event.model, event.key_id) for event in begun] == [(MODEL, rows["0001"].pk), (MODEL, rows["0002"].pk)]
    assert [event.error.code for event in failed] == ["bad_credentials"]


async def test_silence_is_not_met_again_with_the_same_key(fake: FakeProvider) -> None:
    quick = Gateway([config_for("openai", fake, KEYS)], Limits(first_token=2.0))
    fake.keys[REFUSED] = Behaviour(hang=0)

    heard = await hear(quick.stream(MODEL, question()))

    assert heard.text == answer_to("Hello?")
    assert used(fake, REFUSED) == 1
    await quick.close()


async def test_cancelled_trial_is_open_to_the_next_call(fake: FakeProvider) -> None:
    alone = Gateway([config_for("openai", fake, (WORKING,))])
    fake.keys[WORKING] = Behaviour(headers_delay=60)
    first = asyncio.create_task(hear(alone.stream(MODEL, question())))
    second = asyncio.create_task(hear(alone.stream(MODEL, question())))
    call = await fake.next_call()
    fake.keys[WORKING] = Behaviour()

    first.cancel()

    await call.wait_ended()
    assert (await second).text == answer_to("Hello?")
    assert len(fake.calls) == 2
    await until(lambda keys: keys["0003"].health == Health.GOOD and keys["0003"].trial_until is None)
    await alone.close()


async def test_waiting_call_leaves_nothing_behind(fake: FakeProvider) -> None:
    alone = Gateway([config_for("openai", fake, (WORKING,))])
    fake.keys[WORKING] = Behaviour(headers_delay=60)
    waiting = [asyncio.create_task(hear(alone.stream(MODEL, question()))) for _ in range(20)]
    await fake.next_call()

    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)

    await alone.close()
    found = await states()
    assert found["0003"].trial_until is None
    assert len(fake.calls) == 1


async def test_trial_of_a_process_that_died_ends(fake: FakeProvider, gateway: Gateway) -> None:
    await gateway.reload()
    soon = timezone.now() + timedelta(seconds=1)
    await in_database(lambda: ApiKey.objects.update(trial_until=soon))
    await gateway.reload()

    heard = await hear(gateway.stream(MODEL, question()))

    assert heard.text == answer_to("Hello?")
    assert timezone.now() >= soon


async def test_healthy_question_asks_no_database(
    fake: FakeProvider, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in KEYS:
        await hear(gateway.stream(MODEL, question()))
    await until(lambda keys: all(key.health == Health.GOOD for key in keys.values()))
    await gateway.reload()
    monkeypatch.setattr("providers.gateway.SNAPSHOT_SECONDS", 600.0)
    executed: list[Any] = []
    execute = CursorWrapper.execute

    def spy(cursor: CursorWrapper, statement: Any, parameters: Any = None) -> Any:
        executed.append(statement)
        return execute(cursor, statement, parameters)

    monkeypatch.setattr(CursorWrapper, "execute", spy)

    for _ in range(10):
        await hear(gateway.stream(MODEL, question()))

    assert executed == []
    await gateway.reload()
    assert executed


async def test_draining_key_finishes_what_it_began(fake: FakeProvider) -> None:
    both = Gateway([config_for("openai", fake, (REFUSED, WORKING))])
    fake.default = Behaviour(endless=True, delay=0.01)
    async with aclosing(both.stream(MODEL, question())) as events:
        while not isinstance(await anext(events), TextDelta):
            pass
        key = fake.calls[0].key
        row = await in_database(ApiKey.objects.get, last4=key[-4:])
        await in_database(lambda: drain_keys(ApiKey.objects.filter(pk=row.pk)))
        drained = (await in_database(ApiKey.objects.get, pk=row.pk)).in_use_at
        await until(lambda keys: keys[key[-4:]].in_use_at != drained)  # the process says by itself that it uses it
        await in_database(lambda: retire_keys(ApiKey.objects.filter(pk=row.pk)))
        fake.default = Behaviour()
        for _ in range(4):
            await hear(both.stream(MODEL, question()))
        assert used(fake, key) == 1
        assert isinstance(await anext(events), TextDelta)
        assert fake.calls[0].state == "open"
    assert (await in_database(ApiKey.objects.get, pk=row.pk)).state == KeyState.RETIRED
    await both.close()


async def test_database_that_is_away_leaves_the_keys_as_they_were(
    fake: FakeProvider, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in KEYS:
        await hear(gateway.stream(MODEL, question()))
    await until(lambda keys: all(key.health == Health.GOOD for key in keys.values()))
    await gateway.reload()

    def broken(*_: object) -> None:
        raise OperationalError("away")

    monkeypatch.setattr("providers.gateway.load_members", broken)
    await gateway.reload()

    assert (await hear(gateway.stream(MODEL, question()))).finishes == ["stop"]


async def test_waiting_for_keys_has_an_end(fake: FakeProvider, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("providers.failover.WAIT_BUDGET", 0.5)
    alone = Gateway([config_for("openai", fake, (WORKING,))])
    fake.keys[WORKING] = Behaviour(headers_delay=60)
    first = asyncio.create_task(hear(alone.stream(MODEL, question())))
    await fake.next_call()

    with pytest.raises(ProviderUnavailable, match="in time"):
        await hear(alone.stream(MODEL, question()))
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    await alone.close()
