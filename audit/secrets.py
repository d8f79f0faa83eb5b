"""What never enters the log: the values of secrets, whatever row or setting they stand in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chatproject.text import storable

SECRET_WORDS = frozenset(
    {"password", "passwd", "secret", "token", "key", "keys", "ciphertext", "fingerprint", "hash", "authorization"}
    | {"credential", "credentials", "cookie", "apikey"}
)
CONCEALED = "changed"


def is_secret(name: str) -> bool:
    """Tell by its name whether a field or option holds a secret: ``api_key``, ``token_hash``, ``X-Api-Key``."""
    return not SECRET_WORDS.isdisjoint(name.casefold().replace("-", "_").replace(" ", "_").split("_"))


def conceal(changes: Mapping[str, Any]) -> dict[str, Any]:
    """Give changes as they may be stored: without secrets, and as text that every database takes."""
    return {
        storable(str(name)): CONCEALED if is_secret(str(name)) and _says_something(value) else _clean_value(value)
        for name, value in changes.items()
    }


def _says_something(value: Any) -> bool:
    """Tell text from the numbers and switches that a key or a token may also have."""
    if isinstance(value, (list, tuple)):
        return any(_says_something(one) for one in value)
    return not (value is None or isinstance(value, (bool, int, float)))


def _clean_value(value: Any) -> Any:
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, Mapping):
        return conceal(value)
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_clean_value(one) for one in value]
    return value
