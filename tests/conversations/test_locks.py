"""What is asked of Redis while a turn is taken, and that nobody holds a row meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import pytest
from django.core.cache.backends.locmem import LocMemCache
from django.db import connection

from chatproject.database import in_database
from conversations import generation, services
from providers.gateway import get_gateway
from providers.models import LanguageModel
from tests.conversations.asking import PATIENCE, ask, stored

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings

    from accounts.models import User
    from tests.fake_provider import FakeProvider

pytestmark = pytest.mark.django_db(transaction=True)


class WatchedCache(LocMemCache):
    """A cache that notes whether it is asked inside a transaction."""

    inside: ClassVar[list[str]] = []
    outside: ClassVar[list[str]] = []

    def __init__(self, name: str, params: dict[str, Any]) -> None:
        super().__init__(name, params)
        self._of = name

    def make_and_validate_key(self, key: str, version: int | None = None) -> str:
        (self.inside if connection.in_atomic_block else self.outside).append(self._of)
        return super().make_and_validate_key(key, version)


async def test_redis_is_asked_before_the_transaction(asker: User, fake: FakeProvider, settings: Settings) -> None:
    await in_database(LanguageModel.objects.filter(name="gpt-5.5").update, reuses_answers=True)
    await get_gateway().reload()
    WatchedCache.inside.clear()
    WatchedCache.outside.clear()
    settings.CACHES = {
        name: {"BACKEND": f"{__name__}.WatchedCache", "LOCATION": name} for name in ("default", "ratelimit", "faq")
    }
    first, onlooker = await ask(asker, "Hello")
    await onlooker.wait_for("reply.finished")
    await generation.drain(PATIENCE)

    def again() -> None:
        model = "openai/gpt-5.5"
        other = services.edit_message(asker, client_id="e", message_id=first.question.pk, text="Hello", model=model)
        services.request_stop(asker, other.reply.pk)

    await in_database(again)
    second, _ = await ask(asker, "Hello")
    assert (await stored(second)).source == "cache"
    assert {"ratelimit", "faq"} <= set(WatchedCache.outside)
    assert WatchedCache.inside == []
