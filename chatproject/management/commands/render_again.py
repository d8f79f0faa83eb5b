"""``manage.py render_again``: answers that an earlier version rendered, as this one renders them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from asgiref.sync import async_to_sync
from django.core.management.base import BaseCommand

from conversations.models import Message, Role
from conversations.rendering import RENDERER_VERSION, RendererPool
from sharing.models import SharedMessage

if TYPE_CHECKING:
    from uuid import UUID

    from django.db.models import QuerySet

BATCH = 500


class Command(BaseCommand):
    help = "Render stored answers anew that an earlier version rendered. It can be stopped and run again at any time."

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002 - Django's signature
        pool = RendererPool()
        try:
            for kind in (Message, SharedMessage):
                count = _render_all(kind.objects.all(), pool)
                self.stdout.write(f"{kind._meta.verbose_name_plural}: {count}")
        finally:
            pool.close()


def _render_all(rows: QuerySet[Any], pool: RendererPool) -> int:
    """Render what is older, one row after the other; where the words change meanwhile, they are rendered by then."""
    old = rows.filter(role=Role.ASSISTANT, renderer_version__lt=RENDERER_VERSION).exclude(html="").order_by("pk")
    render = async_to_sync(pool.answer)
    count = 0
    last: UUID | int | None = None
    while batch := list((old.filter(pk__gt=last) if last else old).values_list("pk", "content")[:BATCH]):
        for last, content in batch:
            html = "".join(render(content))
            count += old.filter(pk=last, content=content).update(html=html, renderer_version=RENDERER_VERSION)
    return count
