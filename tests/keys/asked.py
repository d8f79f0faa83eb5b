"""Who can be asked with which keys, as far as tests want to know it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from providers.keys.roster import load_members

if TYPE_CHECKING:
    from providers.port import ProviderConfig


def load_configs(*own: ProviderConfig) -> list[ProviderConfig]:
    """List the providers with their keys, whatever their health; ``own`` are the environment's."""
    return [
        replace(member.config, api_keys=tuple(key.secret for key in member.keys if key.secret))
        for member in load_members(own)
    ]
