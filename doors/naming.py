"""What programs call the models: as we do, ``<provider>/<name>``, or by the bare name where one provider has it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatproject.errors import BadRequest
from providers.gateway import UnknownModel, get_gateway

if TYPE_CHECKING:
    from providers.catalogue import CatalogueEntry


def find_model(wanted: str) -> CatalogueEntry:
    """Find a model that can be asked; raises UnknownModel or ProviderNotConfigured.

    A bare name may have a slash of its own, as ``meta-llama/llama-4``.
    """
    gateway = get_gateway()
    try:
        return gateway.find_model(wanted)
    except BadRequest:
        named = [entry for entry in gateway.list_models() if entry.name in {wanted, f"{wanted}:latest"}]
        if len(named) == 1:
            return named[0]
        if named:
            known = ", ".join(sorted(entry.id for entry in named)[:5])
            raise UnknownModel(f"Several providers have this model. Choose one of: {known}.") from None
        raise
