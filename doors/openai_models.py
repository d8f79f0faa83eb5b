"""``GET /v1/models`` and ``GET /v1/models/<id>``: what can be asked here, as clients of both wires read it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from accounts.tokens import Scope
from chatproject.database import in_database
from doors.asking import require_bearer
from doors.naming import catch_up, find_model
from providers.gateway import get_gateway

if TYPE_CHECKING:
    from doors.http import Exchange
    from providers.catalogue import CatalogueEntry

MODEL = "/v1/models/"


async def list_models(exchange: Exchange) -> None:
    await _let_in(exchange)
    await catch_up()
    gateway = get_gateway()
    models = [_describe(entry) for entry in (*gateway.list_models(), *gateway.list_models("embedding"))]
    ends = {"first_id": models[0]["id"] if models else None, "last_id": models[-1]["id"] if models else None}
    await exchange.answer(200, {"object": "list", "data": models, "has_more": False, **ends})


async def show_model(exchange: Exchange) -> None:
    await _let_in(exchange)
    wanted = exchange.path.removeprefix(MODEL)
    await catch_up(wanted, None)
    await exchange.answer(200, _describe(find_model(wanted, None)))


async def _let_in(exchange: Exchange) -> None:
    await in_database(require_bearer, exchange.secret(), Scope.READ, Scope.CHAT)


def _describe(entry: CatalogueEntry) -> dict[str, Any]:
    """Describe a model; nobody knows when it was made."""
    openai = {"id": entry.id, "object": "model", "created": 0, "owned_by": entry.provider_id}
    return {**openai, "type": "model", "display_name": entry.label, "created_at": "1970-01-01T00:00:00Z"}
