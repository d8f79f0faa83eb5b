"""The ledger as a CSV file, line by line, whatever its length."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from chatproject.database import in_database
from chatproject.spreadsheets import harmless
from providers.pricing import MICRO

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable

    from django.db.models import QuerySet

    from providers.models import UsageRecord

PAGE = 1000

COLUMNS = (
    "time (UTC)",
    "person",
    "purpose",
    "model",
    "key",
    "outcome",
    "error",
    "prompt tokens",
    "of them cached",
    "of them written to cache",
    "completion tokens",
    "of them reasoning",
    "estimated",
    "cost in dollars",
    "input price per million",
    "cached input price per million",
    "cache write price per million",
    "output price per million",
    "subject",
    "id",
)


async def export_lines(records: QuerySet[UsageRecord]) -> AsyncIterator[bytes]:
    """Give the CSV in pieces, newest record first; no piece and no query holds more than PAGE records."""
    yield _write([COLUMNS]).encode("utf-8-sig")
    ordered = records.select_related("user", "key").order_by("-created_at", "-pk")
    last: UsageRecord | None = None
    while page := await in_database(_page, ordered, last):
        yield _write(_row(record) for record in page).encode()
        last = page[-1]


def _page(records: QuerySet[UsageRecord], last: UsageRecord | None) -> list[UsageRecord]:
    if last is not None:
        records = records.filter(created_at__lte=last.created_at).exclude(created_at=last.created_at, pk__gte=last.pk)
    return list(records[:PAGE])


def _row(record: UsageRecord) -> list[str]:
    cells = (
        f"{record.created_at:%Y-%m-%d %H:%M:%S}",
        record.user.get_username() if record.user else "",
        record.purpose,
        record.model,
        str(record.key or ""),
        record.outcome,
        record.error_code,
        record.prompt_tokens,
        record.cached_tokens,
        record.cache_write_tokens,
        record.completion_tokens,
        record.reasoning_tokens,
        "yes" if record.is_estimated else "no",
        _amount(record.cost),
        _amount(record.input_price),
        _amount(record.cached_input_price),
        _amount(record.cache_write_price),
        _amount(record.output_price),
        record.subject or "",
        record.pk,
    )
    return [harmless(str(cell)) for cell in cells]


def _amount(micro: int | None) -> str:
    return "" if micro is None else f"{micro // MICRO}.{micro % MICRO:06}"


def _write(rows: Iterable[Iterable[str]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()
