"""Which models and presets a page offers, and which one it begins with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings

from chatproject.errors import BadRequest
from conversations.presets import MOST_COMPARED, Choice, list_presets, preset_id, resolve_choice
from providers.gateway import get_gateway

if TYPE_CHECKING:
    from accounts.models import User
    from conversations.models import Preset

DEMONSTRATION = "demo"


def describe_models(user: User) -> dict[str, Any]:
    """Describe what a person can choose, for the selector.

    ``{"default": id or "", "most": how many can be asked side by side, "presets": [{"id", "label", "model", "is_own"}],
    "providers": [{"id", "label", "reason", "is_listed", "models": [{"id", "label"}]}]}``. A provider that is not listed
    takes any name, and ``reason`` says in words why its list is not there. A preset whose model cannot be asked is left
    out; ``model`` is its model's label.
    """
    gateway = get_gateway()
    gateway.ensure_fresh()
    first = gateway.default_model()
    return {
        "default": first.id if first else "",
        "most": most_compared(),
        "presets": [shown for preset in list_presets(user) if (shown := _describe(preset))],
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


def most_compared() -> int:
    """Tell how many can be asked side by side."""
    return min(MOST_COMPARED, settings.MAX_RUNNING_REPLIES)


def choose_model(user: User, *wanted: str) -> Choice | None:
    """Return the first wanted model or preset that can be asked, else the model for people who have not chosen."""
    gateway = get_gateway()
    for one in filter(None, wanted):
        try:
            choice = resolve_choice(user, one)
        except BadRequest:
            continue
        return choice if choice.preset else Choice(gateway.find_model(one).id)
    first = gateway.default_model()
    return Choice(first.id) if first else None


def name_choice(choice: Choice | None) -> str:
    """Name what was chosen for people: the model, after its preset where there is one; "" is nothing."""
    if choice is None:
        return ""
    model = name_model(choice.model_id)
    return f"{choice.preset.name} · {model}" if choice.preset else model


def name_model(model: str) -> str:
    """Name a model for people: as its provider does, or by its id where it can no longer be asked."""
    try:
        return get_gateway().find_model(model).label
    except BadRequest:
        return model.partition("/")[2]


def can_be_asked(model: str) -> bool:
    try:
        get_gateway().find_model(model)
    except BadRequest:
        return False
    return True


def is_demonstration() -> bool:
    """Tell whether nobody real can be asked."""
    return all(listing.id == DEMONSTRATION for listing in get_gateway().list_providers())


def _describe(preset: Preset) -> dict[str, Any] | None:
    try:
        model = get_gateway().find_model(preset.model)
    except BadRequest:
        return None
    return {
        "id": preset_id(preset),
        "label": preset.name,
        "model": model.label,
        "is_own": preset.user_id is not None,
    }
