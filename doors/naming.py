"""What programs call the models: as we do, ``<provider>/<name>``, or by the bare name where one provider has it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatproject.errors import BadRequest
from providers.gateway import UnknownModel, get_gateway

if TYPE_CHECKING:
    from providers.catalogue import CatalogueEntry
    from providers.port import ModelKind


def find_model(wanted: str, kind: ModelKind | None = "chat") -> CatalogueEntry:
    """Find a model of this kind (None: of any) that can be asked; raises UnknownModel or ProviderNotConfigured.

    A bare name may have a slash of its own, as ``meta-llama/llama-4``.
    """
    gateway = get_gateway()
    try:
        return gateway.find_model(wanted, kind)
    except BadRequest:
        kinds: tuple[ModelKind, ...] = (kind,) if kind else ("chat", "embedding")
        known = [entry for one in kinds for entry in gateway.list_models(one)]
        named = [entry for entry in known if entry.name in {wanted, f"{wanted}:latest"}]
        if len(named) == 1:
            return named[0]
        if named:
            ids = ", ".join(sorted(entry.id for entry in named)[:5])
            raise UnknownModel(f"Several providers have this model. Choose one of: {ids}.") from None
        raise
