"""What operators do with keys. A secret goes in, is sealed, and never comes out again but to its provider."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from chatproject.errors import BadRequest, NotFound
from providers.keys.addresses import normal_address
from providers.keys.health import UNTRIED
from providers.keys.roster import WELL_KNOWN, ensure_environment, last_characters
from providers.keys.sealing import SealBroken, fingerprint, is_sealed_with_newest, rotate, seal, unseal
from providers.models import ApiKey, KeySource, KeyState, Provider, ProviderSource
from providers.registry import KINDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.contrib.auth.models import AbstractBaseUser
    from django.db.models import QuerySet

LONGEST_SLUG = 40
LONGEST_SECRET = 500
LONGEST_LABEL = 60
ENTER_AGAIN = "Enter the key, too: a stored key is never sent to another address."
QUIET = timedelta(seconds=10)
"""How long nothing may be heard of a draining key before it is unused: several times what processes need to say it."""

_SECRET = re.compile(r"[\x21-\x7e]+")
_SLUG = re.compile(r"[a-z0-9]+(?:[-_][a-z0-9]+)*")


def find_provider(slug: str) -> Provider:
    """Find a provider; a well-known one, and those of the environment, are made when they are missing.

    Raises NotFound, naming those there are.
    """
    ensure_environment(one for one in settings.PROVIDERS if one.provider_id == slug)
    provider = Provider.objects.filter(slug=slug).first()
    if provider is None and slug in WELL_KNOWN:
        kind, label, address = WELL_KNOWN[slug]
        values = {"kind": kind, "label": label, "base_url": address}
        provider, _ = Provider.objects.get_or_create(slug=slug, defaults=values)
    if provider is None:
        known = sorted({*WELL_KNOWN, *Provider.objects.values_list("slug", flat=True)})
        raise NotFound(
            f"There is no provider {slug[:40]!r}. There are: {', '.join(known)}. A new one needs an address."
        )
    return provider


def check_slug(slug: str) -> None:
    """Refuse what cannot be the name of a provider; raises BadRequest."""
    if not _SLUG.fullmatch(slug) or slug == "demo":
        raise BadRequest("The name of a provider is made of small letters, digits and hyphens.")
    if len(slug) > LONGEST_SLUG:
        raise BadRequest(f"The name of a provider has at most {LONGEST_SLUG} characters.")


def add_provider(slug: str, *, kind: str, address: str) -> Provider:
    """Make a provider that needs a key; raises BadRequest for a name, a kind or an address that makes no sense."""
    check_slug(slug)
    if kind not in KINDS or kind == "demo":
        raise BadRequest("The kind of a provider is openai (also for compatible servers) or anthropic.")
    if Provider.objects.filter(slug=slug).exists():
        raise BadRequest(f"There is a provider {slug} already. Its address is changed in the admin.")
    return Provider.objects.create(slug=slug, kind=kind, label=slug, base_url=normal_address(address))


def check_secret(secret: str) -> None:
    """Refuse what cannot be a key; raises BadRequest, which never repeats it."""
    if not secret:
        raise BadRequest("The key is empty.")
    if any(character.isspace() or not character.isprintable() for character in secret):
        raise BadRequest("The key has a space or a line break in it. Copy it once more, alone.")
    if not _SECRET.fullmatch(secret) or secret[0] in "\"'" or secret[-1] in "\"',;":
        raise BadRequest("The key has characters around it or in it that no key has. Copy it once more, alone.")
    if len(secret) > LONGEST_SECRET:
        raise BadRequest(f"A key has at most {LONGEST_SECRET} characters.")


def check_new_key(provider: Provider, secret: str) -> None:
    """Refuse what cannot be a key, and a key that is in use already; raises BadRequest."""
    check_secret(secret)
    known = provider.keys.filter(fingerprint=fingerprint(secret), state=KeyState.ACTIVE).first()
    if known is not None and is_usable(known, provider):
        origin = "from the environment" if known.source == KeySource.ENVIRONMENT else f"as number {known.pk}"
        raise BadRequest(f"This key is here already, {origin}.")


def is_usable(key: ApiKey, provider: Provider) -> bool:
    """Tell whether there is a secret for this key: in this process's own environment, or one that can be unsealed."""
    if key.source == KeySource.ENVIRONMENT:
        own = (one for one in settings.PROVIDERS if one.provider_id == provider.slug)
        return key.is_present and any(key.fingerprint in map(fingerprint, one.api_keys) for one in own)
    try:
        return bool(unseal(key.ciphertext, row=key.pk, address=provider.base_url))
    except SealBroken:
        return False


