"""``GET /v1/models`` and ``GET /v1/models/<id>``: what can be asked here, in OpenAI's shape."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from accounts.tokens import Scope
from chatproject.database import in_database
from doors.asking import require_bearer
from doors.naming import find_model
from providers.gateway import get_gateway

if TYPE_CHECKING:
    from doors.http import Exchange
    from providers.catalogue import CatalogueEntry

MODEL = "/v1/models/"


async def list_models(exchange: Exchange) -> None:
    await _let_in(exchange)
    models = [_describe(entry) for entry in get_gateway().list_models()]
    await exchange.answer(200, {"object": "list", "data": models})


async def show_model(exchange: Exchange) -> None:
    await _let_in(exchange)
    await exchange.answer(200, _describe(find_model(exchange.path.removeprefix(MODEL))))


async def _let_in(exchange: Exchange) -> None:
    await in_database(require_bearer, exchange.secret(), Scope.READ, Scope.CHAT)
    await get_gateway().catch_up()


def _describe(entry: CatalogueEntry) -> dict[str, Any]:
    """Describe a model; nobody knows when it was made."""
    return {"id": entry.id, "object": "model", "created": 0, "owned_by": entry.provider_id}
