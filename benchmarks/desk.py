"""How long the operators' pages take on the database of the moment: ``python -m benchmarks.desk``.

Fill one with ``manage.py seed_demo --messages 1000000 --incidents 100000`` first. Every list is opened three times as
it comes, on its last page, with each of its filters and with searches, and the slowest counts; so are the first page,
with nothing remembered, and the sums of the month.
"""

from __future__ import annotations

import itertools
import os
import re
import time
from html import unescape
from typing import TYPE_CHECKING

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatproject.settings")
django.setup()

from django.conf import settings  # noqa: E402 - the settings come first
from django.contrib import admin  # noqa: E402 - likewise
from django.core.cache import cache  # noqa: E402 - likewise
from django.db import transaction  # noqa: E402 - likewise
from django.test import Client  # noqa: E402 - likewise
from django.urls import reverse  # noqa: E402 - likewise

from accounts.models import User  # noqa: E402 - likewise
from conversations.models import Message  # noqa: E402 - likewise
from providers.models import Budget, Period, Scope  # noqa: E402 - likewise

if TYPE_CHECKING:
    from collections.abc import Iterator


LIMIT = 1.0
TIMES = 3
LIMIT_OF_A_BUDGET = 1_000_000_000
WORDS = ("person-7@demo.invalid", "person-7", "river", "demo0000123", "nothing like it")


def measure(client: Client) -> Iterator[tuple[str, float]]:
    """Open every page; give its name and the seconds that the slowest time took."""
    yield "first page", slowest(client, reverse("admin:index"))[0]
    yield "usage of the month", slowest(client, reverse("admin:providers_usagerecord_month"))[0]
    answer = Message.objects.filter(role="assistant").latest("pk").pk
    for model, page in admin.site._registry.items():  # noqa: SLF001 - there is no other list of them
        name = str(model._meta.verbose_name_plural)
        address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        seconds, opened = slowest(client, address)
        yield name, seconds
        yield f"{name}, last page", slowest(client, f"{address}?p=200")[0]
        for words in (*WORDS, str(answer)) if page.search_fields else ():
            yield f"{name}, search for {words}", slowest(client, f"{address}?q={words}")[0]
        for query in filters(opened):
            yield f"{name}, {query}", slowest(client, address + query)[0]


def filters(opened: str) -> list[str]:
    """Give the choices of all filters of a list."""
    _, _, shown = opened.partition('id="changelist-filter"')
    return [unescape(query) for query in dict.fromkeys(re.findall(r'<a href="(\?[^"]+)"', shown))]


def slowest(client: Client, address: str) -> tuple[float, str]:
    """Open a page a few times, with nothing remembered; give the seconds of the slowest, and the page."""
    taken = []
    for _ in range(TIMES):
        cache.clear()
        begin = time.perf_counter()
        answer = client.get(address, follow=True, secure=settings.IS_HTTPS)
        taken.append(time.perf_counter() - begin)
        assert answer.status_code == 200, f"{address}: {answer.status_code}"
    return max(taken), answer.content.decode()


def main() -> None:
    settings.ALLOWED_HOSTS = ["testserver"]
    slow = 0
    with transaction.atomic():
        client = Client()
        client.force_login(User.objects.create_superuser("benchmark@example.org"))
        for scope, period in itertools.product((Scope.SITE, Scope.EACH), Period):
            Budget.objects.create(scope=scope, period=period, limit=LIMIT_OF_A_BUDGET, enabled=False)
        for name, seconds in measure(client):
            is_slow = seconds > LIMIT
            slow += is_slow
            print(f"{seconds * 1000:7.0f} ms  {name}{'   TOO SLOW' if is_slow else ''}", flush=True)
        transaction.set_rollback(True)
    raise SystemExit(1 if slow else 0)


if __name__ == "__main__":
    main()