@transaction.atomic
def add_key(provider: Provider, secret: str, *, label: str = "", created_by: AbstractBaseUser | None = None) -> ApiKey:
    """Seal and keep a key; one that was retired, or entered for another address, works again.

    Raises BadRequest for what cannot be a key, and for a key that is in use already.
    """
    provider = Provider.objects.select_for_update().get(pk=provider.pk)
    check_new_key(provider, secret)
    values = {
        "label": label.strip()[:LONGEST_LABEL],
        "source": KeySource.STORED,
        "last4": last_characters(secret),
        "bound_to": provider.base_url,
        "state": KeyState.ACTIVE,
        **UNTRIED,
        "in_use_at": None,
        "retired_at": None,
        "is_present": True,
        "created_by": created_by,
    }
    key, _ = ApiKey.objects.update_or_create(provider=provider, fingerprint=fingerprint(secret), defaults=values)
    key.ciphertext = seal(secret, row=key.pk, address=provider.base_url)
    key.save(update_fields=["ciphertext"])
    return key


def find_key(number: int) -> ApiKey:
    """Find a key by its number; raises NotFound."""
    key = ApiKey.objects.select_related("provider").filter(pk=number).first()
    if key is None:
        raise NotFound(f"There is no key with the number {number}. `manage.py list_keys` shows them.")
    return key


def drain_keys(keys: QuerySet[ApiKey]) -> int:
    """Give these keys no new calls; what they began goes on. Return how many were active."""
    return keys.filter(state=KeyState.ACTIVE).update(state=KeyState.DRAINING, in_use_at=timezone.now())


def resume_keys(keys: QuerySet[ApiKey]) -> int:
    """Let keys take calls again: draining ones, and retired ones of the environment, which still has their secret."""
    there = Q(state=KeyState.DRAINING) | Q(state=KeyState.RETIRED, source=KeySource.ENVIRONMENT)
    return keys.filter(there).update(state=KeyState.ACTIVE, in_use_at=None, retired_at=None)


def unused_keys(keys: QuerySet[ApiKey]) -> QuerySet[ApiKey]:
    """Find the draining keys that no call has used for a while, in any process."""
    return keys.filter(state=KeyState.DRAINING, in_use_at__lt=timezone.now() - QUIET)


def retire_keys(keys: QuerySet[ApiKey]) -> int:
    """Take keys out of use for good and forget their secrets; calls that run with them go on."""
    return keys.exclude(state=KeyState.RETIRED).update(
        state=KeyState.RETIRED, ciphertext="", retired_at=timezone.now(), resting_until=None, trial_until=None
    )


@transaction.atomic
def change_address(
    provider: Provider, address: str, *, secret: str = "", created_by: AbstractBaseUser | None = None
) -> Provider:
    """Move a provider to another address. Its stored keys stay behind, retired: a new one is entered with it.

    Raises BadRequest when the key is missing, or when the environment gives the address.
    """
    provider = Provider.objects.select_for_update().get(pk=provider.pk)
    address = normal_address(address)
    if address != provider.base_url:
        if is_from_environment(provider):
            raise BadRequest("The environment gives this address; change it there, and start the site again.")
        stored = provider.keys.exclude(ciphertext="")
        if not secret and (provider.needs_key or stored.exists()):
            raise BadRequest(ENTER_AGAIN)
        provider.base_url, provider.source = address, ProviderSource.OPERATOR
        provider.save(update_fields=["base_url", "source"])
        retire_keys(stored)
    if secret:
        add_key(provider, secret, created_by=created_by)
    return provider


def is_from_environment(provider: Provider) -> bool:
    return provider.source == ProviderSource.ENVIRONMENT and provider.is_present


def outdated_keys() -> list[int]:
    """List the numbers of the keys that are not sealed with the newest field key."""
    sealed = ApiKey.objects.exclude(ciphertext="").order_by("pk").values_list("pk", "ciphertext")
    return [pk for pk, ciphertext in sealed.iterator() if not is_sealed_with_newest(ciphertext)]


@transaction.atomic
def reseal_keys(numbers: Sequence[int]) -> list[int]:
    """Seal these keys anew with the newest field key, all together; return those that no field key opens."""
    unreadable = []
    keys = ApiKey.objects.select_for_update().order_by("pk")  # no join: providers are locked before their keys
    for key in keys.filter(pk__in=numbers).exclude(ciphertext=""):
        try:
            key.ciphertext = rotate(key.ciphertext)
        except SealBroken:
            unreadable.append(key.pk)
        else:
            key.save(update_fields=["ciphertext"])
    return unreadable
