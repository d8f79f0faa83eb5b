"""Secrets at rest: encrypted with the newest of ``FIELD_ENCRYPTION_KEYS``, readable with each of them.

What is sealed names the row and the address it was entered for. Moved to another row, or asked for when the provider's
address has changed, it is not released.
"""

from __future__ import annotations

import json

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.utils.crypto import salted_hmac

_PURPOSE = "apikey"


class SealBroken(Exception):
    """The ciphertext was sealed with a key that is gone, for another row, or for another address."""


def seal(secret: str, *, row: int, address: str) -> str:
    return _fernet().encrypt(json.dumps([_PURPOSE, row, address, secret]).encode()).decode()


def unseal(ciphertext: str, *, row: int, address: str) -> str:
    """Release a secret to its own row and address only; raises SealBroken."""
    try:
        *binding, secret = json.loads(_fernet().decrypt(ciphertext))
    except (InvalidToken, ValueError, TypeError):
        raise SealBroken("It was sealed with another field key, or it was changed.") from None
    if binding != [_PURPOSE, row, address] or not isinstance(secret, str):
        raise SealBroken("It was sealed for another row or address.")
    return secret


def rotate(ciphertext: str) -> str:
    """Seal anew with the newest field key; raises SealBroken when no field key opens it."""
    try:
        return _fernet().rotate(ciphertext).decode()
    except InvalidToken:
        raise SealBroken("It was sealed with another field key, or it was changed.") from None


def is_sealed_with_newest(ciphertext: str) -> bool:
    try:
        Fernet(settings.FIELD_ENCRYPTION_KEYS[0]).decrypt(ciphertext)
    except InvalidToken:
        return False
    return True


def fingerprint(secret: str) -> str:
    """Tell two secrets apart without keeping either; it says nothing to who has no ``SECRET_KEY``."""
    return salted_hmac("providers.keys.fingerprint", secret, algorithm="sha256").hexdigest()


def _fernet() -> MultiFernet:
    return MultiFernet([Fernet(key) for key in settings.FIELD_ENCRYPTION_KEYS])
