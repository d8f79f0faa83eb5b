"""Who can be asked with which keys: the tables, joined by what this process's own environment gives.

A key of the environment is never stored: its row keeps its state, its secret is matched by the fingerprint. A key is
only released where it was entered for the provider's present address. All of this is for database threads.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from django.db import transaction

from providers.keys.addresses import normal_address
from providers.keys.sealing import SealBroken, fingerprint, unseal
from providers.models import ApiKey, Health, KeySource, KeyState, Provider, ProviderSource
from providers.port import ProviderConfig
from providers.registry import KINDS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from datetime import datetime

logger = logging.getLogger(__name__)

WELL_KNOWN = {
    "openai": ("openai", "OpenAI", "https://api.openai.com/v1"),
    "anthropic": ("anthropic", "Anthropic", "https://api.anthropic.com"),
}
"""Slug -> kind, label, usual address. These need a key; a server of one's own may do without."""

LAST_CHARACTERS = 4
SHORTEST_SHOWN = 12
"""Of a shorter key no character is shown."""

_unreadable: set[int] = set()


@dataclass(frozen=True, slots=True)
class RosterKey:
    """A key that may be used, with its state; ``id`` None and no secret where none is needed."""

    id: int | None
    secret: str = field(default="", repr=False)
    health: Health = Health.GOOD
    resting_until: datetime | None = None
    trial_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Member:
    """A provider that can be asked, with at least one key, in whatever health."""

    config: ProviderConfig
    keys: tuple[RosterKey, ...]
    is_discovered: bool = False


def last_characters(secret: str) -> str:
    return secret[-LAST_CHARACTERS:] if len(secret) >= SHORTEST_SHOWN else ""


def ensure_environment(configs: Iterable[ProviderConfig]) -> None:
    """Give the providers and keys of this process's environment their rows; those it does not name stay untouched."""
    for config in configs:
        with transaction.atomic():
            provider = _ensure_provider(config, ProviderSource.ENVIRONMENT)
            _ensure_keys(provider, config)


def ensure_discovered(config: ProviderConfig) -> None:
    """Give a server that was found on this machine its row."""
    _ensure_provider(config, ProviderSource.DISCOVERED)


def mark_absent(configs: Collection[ProviderConfig]) -> None:
    """Note which rows no environment named at this start. Processes that still have their secrets go on using them."""
    fingerprints = [fingerprint(secret) for config in configs for secret in config.api_keys]
    gone = Provider.objects.exclude(source=ProviderSource.OPERATOR)
    gone.exclude(slug__in=[config.provider_id for config in configs]).filter(is_present=True).update(is_present=False)
    keys = ApiKey.objects.filter(source=KeySource.ENVIRONMENT, is_present=True)
    keys.exclude(fingerprint__in=fingerprints).update(is_present=False)


def load_members(
    own: Collection[ProviderConfig], held: Mapping[tuple[int, str, str], str] | None = None
) -> list[Member]:
    """Read who can be asked. ``own`` is the environment's, ``held`` are secrets by row, fingerprint and address."""
    rows = _read_rows()
    if _lacks(rows, own):
        ensure_environment(own)
        rows = _read_rows()
    by_slug = {config.provider_id: config for config in own}
    found = (_member(row, by_slug.get(row.slug), held or {}) for row in rows if row.enabled)
    return [member for member in found if member is not None]


def _read_rows() -> list[Provider]:
    return list(Provider.objects.filter(kind__in=KINDS).prefetch_related("keys"))


def _lacks(rows: Iterable[Provider], own: Iterable[ProviderConfig]) -> bool:
    known = {row.slug: {key.fingerprint for key in row.keys.all()} for row in rows}
    return any(
        config.provider_id not in known or not known[config.provider_id].issuperset(map(fingerprint, config.api_keys))
        for config in own
    )


def _member(row: Provider, own: ProviderConfig | None, held: Mapping[tuple[int, str, str], str]) -> Member | None:
    """Join a row with what the environment says of it; None when it cannot be asked from here."""
    config = own or ProviderConfig(row.slug, row.kind, row.label, row.base_url)
    config = replace(config, label=row.label, base_url=normal_address(config.base_url), api_keys=())
    given = {fingerprint(secret): secret for secret in own.api_keys} if own else {}
    keys = []
    for key in row.keys.all():
        secret = given.get(key.fingerprint) or _release(key, config.base_url, held)
        if secret and key.state == KeyState.ACTIVE:
            keys.append(RosterKey(key.pk, secret, Health(key.health), key.resting_until, key.trial_until))
    is_named = own is not None or row.source == ProviderSource.OPERATOR or row.is_present
    if not keys and (row.needs_key or not is_named):
        return None
    return Member(config, tuple(keys) or (RosterKey(None),), row.source == ProviderSource.DISCOVERED)


def _release(key: ApiKey, address: str, held: Mapping[tuple[int, str, str], str]) -> str:
    """Unseal a stored key for the present address of its provider; nothing when it was entered for another one."""
    if not key.ciphertext or key.bound_to != address:
        return ""
    if known := held.get((key.pk, key.fingerprint, address)):
        return known
    try:
        return unseal(key.ciphertext, row=key.pk, address=address)
    except SealBroken as error:
        if key.pk not in _unreadable:
            _unreadable.add(key.pk)
            logger.error("The key number %s cannot be read: %s Check FIELD_ENCRYPTION_KEYS.", key.pk, error)  # noqa: TRY400 - a trace says no more
        return ""


def _ensure_provider(config: ProviderConfig, source: ProviderSource) -> Provider:
    address = normal_address(config.base_url)
    needs_key = config.provider_id in WELL_KNOWN or bool(config.api_keys)
    values = {"kind": config.kind, "base_url": address, "needs_key": needs_key, "source": source, "is_present": True}
    new = {**values, "label": config.label}
    return Provider.objects.update_or_create(slug=config.provider_id, defaults=values, create_defaults=new)[0]


def _ensure_keys(provider: Provider, config: ProviderConfig) -> None:
    for secret in config.api_keys:
        values = {
            "source": KeySource.ENVIRONMENT,
            "last4": last_characters(secret),
            "bound_to": provider.base_url,
        }
        key, _ = ApiKey.objects.get_or_create(provider=provider, fingerprint=fingerprint(secret), defaults=values)
        if not key.is_present or (key.source == KeySource.ENVIRONMENT and key.bound_to != provider.base_url):
            key.is_present, key.bound_to = True, provider.base_url
            key.save(update_fields=["is_present", "bound_to"])
