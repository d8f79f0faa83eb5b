"""How long searching takes on the database of the moment: ``python -m benchmarks.search``.

Fill one with ``manage.py seed_demo --messages 1000000`` first. Two people search: one with a usual number of messages
and one with a great many (the one who has most, after ``HEAVY`` more were made where nobody has so many), for common
words, for rare ones that were said long ago, and for what is not there; the whole page is asked for each time.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatproject.settings")
django.setup()

from django.conf import settings  # noqa: E402 - the settings come first
from django.db import connection, transaction  # noqa: E402 - likewise
from django.db.models import Count  # noqa: E402 - likewise
from django.test import Client  # noqa: E402 - likewise

from accounts.models import User  # noqa: E402 - likewise
from benchmarks.stage import figures, percentile, verdict  # noqa: E402 - likewise
from chatproject.demo_data import DOMAIN, make_messages  # noqa: E402 - likewise
from conversations.models import Message  # noqa: E402 - likewise
from search.models import Document  # noqa: E402 - likewise

if TYPE_CHECKING:
    from collections.abc import Iterator

TARGET = 0.150
HEAVY = 100_000
ROUNDS = 10
COMMON = ("river", "winter garden", "ap", "cop", '"lamp winter"', "stone river cloud", "w", "letter bread harbour")
RARE = ("needle", "北京", "京", "🚀", "get_user_by_id", "a.b()", "Élan vital")
ABSENT = ("nowhere", "zzz", "漢字", "qx")
HIDDEN = "Here is the needle: 我喜欢北京 🚀 get_user_by_id(3), a.b() and élan vital."


def queries(person: User) -> Iterator[tuple[str, dict[str, str]]]:
    """Name each kind of search, and give what is asked."""
    for kind, words in (("common", COMMON), ("rare", RARE), ("absent", ABSENT)):
        for word in words:
            yield kind, {"q": word}
    yield "common", {"q": "river", "role": "user"}
    yield "common", {"q": "river", "model": "demo/demo"}
    last = Document.objects.filter(user=person).order_by("at", "id")[50:51].get()
    yield "last page", {"q": "river", "after": f"{int(last.at.timestamp() * 1e6)}-{last.pk}"}


def find_heavy() -> User:
    """Give somebody with HEAVY messages, who is made where there is none."""
    heavy, is_new = User.objects.get_or_create(email=f"heavy@{DOMAIN}")
    if is_new:
        heavy.set_unusable_password()
        heavy.save()
        make_messages(HEAVY, [heavy], lambda _: None)
    return heavy


def hide(person: User) -> None:
    """Let one of a person's oldest messages have the rare words."""
    oldest = Document.objects.filter(user=person).order_by("at").values_list("message", flat=True)[10]
    Message.objects.filter(pk=oldest).update(content=HIDDEN)


def measure(person: User) -> dict[str, list[float]]:
    """Search in turns, so that nothing is asked twice in a row; give seconds by kind."""
    client = Client()
    client.force_login(person)
    taken: dict[str, list[float]] = {}
    asked = list(queries(person))
    for number in range(ROUNDS + 1):
        for kind, what in asked:
            begin = time.perf_counter()
            answer = client.get("/search/", what, secure=settings.IS_HTTPS)
            seconds = time.perf_counter() - begin
            assert answer.status_code == 200, answer.status_code
            assert (b'class="hit"' in answer.content) == (kind != "absent"), what
            if number:  # the first round only warms the caches of the database
                taken.setdefault(kind, []).append(seconds)
    return taken


def main() -> None:
    settings.ALLOWED_HOSTS = ["testserver"]
    settings.RATE_LIMIT_SEARCHES = "1000000/s"
    heavy = find_heavy()
    with transaction.atomic():
        usual = User.objects.exclude(pk=heavy.pk).annotate(talks=Count("conversations")).order_by("-talks")[0]
        print(f"Searching {Document.objects.count():,} messages on {connection.vendor}")
        slowest = 0.0
        for person in (usual, heavy):
            hide(person)
            print(f"  a person with {Document.objects.filter(user=person).count():,}:")
            taken = measure(person)
            for kind, values in taken.items():
                print(f"    {kind}: {figures(values)}, slowest {max(values) * 1000:.1f} ms")
            slowest = max(slowest, percentile([value for values in taken.values() for value in values], 95))
        transaction.set_rollback(True)
    print(verdict("p95 of a search", slowest * 1000, TARGET * 1000, "ms"))
    raise SystemExit(slowest > TARGET)


if __name__ == "__main__":
    main()
