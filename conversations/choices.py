"""Which models a page offers, and which one it begins with."""

from __future__ import annotations

from typing import Any

from chatproject.errors import BadRequest
from providers.gateway import get_gateway

DEMONSTRATION = "demo"


def describe_models() -> dict[str, Any]:
    """Describe what can be chosen, for the selector.

    ``{"default": id or "", "providers": [{"id", "label", "reason", "is_listed", "models": [{"id", "label"}]}]}``.
    A provider that is not listed takes any name, and ``reason`` says in words why its list is not there.
    """
    gateway = get_gateway()
    gateway.ensure_fresh()
    first = gateway.default_model()
    return {
        "default": first.id if first else "",
        "providers": [
            {
                "id": listing.id,
                "label": listing.label,
                "reason": listing.reason,
                "is_listed": listing.models is not None,
                "models": [{"id": entry.id, "label": entry.label} for entry in listing.models or ()],
            }
            for listing in gateway.list_providers()
        ],
    }


def choose_model(wanted: str) -> str:
    """Return the wanted model where it can be asked, else the one for people who have not chosen; "" is none."""
    gateway = get_gateway()
    try:
        return gateway.find_model(wanted).id
    except BadRequest:
        first = gateway.default_model()
        return first.id if first else ""


def name_model(model: str) -> str:
    """Name a model for people: as its provider does, or by its id where it can no longer be asked."""
    try:
        return get_gateway().find_model(model).label
    except BadRequest:
        return model.partition("/")[2]


def is_demonstration() -> bool:
    """Tell whether nobody real can be asked."""
    return all(listing.id == DEMONSTRATION for listing in get_gateway().list_providers())
