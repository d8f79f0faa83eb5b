"""What programs call the models: as we do, ``<provider>/<name>``, or by the bare name where one provider has it."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from chatproject.errors import BadRequest
from providers.gateway import UnknownModel, get_gateway

if TYPE_CHECKING:
    from providers.catalogue import CatalogueEntry
    from providers.port import ModelKind

LISTS_SECONDS = 5.0
"""For which a question waits for the first lists of models, soon after a start."""

LOOK_SECONDS = 0.05


async def catch_up(wanted: str = "", kind: ModelKind | None = "chat") -> None:
    """See that what is known of the models is up to date, before one is looked for (without a name: before all are).

    Soon after a start no list may have come yet; whoever needs one waits for it, not for long.
    """
    gateway, until = get_gateway(), time.monotonic() + LISTS_SECONDS
    await gateway.catch_up()
    gateway.ensure_fresh()
    while not (_has_lists() or _is_known(wanted, kind)) and time.monotonic() < until:
        await asyncio.sleep(LOOK_SECONDS)
        await gateway.catch_up()


def _is_known(wanted: str, kind: ModelKind | None) -> bool:
    try:
        find_model(wanted, kind)
    except BadRequest:
        return False
    return True


def _has_lists() -> bool:
    """Tell whether each provider's list came, or failed to."""
    return all(one.models is not None or one.reason for one in get_gateway().list_providers())


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
