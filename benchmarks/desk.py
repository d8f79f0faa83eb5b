"""How long the operators' pages take on the database of the moment: ``python -m benchmarks.desk``.

Fill one with ``manage.py seed_demo --messages 1000000 --incidents 100000`` first. Every list is opened three times as
it comes, on its last page, and with a search, and the slowest counts; so is the first page, with nothing remembered.
"""

from __future__ import annotations

import os
import time
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

if TYPE_CHECKING:
    from collections.abc import Iterator

LIMIT, REPORT_LIMIT = 1.0, 2.0
REPORT = "usage of the month"
"""Not a list: it sums every call of the month, by day, model, person and key."""

TIMES = 3
NOBODY = "person-7@demo.invalid"


def pages() -> Iterator[tuple[str, str]]:
    """Name each page, and give its address."""
    yield "first page", reverse("admin:index")
    yield REPORT, reverse("admin:providers_usagerecord_month")
    for model, page in admin.site._registry.items():  # noqa: SLF001 - there is no other list of them
        name = str(model._meta.verbose_name_plural)
        address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        yield name, address
        yield f"{name}, last page", f"{address}?p=200"
        if page.search_fields:
            yield f"{name}, search", f"{address}?q={NOBODY}"
    incidents = reverse("admin:moderation_incident_changelist")
    yield "incidents, all states", f"{incidents}?state=all"
    yield "incidents, one action", f"{incidents}?state=all&action__exact=mask"


def measure(client: Client, address: str) -> float:
    """Open a page and give the seconds that the slowest time took."""
    slowest = 0.0
    for _ in range(TIMES):
        cache.clear()
        begin = time.perf_counter()
        answer = client.get(address, follow=True, secure=settings.IS_HTTPS)
        slowest = max(slowest, time.perf_counter() - begin)
        assert answer.status_code == 200, f"{address}: {answer.status_code}"
    return slowest


def main() -> None:
    settings.ALLOWED_HOSTS = ["testserver"]
    with transaction.atomic():
        person = User.objects.create_superuser("benchmark@example.org")
        client = Client()
        client.force_login(person)
        slow = 0
        for name, address in pages():
            seconds = measure(client, address)
            is_slow = seconds > (REPORT_LIMIT if name == REPORT else LIMIT)
            slow += is_slow
            print(f"{seconds * 1000:7.0f} ms  {name}{'   TOO SLOW' if is_slow else ''}", flush=True)
        transaction.set_rollback(True)
    raise SystemExit(1 if slow else 0)


if __name__ == "__main__":
    main()
