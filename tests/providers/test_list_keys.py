"""Lists of models, and the keys they are asked with."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.utils import timezone

from accounts.models import User
from chatproject.database import in_database
from providers.gateway import Gateway
from providers.keys.services import add_key, add_provider
from providers.models import ApiKey, Health, Provider
from tests.fake_provider import Behaviour
from tests.providers.asking import config_for

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.fake_provider import FakeProvider

pytestmark = pytest.mark.django_db(transaction=True)

KEYS = ("sk-untried-00000001", "sk-resting-00000002", "sk-working-00000003")
UNTRIED, RESTING, WORKING = KEYS


@pytest.fixture
async def gateway(fake: FakeProvider) -> AsyncIterator[Gateway]:
    gateway = Gateway([config_for("openai", fake, KEYS)])
    await gateway.reload()
    yield gateway
    await gateway.close()


async def set_key(last4: str, **values: Any) -> None:
    await in_database(lambda: ApiKey.objects.filter(last4=last4).update(**values))


async def healths() -> list[str]:
    return await in_database(lambda: [key.health for key in ApiKey.objects.order_by("last4")])


async def test_lists_meet_a_refused_key_once_and_leave_a_resting_one_alone(
    fake: FakeProvider, gateway: Gateway, mailoutbox: list[Any]
) -> None:
    await in_database(User.objects.create_superuser, "root@example.org", "a long enough password")
    await set_key("0002", health=Health.COOLING, resting_until=timezone.now() + timedelta(hours=1))
    await set_key("0003", health=Health.GOOD)
    await gateway.reload()
    fake.keys[UNTRIED] = fake.keys[WORKING] = Behaviour(status=401)

    for _ in range(3):
        await gateway.refresh()
    await gateway.close()

    assert [request.key for request in fake.requests] == [WORKING, UNTRIED]
    assert await healths() == [Health.REFUSED, Health.COOLING, Health.REFUSED]
    assert len(mailoutbox) == 2


@pytest.mark.parametrize("status", [200, 403, 429, 500])
async def test_list_that_is_no_refusal_says_nothing_about_a_key(
    fake: FakeProvider, gateway: Gateway, status: int
) -> None:
    fake.set_models(status=status)

    await gateway.refresh()
    await gateway.close()

    assert await healths() == [Health.UNTRIED] * 3
    assert not await in_database(ApiKey.objects.exclude(trial_until=None).exists)


async def test_lent_key_keeps_to_its_address_when_the_provider_moves(fake: FakeProvider) -> None:
    await in_database(lambda: add_key(add_provider("lab", kind="openai", address=fake.base_url), WORKING))
    gateway = Gateway([])
    await gateway.reload()
    lease = await gateway._pool.take("lab", label="Lab", until=time.monotonic())
    await in_database(lambda: Provider.objects.filter(slug="lab").update(base_url="http://127.0.0.1:9"))
    await gateway.reload()

    assert (await (await gateway._adapter_of(lease.key)).list_models())[0].name == "fake-echo"

    assert fake.requests[0].key == WORKING
    gateway._pool.give_back(lease)
    await gateway.close()
